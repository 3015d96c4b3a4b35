//! The adding of noise that is drawn afresh at each iteration. It is drawn on the host, so that it is the same for
//! every device.

use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

use super::op::{Call, DeviceOp, Reads};
use crate::exec::pages::zeros;
use crate::graph::Graph;
use crate::rng::{Draws, Stream};

/// The number of samples that one task draws; a multiple of 4, as [`Draws`] asks.
const CHUNK: usize = 1 << 14;

/// A value with noise, at one level or at that of each sample, which is the second input.
pub(super) struct NoiseOp {
    seed: u32,
    job: u32,
    stream: Stream,
    standard_deviation: f32,
    device: Device,
}

impl NoiseOp {
    /// Noise of this deviation, drawn from a stream of the graph.
    pub fn new(graph: &Graph, stream: Stream, standard_deviation: f32, device: &Device) -> Self {
        NoiseOp { seed: graph.seed, job: graph.job, stream, standard_deviation, device: device.clone() }
    }

    /// Draws the noise of an iteration.
    fn draw(&self, samples: usize, iteration: u32) -> Vec<f32> {
        let draws = Draws::new(self.seed, self.job, self.stream, iteration);
        let mut noise = zeros(samples);
        noise.par_chunks_mut(CHUNK).enumerate().for_each(|(index, chunk)| {
            draws.normal((index * CHUNK) as u64, chunk);
            chunk.iter_mut().for_each(|sample| *sample *= self.standard_deviation);
        });
        noise
    }
}

impl DeviceOp for NoiseOp {
    fn name(&self) -> &'static str {
        "noise"
    }

    fn forward(&self, arguments: &[Tensor], iteration: u32) -> Result<Tensor> {
        let x = &arguments[0];
        let noise = Tensor::from_vec(self.draw(x.elem_count(), iteration), x.shape(), &self.device)?;
        match arguments.get(1) {
            Some(level) => x + (noise * level)?,
            None => x + noise,
        }
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(call.gradient.clone()), None])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

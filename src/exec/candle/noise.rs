//! Noise drawn afresh at each iteration, at one level or at that of each sample. It is drawn on the host, the same for every device.

use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

use super::host::{samples, tensor_like};
use super::op::{Call, DeviceOp, Reads, Route};
use crate::exec::pages::zeros;
use crate::graph::Graph;
use crate::rng::{Draws, Stream};

/// Samples that one task draws; a multiple of 4, as [`Draws`] asks.
const CHUNK: usize = 1 << 14;

pub(super) struct AddNoise {
    seed: u32,
    job: u32,
    stream: Stream,
    standard_deviation: f32,
    device: Device,
    route: Route,
}

impl AddNoise {
    pub fn new(graph: &Graph, stream: Stream, standard_deviation: f32, device: &Device, route: Route) -> Self {
        AddNoise { seed: graph.seed, job: graph.job, stream, standard_deviation, device: device.clone(), route }
    }

    /// The noise of an iteration.
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

impl DeviceOp for AddNoise {
    fn name(&self) -> &'static str {
        "noise"
    }

    fn forward(&self, arguments: &[Tensor], iteration: u32) -> Result<Tensor> {
        let x = &arguments[0];
        let mut noise = self.draw(x.elem_count(), iteration);
        if self.route == Route::Composed {
            let noise = Tensor::from_vec(noise, x.shape(), &self.device)?;
            return match arguments.get(1) {
                Some(level) => x + (noise * level)?,
                None => x + noise,
            };
        }
        if let Some(level) = arguments.get(1) {
            noise.iter_mut().zip(samples(level)?.iter()).for_each(|(noise, level)| *noise *= level);
        }
        noise.par_chunks_mut(CHUNK).zip(samples(x)?.par_chunks(CHUNK)).for_each(|(noise, x)| {
            noise.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
        });
        tensor_like(noise, x)
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(call.gradient.clone()), None])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

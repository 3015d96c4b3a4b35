//! The hiding of a share of a weight's pixels. They are drawn on the host, so that they are the same for every device.

use candle_core::{Device, Result, Tensor};

use super::op::{Call, DeviceOp, Reads};
use crate::graph::{self, Graph, Hiding};
use crate::rng::{Draws, Stream};

/// A weight without a share of its pixels.
pub(super) struct HideOp {
    seed: u32,
    job: u32,
    stream: Stream,
    share: f32,
    hiding: Hiding,
    device: Device,
}

impl HideOp {
    /// The hiding of a share of the pixels, drawn from a stream of the graph.
    pub fn new(graph: &Graph, stream: Stream, share: f32, hiding: Hiding, device: &Device) -> Self {
        HideOp { seed: graph.seed, job: graph.job, stream, share, hiding, device: device.clone() }
    }
}

impl DeviceOp for HideOp {
    fn name(&self) -> &'static str {
        "hiding"
    }

    fn forward(&self, arguments: &[Tensor], iteration: u32) -> Result<Tensor> {
        let (channels, height, width) = arguments[0].dims3()?;
        let draws = Draws::new(self.seed, self.job, self.stream, iteration);
        let first: Vec<f32> = match self.hiding {
            // Only its size is needed, and reading would wait for the device.
            Hiding::Pixels => vec![1.0; height * width],
            Hiding::Holes => arguments[0].get(0)?.flatten_all()?.to_vec1()?,
        };
        let kept = graph::kept(self.hiding, &draws, self.share, &first, [width, height]);
        let kept: Vec<f32> = kept.iter().map(|kept| f32::from(*kept)).collect::<Vec<_>>().repeat(channels);
        &arguments[0] * Tensor::from_vec(kept, arguments[0].shape(), &self.device)?
    }

    fn gradient(&self, _call: &Call) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

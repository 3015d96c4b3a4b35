//! A weight without a share of its pixels, drawn on the host, the same for every device.

use candle_core::{Device, Result, Tensor};

use super::elementwise;
use super::op::{Call, DeviceOp, Reads, Route};
use crate::graph::Graph;
use crate::rng::{Draws, Stream};

pub(super) struct Hide {
    pub seed: u32,
    pub job: u32,
    pub stream: Stream,
    pub share: f32,
    pub device: Device,
    pub route: Route,
}

impl Hide {
    pub fn new(graph: &Graph, stream: Stream, share: f32, device: &Device, route: Route) -> Self {
        Hide { seed: graph.seed, job: graph.job, stream, share, device: device.clone(), route }
    }
}

impl DeviceOp for Hide {
    fn name(&self) -> &'static str {
        "hiding"
    }

    fn forward(&self, arguments: &[Tensor], iteration: u32) -> Result<Tensor> {
        let (channels, height, width) = arguments[0].dims3()?;
        let mut draws = vec![0.0; height * width];
        Draws::new(self.seed, self.job, self.stream, iteration).uniform(0, &mut draws);
        let kept = draws.iter().map(|draw| if *draw < self.share { 0.0 } else { 1.0 });
        let kept: Vec<f32> = kept.collect::<Vec<_>>().repeat(channels);
        let kept = Tensor::from_vec(kept, arguments[0].shape(), &self.device)?;
        elementwise::product(self.route, &arguments[0], &kept)
    }

    fn gradient(&self, _call: &Call) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

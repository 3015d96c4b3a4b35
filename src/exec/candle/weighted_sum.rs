//! A weighted sum of values of one shape.

use candle_core::{Result, Tensor};

use super::elementwise;
use super::op::{Call, DeviceOp, Reads, Route};

pub(super) struct WeightedSum {
    pub weights: Vec<f32>,
    pub route: Route,
}

impl DeviceOp for WeightedSum {
    fn name(&self) -> &'static str {
        "weighted sum"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let mut sum: Option<Tensor> = None;
        for (argument, weight) in arguments.iter().zip(&self.weights) {
            sum = Some(match sum {
                Some(sum) => elementwise::weighted(self.route, &sum, argument, [1.0, *weight])?,
                None => elementwise::scaled(self.route, argument, *weight)?,
            });
        }
        match sum {
            Some(sum) => Ok(sum),
            None => candle_core::bail!("a sum of nothing"),
        }
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let scaled = |weight: &f32| elementwise::scaled(self.route, &call.gradient, *weight).map(Some);
        self.weights.iter().map(scaled).collect()
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

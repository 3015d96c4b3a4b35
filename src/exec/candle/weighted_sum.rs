//! The weighted sum of values of one shape.

use candle_core::{Result, Tensor};

use super::elementwise::{scaled, weighted};
use super::op::{Call, DeviceOp, Reads};

/// The sum of the inputs, each times its weight.
pub(super) struct WeightedSumOp {
    pub weights: Vec<f32>,
}

impl DeviceOp for WeightedSumOp {
    fn name(&self) -> &'static str {
        "weighted sum"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let mut sum: Option<Tensor> = None;
        for (argument, weight) in arguments.iter().zip(&self.weights) {
            sum = Some(match sum {
                Some(sum) => weighted(&sum, argument, [1.0, *weight])?,
                None => scaled(argument, f64::from(*weight))?,
            });
        }
        match sum {
            Some(sum) => Ok(sum),
            None => candle_core::bail!("a sum of nothing"),
        }
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        self.weights.iter().map(|weight| scaled(&call.gradient, f64::from(*weight)).map(Some)).collect()
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

//! The logistic function 1 / (1 + exp(-x)). The gradient reads the output y: it is y (1 - y).

use candle_core::{Result, Tensor};

use super::op::{Call, DeviceOp, Reads};

/// The logistic function of each sample.
pub(super) struct SigmoidOp;

impl DeviceOp for SigmoidOp {
    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        candle_nn::ops::sigmoid(&arguments[0])
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let y = call.output()?;
        let slope = (y - y.sqr()?)?;
        Ok(vec![Some((slope * &call.gradient)?)])
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }
}

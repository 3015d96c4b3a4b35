//! The leaky ReLU: x where it is positive, [`LEAKY_SLOPE`] x elsewhere. The gradient reads the output, whose sign is
//! the input's, so that the input need not be kept.

use candle_core::{Result, Tensor};

use super::op::{Call, DeviceOp, Reads};
use crate::graph::LEAKY_SLOPE;

/// The leaky ReLU of each sample.
pub(super) struct LeakyReluOp;

impl DeviceOp for LeakyReluOp {
    fn name(&self) -> &'static str {
        "leaky relu"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        // max(x, s x), since the slope s is below 1.
        let x = &arguments[0];
        x.maximum(&x.affine(f64::from(LEAKY_SLOPE), 0.0)?)
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let is_positive = call.output()?.gt(0.0)?.to_dtype(call.gradient.dtype())?;
        let slope = is_positive.affine(f64::from(1.0 - LEAKY_SLOPE), f64::from(LEAKY_SLOPE))?;
        Ok(vec![Some((slope * &call.gradient)?)])
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }
}

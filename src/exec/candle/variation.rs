//! The total variation: the sum of sqrt(dh^2 + dw^2 + epsilon) over all channels and all pixels that have a right and a
//! lower neighbour, as in the authors' program.

use candle_core::{Result, Tensor};

use super::op::DeviceOp;
use crate::graph::TV_EPSILON;

/// The total variation of the input.
pub(super) struct VariationOp;

impl DeviceOp for VariationOp {
    fn name(&self) -> &'static str {
        "total variation"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let x = &arguments[0];
        let (_, height, width) = x.dims3()?;
        if height < 2 || width < 2 {
            // No pixel has both neighbours; times 0, so that the gradient is 0 too.
            return x.sum_all()?.affine(0.0, 0.0)?.reshape((1, 1, 1));
        }
        let here = x.narrow(1, 0, height - 1)?.narrow(2, 0, width - 1)?;
        let across = (x.narrow(1, 0, height - 1)?.narrow(2, 1, width - 1)? - &here)?;
        let down = (x.narrow(1, 1, height - 1)?.narrow(2, 0, width - 1)? - &here)?;
        (across.sqr()? + down.sqr()?)?.affine(1.0, f64::from(TV_EPSILON))?.sqrt()?.sum_all()?.reshape((1, 1, 1))
    }
}

//! The crop of a rectangle out of every channel.

use candle_core::{Result, Tensor};

use super::op::{Call, DeviceOp, Reads};
use crate::graph::Shape;

/// A rectangle of the shape `to` out of a value of the shape `from`.
pub(super) struct CropOp {
    pub from: Shape,
    pub to: Shape,
    pub top: usize,
    pub left: usize,
}

impl DeviceOp for CropOp {
    fn name(&self) -> &'static str {
        "crop"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let rows = arguments[0].narrow(1, self.top, self.to.height)?;
        rows.narrow(2, self.left, self.to.width)?.contiguous()
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let below = self.from.height - self.top - self.to.height;
        let right = self.from.width - self.left - self.to.width;
        let wide = call.gradient.pad_with_zeros(2, self.left, right)?;
        Ok(vec![Some(wide.pad_with_zeros(1, self.top, below)?.contiguous()?)])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

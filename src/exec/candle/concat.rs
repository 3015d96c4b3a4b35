//! The concatenation of several values' channels.

use candle_core::{Result, Tensor};

use super::op::{Call, DeviceOp, Reads};

/// The channels of all inputs, one input after the other.
pub(super) struct ConcatOp {
    /// The number of each input's channels.
    pub channels: Vec<usize>,
}

impl DeviceOp for ConcatOp {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        Tensor::cat(arguments, 0)
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let mut start = 0;
        let mut gradients = Vec::with_capacity(self.channels.len());
        for channels in &self.channels {
            gradients.push(Some(call.gradient.narrow(0, start, *channels)?.contiguous()?));
            start += channels;
        }
        Ok(gradients)
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

//! Channels of several values, one after the other.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::host::{samples, tensor};
use super::op::{Call, DeviceOp, Reads, Route};
use crate::exec::pages::zeros;

pub(super) struct Concat {
    pub route: Route,
    /// Of each input.
    pub channels: Vec<usize>,
}

impl DeviceOp for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        match self.route {
            Route::Kernels => joined(arguments),
            Route::Composed => Tensor::cat(arguments, 0),
        }
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

fn joined(arguments: &[Tensor]) -> Result<Tensor> {
    let parts = arguments.iter().map(samples).collect::<Result<Vec<_>>>()?;
    let (_, height, width) = arguments[0].dims3()?;
    let planes: Vec<&[f32]> = parts.iter().flat_map(|part| part.chunks(height * width)).collect();
    let mut out = zeros(planes.len() * height * width);
    out.par_chunks_mut(height * width).zip(&planes).for_each(|(out, plane)| out.copy_from_slice(plane));
    tensor(out, (planes.len(), height, width))
}

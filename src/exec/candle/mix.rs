//! The mixing of channels by a matrix.

use candle_core::{Device, Result, Tensor};

use super::op::{Call, DeviceOp, Reads};

/// The channels of the input, mixed by a matrix.
pub(super) struct MixOp {
    /// A row for each channel of the output, a column for each of the input.
    matrix: Tensor,
}

impl MixOp {
    /// The mix by these weights, row by row, to so many outputs.
    pub fn new(weights: &[f32], outputs: usize, device: &Device) -> Result<MixOp> {
        Ok(MixOp { matrix: Tensor::from_slice(weights, (outputs, weights.len() / outputs), device)? })
    }
}

impl DeviceOp for MixOp {
    fn name(&self) -> &'static str {
        "mix"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        product(&self.matrix, &arguments[0])
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(product(&self.matrix.t()?.contiguous()?, &call.gradient)?)])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

fn product(matrix: &Tensor, x: &Tensor) -> Result<Tensor> {
    let (_, height, width) = x.dims3()?;
    matrix.matmul(&x.flatten_from(1)?)?.reshape((matrix.dim(0)?, height, width))
}

//! The separable linear filter that changes the size: up by two, down by two, or any other. It is two products of
//! matrices.

use candle_core::{Device, Result, Tensor};

use super::op::{Call, DeviceOp, Reads};
use crate::graph::{Resample, SparseMatrix};

/// A separable filter, its matrices on the device.
pub(super) struct ResampleOp {
    /// The matrix of the heights, transposed: old height x new height.
    rows: Tensor,
    /// The matrix of the widths, transposed: old width x new width.
    columns: Tensor,
}

impl ResampleOp {
    /// Uploads the matrices of a filter.
    pub fn new(resample: &Resample, device: &Device) -> Result<Self> {
        let upload = |matrix: &SparseMatrix| {
            let back = matrix.transposed();
            Tensor::from_vec(back.dense(), (back.rows(), back.columns()), device)
        };
        Ok(ResampleOp { rows: upload(&resample.rows)?, columns: upload(&resample.columns)? })
    }
}

impl DeviceOp for ResampleOp {
    fn name(&self) -> &'static str {
        "resample"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        product(&arguments[0], &self.rows, &self.columns)
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let (rows, columns) = (self.rows.t()?.contiguous()?, self.columns.t()?.contiguous()?);
        Ok(vec![Some(product(&call.gradient, &rows, &columns)?)])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

/// Filters all channels by one large product for each direction, with the picture turned between them: a batch of small
/// products would be slower on a GPU.
fn product(xs: &Tensor, rows: &Tensor, columns: &Tensor) -> Result<Tensor> {
    let (channels, height, width) = xs.dims3()?;
    let (new_height, new_width) = (rows.dim(1)?, columns.dim(1)?);
    let wide = xs.reshape((channels * height, width))?.matmul(columns)?;
    let turned = wide.reshape((channels, height, new_width))?.transpose(1, 2)?.contiguous()?;
    let tall = turned.reshape((channels * new_width, height))?.matmul(rows)?;
    tall.reshape((channels, new_width, new_height))?.transpose(1, 2)?.contiguous()
}

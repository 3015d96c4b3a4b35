//! A separable linear filter that changes the size: up by two, down by two, or any other.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

use super::host::{samples, tensor};
use super::op::{Call, DeviceOp, Reads};
use crate::exec::pages::zeros;
use crate::graph::{Filter, Resample, SparseMatrix};

pub(super) struct Kernel {
    forward: Arc<Resample>,
    rows_back: SparseMatrix,
    columns_back: SparseMatrix,
}

impl Kernel {
    pub fn new(resample: &Arc<Resample>) -> Self {
        Kernel {
            forward: resample.clone(),
            rows_back: resample.rows.transposed(),
            columns_back: resample.columns.transposed(),
        }
    }
}

impl DeviceOp for Kernel {
    fn name(&self) -> &'static str {
        "resample"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        filter(&arguments[0], &self.forward.rows, &self.forward.columns, self.forward.filter)
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(filter(&call.gradient, &self.rows_back, &self.columns_back, Filter::General)?)])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

fn filter(xs: &Tensor, rows: &SparseMatrix, columns: &SparseMatrix, filter: Filter) -> Result<Tensor> {
    let channels = xs.dim(0)?;
    let (from, to) = (rows.columns() * columns.columns(), rows.rows() * columns.rows());
    let mut out = zeros(channels * to);
    let xs = samples(xs)?;
    let planes = out.par_chunks_mut(to).zip(xs.par_chunks(from));
    planes.for_each(|(out, xs)| match filter {
        Filter::UpNearest => filter_plane(out, xs, rows, columns, double_nearest),
        Filter::UpBilinear => filter_plane(out, xs, rows, columns, double_bilinear),
        Filter::DownAverage | Filter::General => filter_plane(out, xs, rows, columns, |out, xs| {
            for (x, out) in out.iter_mut().enumerate() {
                *out = columns.row(x).iter().map(|&(column, weight)| weight * xs[column]).sum();
            }
        }),
    });
    tensor(out, (channels, rows.rows(), columns.rows()))
}

/// Down the columns into a row of the old width, then `along` that row.
fn filter_plane(
    out: &mut [f32],
    xs: &[f32],
    rows: &SparseMatrix,
    columns: &SparseMatrix,
    along: impl Fn(&mut [f32], &[f32]),
) {
    let mut mixed = vec![0.0; columns.columns()];
    for (y, out) in out.chunks_exact_mut(columns.rows()).enumerate() {
        mixed.fill(0.0);
        for &(row, weight) in rows.row(y) {
            let source = &xs[row * mixed.len()..(row + 1) * mixed.len()];
            mixed.iter_mut().zip(source).for_each(|(mixed, x)| *mixed += weight * x);
        }
        along(out, &mixed);
    }
}

fn double_nearest(out: &mut [f32], xs: &[f32]) {
    out.chunks_exact_mut(2).zip(xs).for_each(|(two, x)| two.fill(*x));
}

fn double_bilinear(out: &mut [f32], xs: &[f32]) {
    let last = xs.len() - 1;
    let set = |two: &mut [f32], [before, here, after]: [f32; 3]| {
        two[0] = 0.75 * here + 0.25 * before;
        two[1] = 0.75 * here + 0.25 * after;
    };
    // The ends repeat their sample; between them is no index to check.
    set(&mut out[..2], [xs[0], xs[0], xs[1.min(last)]]);
    for (two, near) in out[2..].chunks_exact_mut(2).zip(xs.windows(3)) {
        set(two, [near[0], near[1], near[2]]);
    }
    set(&mut out[2 * last..], [xs[last.saturating_sub(1)], xs[last], xs[last]]);
}

/// Two matrix products.
pub(super) struct Composed {
    /// Transposed: (old height, new height).
    rows: Tensor,
    /// Transposed: (old width, new width).
    columns: Tensor,
}

impl Composed {
    pub fn new(resample: &Resample, device: &Device) -> Result<Self> {
        let upload = |matrix: &SparseMatrix| {
            let back = matrix.transposed();
            Tensor::from_vec(back.dense(), (back.rows(), back.columns()), device)
        };
        Ok(Composed { rows: upload(&resample.rows)?, columns: upload(&resample.columns)? })
    }
}

impl DeviceOp for Composed {
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

/// One large product for each direction, with the picture turned between them: no batch of small ones.
fn product(xs: &Tensor, rows: &Tensor, columns: &Tensor) -> Result<Tensor> {
    let (channels, height, width) = xs.dims3()?;
    let (new_height, new_width) = (rows.dim(1)?, columns.dim(1)?);
    let wide = xs.reshape((channels * height, width))?.matmul(columns)?;
    let turned = wide.reshape((channels, height, new_width))?.transpose(1, 2)?.contiguous()?;
    let tall = turned.reshape((channels * new_width, height))?.matmul(rows)?;
    tall.reshape((channels, new_width, new_height))?.transpose(1, 2)?.contiguous()
}

//! The step of a separable linear filter between two sizes, by its sparse matrices. The way back is the filter of the
//! transposed matrices.

use super::{CudaStep, StepBuilder, seen, store};
use crate::exec::cuda::arguments::{Place, ResampleArgs, SeenArgs, SparseArgs};
use crate::exec::cuda::kernel::{RESAMPLE, THREADS};
use crate::exec::cuda::program::place;
use crate::exec::plan::{Store, Value};
use crate::graph::{Resample, SparseMatrix};

/// A separable filter.
pub(super) struct ResampleStep<'a>(pub &'a Resample);

impl CudaStep for ResampleStep<'_> {
    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let matrices = [&self.0.rows, &self.0.columns].map(|matrix| sparse(builder, matrix));
        let places = [place(&from.samples), place(&to.samples)];
        resample(builder, matrices, [from, to], places, (seen(from), store(Store::Overwrite)));
    }

    fn back(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let matrices = [&self.0.rows, &self.0.columns].map(|matrix| sparse(builder, &matrix.transposed()));
        let places = [place(&to.gradient), place(&from.gradient)];
        let as_ = builder.store();
        resample(builder, matrices, [to, from], places, (SeenArgs::default(), as_));
    }
}

fn resample(
    builder: &mut StepBuilder,
    [rows, columns]: [SparseArgs; 2],
    [from, to]: [&Value; 2],
    [input, output]: [Place; 2],
    (view, store): (SeenArgs, i32),
) {
    let arguments = ResampleArgs {
        input,
        output,
        view,
        rows,
        columns,
        blocks: to.blocks as i32,
        in_height: from.shape.height as i32,
        in_width: from.shape.width as i32,
        height: to.shape.height as i32,
        width: to.shape.width as i32,
        store,
    };
    // A thread does four of the eight channels of a pixel.
    builder.launch(&RESAMPLE, [(2 * to.pixels()).div_ceil(THREADS), to.blocks, 1], arguments);
}

/// Keeps a matrix as a table.
fn sparse(builder: &mut StepBuilder, matrix: &SparseMatrix) -> SparseArgs {
    let (mut offsets, mut entries) = (vec![0], Vec::new());
    for row in 0..matrix.rows() {
        entries.extend(matrix.row(row).iter().flat_map(|(column, weight)| [*column as u32, weight.to_bits()]));
        offsets.push(entries.len() as u32 / 2);
    }
    SparseArgs { offsets: builder.program.table(offsets), entries: builder.program.table(entries) }
}

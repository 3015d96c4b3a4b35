//! The step of a separable linear filter between two sizes, by its sparse matrices. The way back is the filter of the
//! transposed matrices.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::pad::{Frame, pad};
use crate::exec::cpu::kernels::{LANES, Run, rows_at_once};
use crate::exec::cpu::simd::{Simd, for_every_path};
use crate::exec::cpu::view::View;
use crate::exec::plan::{Needs, SAMPLE_BYTES, Store, Value};
use crate::graph::{Resample, SparseMatrix};
use rayon::prelude::*;
use std::sync::Arc;

/// A separable filter and its transposed matrices.
pub(super) struct ResampleStep {
    filter: Arc<Resample>,
    back_rows: SparseMatrix,
    back_columns: SparseMatrix,
}

impl ResampleStep {
    /// Makes the filter ready for both directions.
    pub fn new(filter: &Arc<Resample>) -> ResampleStep {
        let (back_rows, back_columns) = (filter.rows.transposed(), filter.columns.transposed());
        ResampleStep { filter: filter.clone(), back_rows, back_columns }
    }
}

impl StepOp for ResampleStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("resample", to)
    }

    /// The input with its view applied, and a row of the wider of both values for each thread.
    fn needs(&self, from: &Value, to: &Value, threads: usize) -> Needs {
        let row = from.shape.width.max(to.shape.width) * LANES;
        Needs { padded: from.bytes(), scratch: SAMPLE_BYTES * threads * row, ..Needs::default() }
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to, plan) = (context.from(), context.to(), context.plan);
        let seen = plan.padded.start..plan.padded.start + from.bytes();
        let (writes, reads) = ([&seen, &to.samples, &plan.scratch], [&from.samples, &from.statistics]);
        let ([seen, out, scratch], [samples, statistics]) = context.arena.parts(writes, reads);
        let view = View::new(statistics, from.is_leaky);
        pad(context.run, &Frame::bare(from.size()), samples, &view, seen);
        resample(context.run, [&self.filter.rows, &self.filter.columns], seen, out, Store::Overwrite, scratch);
    }

    fn back(&self, context: &mut StepContext) {
        let (from, to, store) = (context.from(), context.to(), context.step.store);
        let ([by_input, scratch], [by_output]) =
            context.arena.parts([&from.gradient, &context.plan.scratch], [&to.gradient]);
        resample(context.run, [&self.back_rows, &self.back_columns], by_output, by_input, store, scratch);
    }
}

/// Stores the filtered picture in `out` (`[blocks][rows.rows()][columns.rows()][8]`). `scratch` has room for an
/// input row for each thread of the pool.
fn resample(
    run: &Run,
    [rows, columns]: [&SparseMatrix; 2],
    from: &[f32],
    out: &mut [f32],
    store: Store,
    scratch: &mut [f32],
) {
    let (height, width) = (rows.columns(), columns.columns());
    let (out_height, out_row) = (rows.rows(), columns.rows() * LANES);
    let row = width * LANES;
    assert_eq!(from.len() / (height * row), out.len() / (out_height * out_row));
    let at_once = rows_at_once(out_row);
    let tasks = out.len().div_ceil(at_once * out_row);
    let at_most = scratch.len() / row;
    // As many tasks at a time as there are rows of scratch: each has its own.
    let share = tasks.div_ceil(at_most) * at_once * out_row;
    out.par_chunks_mut(share).zip(scratch.par_chunks_mut(row)).enumerate().for_each(|(chunk, (out, mixed))| {
        for (i, out) in out.chunks_exact_mut(out_row).enumerate() {
            if run.is_cancelled() {
                return;
            }
            let index = chunk * (share / out_row) + i;
            let (block, y) = (index / out_height, index % out_height);
            mix_rows(run.simd, rows.row(y), &from[block * height * row..], mixed);
            mix_columns(run.simd, columns, mixed, out, store);
        }
    });
}

fn mix_rows(simd: Simd, entries: &[(usize, f32)], from: &[f32], mixed: &mut [f32]) {
    let row = mixed.len();
    match entries {
        [(y, 1.0)] => mixed.copy_from_slice(&from[y * row..][..row]),
        [first, others @ ..] => {
            scale(simd, &from[first.0 * row..][..row], first.1, mixed);
            for (y, weight) in others {
                add_scaled(simd, &from[y * row..][..row], *weight, mixed);
            }
        }
        [] => mixed.fill(0.0),
    }
}

for_every_path! {
    fn scale(from: &[f32], weight: f32, out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(from) {
            *out = x * weight;
        }
    }
}

for_every_path! {
    fn add_scaled(from: &[f32], weight: f32, out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(from) {
            *out += x * weight;
        }
    }
}

for_every_path! {
    fn mix_columns(columns: &SparseMatrix, mixed: &[f32], out: &mut [f32], store: Store) {
        for (x, out) in out.chunks_exact_mut(LANES).enumerate() {
            let mut sum = [0.0f32; LANES];
            for (column, weight) in columns.row(x) {
                let from = &mixed[column * LANES..][..LANES];
                for lane in 0..LANES {
                    sum[lane] += from[lane] * weight;
                }
            }
            match store {
                Store::Overwrite => out.copy_from_slice(&sum),
                Store::Add => (0..LANES).for_each(|lane| out[lane] += sum[lane]),
            }
        }
    }
}

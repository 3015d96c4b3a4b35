//! The step that fills the holes of a picture by push and pull: what is known is averaged to ever coarser grids, and
//! interpolated back from there.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::{LANES, Run};
use crate::exec::plan::{Needs, SAMPLE_BYTES, Value, ValueId};
use rayon::prelude::*;

/// The fill of a picture; its field is the weight that says where the holes are.
pub(super) struct FillStep(pub ValueId);

impl StepOp for FillStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("fill", to)
    }

    fn needs(&self, _: &Value, to: &Value, _: usize) -> Needs {
        Needs { scratch: SAMPLE_BYTES * scratch_len(to.size()), ..Needs::default() }
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let (writes, reads) = ([&to.samples, &context.plan.scratch], [&from.samples, &context.value(self.0).samples]);
        let ([out, scratch], [samples, weight]) = context.arena.parts(writes, reads);
        fill(context.run, to.size(), samples, weight, out, scratch);
    }

    /// No gradient passes.
    fn back(&self, _: &mut StepContext) {}
}

/// The sizes of the coarser grids, the finest first; none where the picture itself is the coarsest.
fn grids(size: [usize; 2]) -> impl Iterator<Item = [usize; 2]> {
    let coarser = |size: &[usize; 2]| (size[0].min(size[1]) > 2).then(|| size.map(|side| side.div_ceil(2)));
    std::iter::successors(coarser(&size), coarser)
}

/// The f32s of scratch memory for one block: the means of all coarser grids, and their weights.
fn scratch_len(size: [usize; 2]) -> usize {
    2 * LANES * grids(size).map(|[height, width]| height * width).sum::<usize>()
}

/// Writes `samples` to `out` where `weight` is 1, and a guess from what is known around where it is 0, block by block.
fn fill(run: &Run, size: [usize; 2], samples: &[f32], weight: &[f32], out: &mut [f32], scratch: &mut [f32]) {
    let plane = size[0] * size[1] * LANES;
    let blocks = out.chunks_exact_mut(plane).zip(samples.chunks_exact(plane).zip(weight.chunks_exact(plane)));
    for (out, (samples, weight)) in blocks {
        out.copy_from_slice(samples);
        fill_grid(run, size, out, weight, scratch);
    }
}

/// Fills the holes of one grid in place.
fn fill_grid(run: &Run, [height, width]: [usize; 2], samples: &mut [f32], weight: &[f32], scratch: &mut [f32]) {
    if run.is_cancelled() {
        return;
    }
    if height.min(width) <= 2 {
        return fill_with_mean(samples, weight);
    }
    let coarse = [height.div_ceil(2), width.div_ceil(2)];
    let plane = coarse[0] * coarse[1] * LANES;
    let (means, rest) = scratch.split_at_mut(plane);
    let (shares, rest) = rest.split_at_mut(plane);
    let rows = means.par_chunks_mut(coarse[1] * LANES).zip(shares.par_chunks_mut(coarse[1] * LANES));
    rows.enumerate().for_each(|(y, (means, shares))| push_row([height, width], y, samples, weight, means, shares));
    fill_grid(run, coarse, means, shares, rest);
    let rows = samples.par_chunks_mut(width * LANES).zip(weight.par_chunks(width * LANES));
    rows.enumerate().for_each(|(y, (samples, weight))| pull_row(coarse, y, means, samples, weight));
}

/// Fills the holes of the coarsest grid with the weighted mean of all samples, which is 0 where nothing is known.
fn fill_with_mean(samples: &mut [f32], weight: &[f32]) {
    for lane in 0..LANES {
        let of_lane = || samples[lane..].iter().step_by(LANES).zip(weight[lane..].iter().step_by(LANES));
        let total: f32 = of_lane().map(|(_, w)| w).sum();
        let mean = of_lane().map(|(x, w)| x * w).sum::<f32>() / total.max(LEAST);
        let places = samples[lane..].iter_mut().step_by(LANES).zip(weight[lane..].iter().step_by(LANES));
        places.for_each(|(x, w)| *x = *x * w + mean * (1.0 - w));
    }
}

/// The least total weight that is divided by.
const LEAST: f32 = 1e-6;

/// Makes a row of the coarser grid: the weighted means of 2x2 samples, and a weight of 1 where any of them is known.
fn push_row(
    [height, width]: [usize; 2],
    y: usize,
    samples: &[f32],
    weight: &[f32],
    means: &mut [f32],
    shares: &mut [f32],
) {
    for (x, (mean, share)) in means.chunks_exact_mut(LANES).zip(shares.chunks_exact_mut(LANES)).enumerate() {
        let [sums, totals] = sums_of_four([height, width], [y, x], samples, weight);
        for lane in 0..LANES {
            let known = if totals[lane] > 0.0 { 1.0 } else { 0.0 };
            mean[lane] = sums[lane] / totals[lane].max(LEAST) * known;
            share[lane] = known;
        }
    }
}

/// Sums the 2x2 samples of the finer grid below a place of the coarser one, each times its weight, and their weights.
fn sums_of_four([height, width]: [usize; 2], [y, x]: [usize; 2], samples: &[f32], weight: &[f32]) -> [[f32; LANES]; 2] {
    let [mut sums, mut totals] = [[0.0; LANES]; 2];
    for row in 2 * y..(2 * y + 2).min(height) {
        for column in 2 * x..(2 * x + 2).min(width) {
            let at = (row * width + column) * LANES;
            for lane in 0..LANES {
                sums[lane] += samples[at + lane] * weight[at + lane];
                totals[lane] += weight[at + lane];
            }
        }
    }
    [sums, totals]
}

/// Fills the holes in a row of the finer grid from the coarser one, bilinearly and with corners not aligned.
fn pull_row([height, width]: [usize; 2], y: usize, coarse: &[f32], samples: &mut [f32], weight: &[f32]) {
    let other = |i: usize, length: usize| {
        if i.is_multiple_of(2) { (i / 2).saturating_sub(1) } else { (i / 2 + 1).min(length - 1) }
    };
    let rows = [(y / 2, 0.75), (other(y, height), 0.25)];
    for (x, (sample, weight)) in samples.chunks_exact_mut(LANES).zip(weight.chunks_exact(LANES)).enumerate() {
        let columns = [(x / 2, 0.75), (other(x, width), 0.25)];
        let mut pulled = [0.0; LANES];
        for (row, by_row) in rows {
            for (column, by_column) in columns {
                let from = &coarse[(row * width + column) * LANES..][..LANES];
                (0..LANES).for_each(|lane| pulled[lane] += by_row * by_column * from[lane]);
            }
        }
        (0..LANES).for_each(|lane| sample[lane] = sample[lane] * weight[lane] + pulled[lane] * (1.0 - weight[lane]));
    }
}

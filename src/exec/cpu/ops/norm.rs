//! The step of a view: the statistics of a batch norm, and the way back of the norm and the leaky ReLU. Sums go over
//! slabs of pixels in f32 lanes, then over the slabs in f64 and in order, so they depend on nothing but the shape.

use super::{StepContext, StepOp, gather_lanes, sized, spread_lanes};
use crate::exec::cpu::kernels::{LANES, Run};
use crate::exec::cpu::simd::for_every_path;
use crate::exec::cpu::view::{BlockView, NormStatistics, View, lanes};
use crate::exec::plan::{NormParameters, Value};
use crate::graph::{LEAKY_SLOPE, NORM_EPSILON};
use rayon::prelude::*;

/// The view that readers have of a value: a norm, if there is one, and a leaky ReLU, if the value says so.
pub(super) struct ViewStep(pub Option<NormParameters>);

impl StepOp for ViewStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("norm", to)
    }

    fn sums(&self, _: &Value, to: &Value) -> usize {
        if self.0.is_some() { sums_len(to.blocks, to.pixels()) } else { 0 }
    }

    fn forward(&self, context: &mut StepContext) {
        let Some(NormParameters { scale, shift }) = self.0 else { return };
        let (to, parameters) = (context.to(), [scale, shift].map(|id| context.parameter(id)));
        for (norm, parameter) in context.workspace.norms.iter_mut().zip(parameters) {
            spread_lanes(parameter, &to.lanes, &mut norm[..to.channels()]);
        }
        let [scale, shift] = &context.workspace.norms;
        let norms = [&scale[..to.channels()], &shift[..to.channels()]];
        let ([statistics], [samples]) = context.arena.parts([&to.statistics], [&to.samples]);
        measure(context.run, samples, to.blocks, &mut context.workspace.sums, norms, statistics);
    }

    fn back(&self, context: &mut StepContext) {
        let (run, to) = (context.run, context.to());
        let ([gradient], [samples, statistics]) = context.arena.parts([&to.gradient], [&to.samples, &to.statistics]);
        let Some(NormParameters { scale, shift }) = self.0 else { return back_leaky(run, samples, gradient) };
        let [by_scale, by_shift] = &mut context.workspace.norms;
        let by = [&mut by_scale[..to.channels()], &mut by_shift[..to.channels()]];
        let seen = (&NormStatistics::new(statistics), &View::new(statistics, to.is_leaky));
        back(run, samples, seen, &mut context.workspace.sums, gradient, by);
        for (id, norm) in [(scale, 0), (shift, 1)] {
            let place = context.plan.parameters[id.0].clone();
            gather_lanes(&context.workspace.norms[norm], &to.lanes, &mut context.gradients[place]);
        }
    }
}

/// The number of pixels of a slab.
const SLAB: usize = 2048;
/// The number of sums of a slab: two for each lane.
const SUMS: usize = 2 * LANES;

/// The number of sums that a value takes.
fn sums_len(blocks: usize, pixels: usize) -> usize {
    blocks * pixels.div_ceil(SLAB) * SUMS
}

/// Measures mean and inverse deviation of each physical channel, makes factor and offset of them by `scale` and `shift`
/// (by physical channel, 0 for dead ones), and writes all four to `statistics`, one after the other.
fn measure(
    run: &Run,
    samples: &[f32],
    blocks: usize,
    sums: &mut [f64],
    [scale, shift]: [&[f32]; 2],
    statistics: &mut [f32],
) {
    let plane = samples.len() / blocks;
    let slabs = (plane / LANES).div_ceil(SLAB);
    let sums = &mut sums[..blocks * slabs * SUMS];
    sums.par_chunks_mut(SUMS).enumerate().for_each(|(index, sums)| {
        if !run.is_cancelled() {
            let block = &samples[index / slabs * plane..][..plane];
            let slab = slab(block, index % slabs);
            sum_of_powers(run.simd, slab, pivot(block), sums);
        }
    });
    let pixels = (plane / LANES) as f64;
    let channels = blocks * LANES;
    for (block, sums) in sums.chunks_exact(slabs * SUMS).enumerate() {
        let pivot = pivot(&samples[block * plane..]);
        let totals = totals(sums);
        for lane in 0..LANES {
            let channel = block * LANES + lane;
            let distance = totals[lane] / pixels;
            let variance = (totals[LANES + lane] / pixels - distance * distance).max(0.0);
            let mean = (f64::from(pivot[lane]) + distance) as f32;
            let inverse = (1.0 / (variance + f64::from(NORM_EPSILON)).sqrt()) as f32;
            let factor = scale[channel] * inverse;
            let offset = shift[channel] - mean * factor;
            for (index, number) in [mean, inverse, factor, offset].into_iter().enumerate() {
                statistics[index * channels + channel] = number;
            }
        }
    }
}

fn slab(block: &[f32], index: usize) -> &[f32] {
    &block[index * SLAB * LANES..block.len().min((index + 1) * SLAB * LANES)]
}

/// A sample of each channel, which is taken off all others before they are summed: then sums do not cancel. Any sample
/// will do.
fn pivot(block: &[f32]) -> [f32; LANES] {
    lanes(block, 0)
}

fn totals(sums: &[f64]) -> [f64; SUMS] {
    let mut totals = [0.0; SUMS];
    for slab in sums.chunks_exact(SUMS) {
        totals.iter_mut().zip(slab).for_each(|(total, sum)| *total += sum);
    }
    totals
}

/// The number of pixels whose sums stay in f32.
const RUN: usize = 64;

for_every_path! {
    fn sum_of_powers(samples: &[f32], pivot: [f32; LANES], sums: &mut [f64]) {
        sums.fill(0.0);
        for run in samples.chunks(RUN * LANES) {
            let (mut first, mut second) = ([0.0f32; LANES], [0.0f32; LANES]);
            for x in run.chunks_exact(LANES) {
                for lane in 0..LANES {
                    let d = x[lane] - pivot[lane];
                    first[lane] += d;
                    second[lane] += d * d;
                }
            }
            for lane in 0..LANES {
                sums[lane] += f64::from(first[lane]);
                sums[LANES + lane] += f64::from(second[lane]);
            }
        }
    }
}

/// Goes the way back of a leaky ReLU and a norm, in place: `gradient` is that by what readers see before, and that by
/// the stored samples after. Writes the gradients by scale and shift to `by`, by physical channel.
fn back(
    run: &Run,
    samples: &[f32],
    (statistics, view): (&NormStatistics, &View),
    sums: &mut [f64],
    gradient: &mut [f32],
    by: [&mut [f32]; 2],
) {
    let blocks = statistics.mean.len() / LANES;
    let plane = samples.len() / blocks;
    let slabs = (plane / LANES).div_ceil(SLAB);
    let sums = &mut sums[..blocks * slabs * SUMS];
    let planes = gradient.par_chunks_mut(plane).zip(sums.par_chunks_mut(slabs * SUMS)).enumerate();
    planes.for_each(|(block, (gradient, sums))| {
        let samples = &samples[block * plane..][..plane];
        let norms = [lanes(statistics.mean, block), lanes(statistics.inverse, block)];
        let slabs = gradient.par_chunks_mut(SLAB * LANES).zip(sums.par_chunks_mut(SUMS)).enumerate();
        slabs.for_each(|(index, (gradient, sums))| {
            if !run.is_cancelled() {
                back_sums(run.simd, slab(samples, index), view.of_block(block), norms, gradient, sums);
            }
        });
    });
    let [by_scale, by_shift] = by;
    for (block, sums) in sums.chunks_exact(slabs * SUMS).enumerate() {
        let totals = totals(sums);
        for lane in 0..LANES {
            by_shift[block * LANES + lane] = totals[lane] as f32;
            by_scale[block * LANES + lane] = totals[LANES + lane] as f32;
        }
    }
    spread(run, samples, statistics, [by_scale, by_shift], gradient);
}

/// Replaces the gradient g by what the norm makes of it: s r (g - mean(g) - n mean(g n)) with n = (x - m) r, for the
/// scale s, the mean m and the inverse deviation r.
fn spread(run: &Run, samples: &[f32], statistics: &NormStatistics, by: [&[f32]; 2], gradient: &mut [f32]) {
    let blocks = statistics.mean.len() / LANES;
    let plane = samples.len() / blocks;
    let pixels = (plane / LANES) as f32;
    gradient.par_chunks_mut(plane).enumerate().for_each(|(block, gradient)| {
        let samples = &samples[block * plane..][..plane];
        let NormStatistics { mean, inverse, factor, .. } = statistics;
        let [mean, inverse, factor] = [mean, inverse, factor].map(|channels| lanes(channels, block));
        // g factor + x slope + rest, with what does not depend on the pixel taken together.
        let (of_gn, of_g) = (lanes(by[0], block), lanes(by[1], block));
        let slope: [f32; LANES] = std::array::from_fn(|i| -factor[i] * inverse[i] * of_gn[i] / pixels);
        let rest: [f32; LANES] = std::array::from_fn(|i| -factor[i] * of_g[i] / pixels - slope[i] * mean[i]);
        gradient.par_chunks_mut(SLAB * LANES).enumerate().for_each(|(index, gradient)| {
            if !run.is_cancelled() {
                combine(run.simd, slab(samples, index), [factor, slope, rest], gradient);
            }
        });
    });
}

for_every_path! {
    fn back_sums(samples: &[f32], view: BlockView, norms: [[f32; LANES]; 2], gradient: &mut [f32], sums: &mut [f64]) {
        let below = if view.is_leaky { LEAKY_SLOPE } else { 1.0 };
        let ([mean, inverse], factor, offset) = (norms, view.factor, view.offset);
        sums.fill(0.0);
        for (samples, gradient) in samples.chunks(RUN * LANES).zip(gradient.chunks_mut(RUN * LANES)) {
            let (mut first, mut second) = ([0.0f32; LANES], [0.0f32; LANES]);
            for (x, g) in samples.chunks_exact(LANES).zip(gradient.chunks_exact_mut(LANES)) {
                for lane in 0..LANES {
                    let is_above = factor[lane] * x[lane] + offset[lane] > 0.0;
                    let passed = if is_above { g[lane] } else { g[lane] * below };
                    g[lane] = passed;
                    first[lane] += passed;
                    second[lane] += passed * ((x[lane] - mean[lane]) * inverse[lane]);
                }
            }
            for lane in 0..LANES {
                sums[lane] += f64::from(first[lane]);
                sums[LANES + lane] += f64::from(second[lane]);
            }
        }
    }
}

for_every_path! {
    fn combine(samples: &[f32], coefficients: [[f32; LANES]; 3], gradient: &mut [f32]) {
        let [factor, slope, rest] = coefficients;
        for (x, g) in samples.chunks_exact(LANES).zip(gradient.chunks_exact_mut(LANES)) {
            for lane in 0..LANES {
                g[lane] = g[lane] * factor[lane] + (x[lane] * slope[lane] + rest[lane]);
            }
        }
    }
}

/// Goes the way back of a leaky ReLU without a norm, in place.
fn back_leaky(run: &Run, samples: &[f32], gradient: &mut [f32]) {
    let chunks = gradient.par_chunks_mut(SLAB * LANES).zip(samples.par_chunks(SLAB * LANES));
    chunks.for_each(|(gradient, samples)| {
        if !run.is_cancelled() {
            let pairs = gradient.iter_mut().zip(samples);
            pairs.for_each(|(g, x)| *g = if *x > 0.0 { *g } else { *g * LEAKY_SLOPE });
        }
    });
}

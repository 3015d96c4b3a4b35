//! The step of the total variation: the sum of sqrt(dh^2 + dw^2 + epsilon) over the pixels that have a right and a
//! lower neighbour.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::{LANES, Run, planes};
use crate::exec::cpu::machine::set_scalar;
use crate::exec::plan::{Store, Value};
use crate::graph::TV_EPSILON;
use rayon::prelude::*;

/// The total variation of the input.
pub(super) struct VariationStep;

impl StepOp for VariationStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("variation", to)
    }

    /// One sum for each row of each block.
    fn sums(&self, from: &Value, _: &Value) -> usize {
        from.blocks * from.shape.height
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let ([out], [samples]) = context.arena.parts([&to.samples], [&from.samples]);
        set_scalar(out, forward(context.run, &from.lanes, from.size(), samples, &mut context.workspace.sums));
    }

    fn back(&self, context: &mut StepContext) {
        let (from, to, store) = (context.from(), context.to(), context.step.store);
        let ([gradient], [samples, by_term]) = context.arena.parts([&from.gradient], [&from.samples, &to.gradient]);
        back(context.run, from.size(), samples, by_term[0], gradient, store);
    }
}

/// The length of the gradient at a pixel of one lane, from the differences to the right and down.
fn length(samples: &[f32], at: usize, row: usize) -> f32 {
    let (dw, dh) = (samples[at + LANES] - samples[at], samples[at + row] - samples[at]);
    (dw * dw + dh * dh + TV_EPSILON).sqrt()
}

/// Computes the total variation over the channels that lie in `lanes`; `sums` has an f64 for each row of each block.
fn forward(run: &Run, lanes: &[usize], [height, width]: [usize; 2], samples: &[f32], sums: &mut [f64]) -> f32 {
    let row = width * LANES;
    let sums = &mut sums[..samples.len() / row];
    sums.par_iter_mut().enumerate().for_each(|(index, sum)| {
        *sum = 0.0;
        if run.is_cancelled() || index % height + 1 == height {
            return;
        }
        for (_, lane) in planes::of_block(lanes, index / height) {
            let at = |x: usize| f64::from(length(samples, index * row + x * LANES + lane, row));
            *sum += (0..width - 1).map(at).sum::<f64>();
        }
    });
    sums.iter().sum::<f64>() as f32
}

/// Stores the gradient of the total variation, times `weight`, as `gradient`.
fn back(run: &Run, [height, width]: [usize; 2], samples: &[f32], weight: f32, gradient: &mut [f32], store: Store) {
    let row = width * LANES;
    gradient.par_chunks_mut(row).enumerate().for_each(|(index, gradient)| {
        if run.is_cancelled() {
            return;
        }
        let y = index % height;
        for (i, gradient) in gradient.iter_mut().enumerate() {
            let (x, at) = (i / LANES, index * row + i);
            let (has_right, has_below) = (x + 1 < width, y + 1 < height);
            let mut sum = 0.0;
            if has_right && has_below {
                let both = samples[at + LANES] + samples[at + row] - 2.0 * samples[at];
                sum -= both / length(samples, at, row);
            }
            if x > 0 && has_below {
                sum += (samples[at] - samples[at - LANES]) / length(samples, at - LANES, row);
            }
            if y > 0 && has_right {
                sum += (samples[at] - samples[at - row]) / length(samples, at - row, row);
            }
            match store {
                Store::Overwrite => *gradient = weight * sum,
                Store::Add => *gradient += weight * sum,
            }
        }
    });
}

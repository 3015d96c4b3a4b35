//! The step of the data term: sum(w (f - y)^2) / number of samples, for predicted f, degraded y and weight w.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::{LANES, Run, TASK_SAMPLES};
use crate::exec::cpu::machine::set_scalar;
use crate::exec::cpu::simd::for_every_path;
use crate::exec::plan::{Store, Value, ValueId};
use rayon::prelude::*;

/// The data term of its input, by these other values.
pub(super) struct DataTermStep {
    pub degraded: ValueId,
    pub weight: ValueId,
}

impl StepOp for DataTermStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("data term", to)
    }

    fn sums(&self, from: &Value, _: &Value) -> usize {
        sums_len(from.stored())
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let [degraded, weight] = [self.degraded, self.weight].map(|id| &context.value(id).samples);
        let ([out], [predicted, degraded, weight]) =
            context.arena.parts([&to.samples], [&from.samples, degraded, weight]);
        let given = Operands { predicted, degraded, weight, samples: from.shape.samples() };
        set_scalar(out, forward(context.run, &given, &mut context.workspace.sums));
    }

    fn back(&self, context: &mut StepContext) {
        let (from, to, store) = (context.from(), context.to(), context.step.store);
        let [degraded, weight] = [self.degraded, self.weight].map(|id| &context.value(id).samples);
        let reads = [&from.samples, degraded, weight, &to.gradient];
        let ([gradient], [predicted, degraded, weight, by_term]) = context.arena.parts([&from.gradient], reads);
        let given = Operands { predicted, degraded, weight, samples: from.shape.samples() };
        back(context.run, &given, by_term[0], gradient, store);
    }
}

/// What the data term compares: blocked samples of one shape. The weight of dead channels is 0.
#[derive(Clone, Copy)]
pub struct Operands<'a> {
    pub predicted: &'a [f32],
    pub degraded: &'a [f32],
    pub weight: &'a [f32],
    /// The number of samples of the logical channels.
    pub samples: usize,
}

/// The number of sums that [`forward`] takes for so many blocked samples.
fn sums_len(samples: usize) -> usize {
    samples.div_ceil(TASK_SAMPLES)
}

/// Computes the data term.
fn forward(run: &Run, given: &Operands, sums: &mut [f64]) -> f32 {
    let sums = &mut sums[..sums_len(given.predicted.len())];
    let others = given.degraded.par_chunks(TASK_SAMPLES).zip(given.weight.par_chunks(TASK_SAMPLES));
    sums.par_iter_mut().zip(given.predicted.par_chunks(TASK_SAMPLES)).zip(others).for_each(|((sum, f), (y, w))| {
        if !run.is_cancelled() {
            let mut lanes = [0.0; LANES];
            add_up(run.simd, f, y, w, &mut lanes);
            *sum = lanes.iter().sum();
        }
    });
    (sums.iter().sum::<f64>() / given.samples as f64) as f32
}

for_every_path! {
    fn add_up(f: &[f32], y: &[f32], w: &[f32], sums: &mut [f64; LANES]) {
        for ((f, y), w) in f.chunks_exact(LANES).zip(y.chunks_exact(LANES)).zip(w.chunks_exact(LANES)) {
            for lane in 0..LANES {
                let distance = f[lane] - y[lane];
                sums[lane] += f64::from(w[lane] * distance * distance);
            }
        }
    }
}

/// Stores `by_term` 2 w (f - y) / number of samples as `gradient`.
fn back(run: &Run, given: &Operands, by_term: f32, gradient: &mut [f32], store: Store) {
    let factor = 2.0 * by_term / given.samples as f32;
    let others = given.degraded.par_chunks(TASK_SAMPLES).zip(given.weight.par_chunks(TASK_SAMPLES));
    let chunks = gradient.par_chunks_mut(TASK_SAMPLES).zip(given.predicted.par_chunks(TASK_SAMPLES)).zip(others);
    chunks.for_each(|((gradient, f), (y, w))| {
        if run.is_cancelled() {
            return;
        }
        if store == Store::Overwrite {
            gradient.fill(0.0);
        }
        slope(run.simd, f, y, w, factor, gradient);
    });
}

for_every_path! {
    fn slope(f: &[f32], y: &[f32], w: &[f32], factor: f32, gradient: &mut [f32]) {
        for (((gradient, f), y), w) in gradient.iter_mut().zip(f).zip(y).zip(w) {
            *gradient += factor * w * (f - y);
        }
    }
}

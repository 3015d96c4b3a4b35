//! The step that computes one term of a weighted sum.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::{Run, TASK_SAMPLES};
use crate::exec::plan::{Store, Value};
use rayon::prelude::*;

/// One term of a weighted sum.
pub(super) struct WeighStep {
    pub weight: f32,
    /// The first term is written, the others are added to it.
    pub store: Store,
}

impl StepOp for WeighStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("weigh", to)
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let ([out], [samples]) = context.arena.parts([&to.samples], [&from.samples]);
        weigh(context.run, self.weight, samples, out, self.store);
    }

    fn back(&self, context: &mut StepContext) {
        let (from, to, store) = (context.from(), context.to(), context.step.store);
        let ([by_input], [by_output]) = context.arena.parts([&from.gradient], [&to.gradient]);
        weigh(context.run, self.weight, by_output, by_input, store);
    }
}

/// Stores `weight` times `term` in `out`.
fn weigh(run: &Run, weight: f32, term: &[f32], out: &mut [f32], store: Store) {
    out.par_chunks_mut(TASK_SAMPLES).zip(term.par_chunks(TASK_SAMPLES)).for_each(|(out, term)| {
        if run.is_cancelled() {
            return;
        }
        for (out, term) in out.iter_mut().zip(term) {
            match store {
                Store::Overwrite => *out = weight * term,
                Store::Add => *out += weight * term,
            }
        }
    });
}

//! The step that stores what readers of a value see.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::pad::{Frame, fold, pad};
use crate::exec::cpu::view::View;
use crate::exec::plan::Value;

/// The copy of a value as its readers see it.
pub(super) struct CopyStep;

impl StepOp for CopyStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("copy", to)
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let ([out], [samples, statistics]) = context.arena.parts([&to.samples], [&from.samples, &from.statistics]);
        let view = View::new(statistics, from.is_leaky);
        pad(context.run, &Frame::bare(to.size()), samples, &view, out);
    }

    fn back(&self, context: &mut StepContext) {
        back(context);
    }
}

/// Hands the gradient of the output on to the input, for every step that adds something constant or nothing.
pub(super) fn back(context: &mut StepContext) {
    let (from, to, store) = (context.from(), context.to(), context.step.store);
    let ([by_input], [by_output]) = context.arena.parts([&from.gradient], [&to.gradient]);
    fold(context.run, &Frame::bare(to.size()), by_output, by_input, store);
}

//! The step that copies a value's channels to other lanes.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::planes;
use crate::exec::plan::{Store, Value};

/// The copy between the lanes of two values.
pub(super) struct RelaneStep;

impl StepOp for RelaneStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("copy", to)
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let ([out], [samples]) = context.arena.parts([&to.samples], [&from.samples]);
        planes::relane(samples, &from.lanes, out, &to.lanes, to.pixels(), Store::Overwrite);
    }

    fn back(&self, context: &mut StepContext) {
        let (from, to, store) = (context.from(), context.to(), context.step.store);
        let ([by_input], [by_output]) = context.arena.parts([&from.gradient], [&to.gradient]);
        planes::relane(by_output, &to.lanes, by_input, &from.lanes, to.pixels(), store);
    }
}

//! The step of a fitted picture, which copies its parameter into blocks of channels.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::planes;
use crate::exec::plan::Value;
use crate::graph::ParameterId;

/// The parameter that is the picture.
pub(super) struct PictureStep(pub ParameterId);

impl StepOp for PictureStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("picture", to)
    }

    fn forward(&self, context: &mut StepContext) {
        let (to, picture) = (context.to(), context.parameter(self.0));
        planes::block(context.run, picture, &to.lanes, to.pixels(), context.arena.write(&to.samples));
    }

    fn back(&self, context: &mut StepContext) {
        let to = context.to();
        let by_picture = &mut context.gradients[context.plan.parameters[self.0.0].clone()];
        planes::unblock(context.arena.read(&to.gradient), &to.lanes, to.pixels(), by_picture);
    }
}

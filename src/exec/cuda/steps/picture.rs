//! The step of a fitted picture, which copies its parameter into blocks of channels.

use super::{CudaStep, StepBuilder, pixel_grid};
use crate::exec::cuda::arguments::{Place, PlanesArgs};
use crate::exec::cuda::kernel::{BLOCK, UNBLOCK};
use crate::exec::cuda::program::place;
use crate::graph::ParameterId;

/// The parameter that is the picture.
pub(super) struct PictureStep(pub ParameterId);

impl CudaStep for PictureStep {
    fn forward(&self, builder: &mut StepBuilder) {
        let (to, planes) = (builder.to(), builder.program.parameter(self.0));
        let arguments = arguments(builder, planes, place(&to.samples));
        builder.launch(&BLOCK, pixel_grid(to.pixels(), to.blocks), arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        let (to, planes) = (builder.to(), builder.program.gradient(self.0));
        let arguments = arguments(builder, planes, place(&to.gradient));
        builder.launch(&UNBLOCK, pixel_grid(to.pixels(), to.blocks), arguments);
    }
}

fn arguments(builder: &mut StepBuilder, planes: Place, blocked: Place) -> PlanesArgs {
    let to = builder.to();
    let lanes = builder.lanes(to);
    PlanesArgs { planes, blocked, lanes, blocks: to.blocks as i32, pixels: to.pixels() as i32 }
}

//! The step that stores what readers of a value see.

use super::{CudaStep, StepBuilder, pixel_grid, seen, weigh};
use crate::exec::cuda::arguments::CopyArgs;
use crate::exec::cuda::kernel::COPY_SEEN;
use crate::exec::cuda::program::place;

/// The copy of a value as its readers see it.
pub(super) struct CopyStep;

impl CudaStep for CopyStep {
    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let arguments = CopyArgs {
            input: place(&from.samples),
            output: place(&to.samples),
            view: seen(from),
            blocks: to.blocks as i32,
            pixels: to.pixels() as i32,
        };
        builder.launch(&COPY_SEEN, pixel_grid(to.pixels(), to.blocks), arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        weigh::back(builder, 1.0);
    }
}

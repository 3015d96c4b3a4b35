//! The step that cuts a rectangle out of a picture.

use super::{CudaStep, StepBuilder, pixel_grid, store};
use crate::exec::cuda::arguments::{CropArgs, Place};
use crate::exec::cuda::kernel::{CROP, CROP_BACK};
use crate::exec::cuda::program::place;
use crate::exec::plan::{Store, Value};

/// The crop from this corner (top, left) on.
pub(super) struct CropStep(pub [usize; 2]);

impl CropStep {
    fn arguments(&self, [from, to]: [&Value; 2], [whole, part]: [Place; 2], as_: Store) -> CropArgs {
        let [top, left] = self.0;
        CropArgs {
            whole,
            part,
            blocks: to.blocks as i32,
            whole_height: from.shape.height as i32,
            whole_width: from.shape.width as i32,
            height: to.shape.height as i32,
            width: to.shape.width as i32,
            top: top as i32,
            left: left as i32,
            store: store(as_),
        }
    }
}

impl CudaStep for CropStep {
    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let places = [place(&from.samples), place(&to.samples)];
        let arguments = self.arguments([from, to], places, Store::Overwrite);
        builder.launch(&CROP, pixel_grid(to.pixels(), to.blocks), arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let places = [place(&from.gradient), place(&to.gradient)];
        let arguments = self.arguments([from, to], places, builder.step.store);
        builder.launch(&CROP_BACK, pixel_grid(from.pixels(), from.blocks), arguments);
    }
}

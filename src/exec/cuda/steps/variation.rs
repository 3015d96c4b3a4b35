//! The step of the total variation: the sum of sqrt(dh^2 + dw^2 + epsilon) over the pixels that have a right and a
//! lower neighbour.

use super::{CudaStep, StepBuilder, pixel_grid};
use crate::exec::cuda::arguments::{VariationArgs, VariationBackArgs};
use crate::exec::cuda::kernel::{VARIATION, VARIATION_BACK};
use crate::exec::cuda::program::place;
use crate::exec::plan::{Needs, SAMPLE_BYTES, Value};

/// The total variation of the input.
pub(super) struct VariationStep;

impl CudaStep for VariationStep {
    fn needs(&self, from: &Value, _: &Value) -> Needs {
        Needs { scratch: SAMPLE_BYTES * from.blocks * from.shape.height, ..Needs::default() }
    }

    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let arguments = VariationArgs {
            input: place(&from.samples),
            output: place(&to.samples),
            partial: builder.scratch(),
            counter: builder.program.counters(),
            lanes: builder.lanes(from),
            blocks: from.blocks as i32,
            height: from.shape.height as i32,
            width: from.shape.width as i32,
        };
        builder.launch(&VARIATION, [from.shape.height, from.blocks, 1], arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let arguments = VariationBackArgs {
            input: place(&from.samples),
            by_term: place(&to.gradient),
            gradient: place(&from.gradient),
            blocks: from.blocks as i32,
            height: from.shape.height as i32,
            width: from.shape.width as i32,
            store: builder.store(),
        };
        builder.launch(&VARIATION_BACK, pixel_grid(from.pixels(), from.blocks), arguments);
    }
}

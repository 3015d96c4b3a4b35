//! The step that mixes channels by a matrix; its way back mixes by the transposed matrix.

use super::{CudaStep, StepBuilder, pixel_grid, store};
use crate::exec::cuda::arguments::MixArgs;
use crate::exec::cuda::kernel::MIX;
use crate::exec::cuda::program::place;
use crate::exec::plan::Store;

/// The matrix that mixes the channels, row by row.
pub(super) struct MixStep<'a>(pub &'a [f32]);

impl CudaStep for MixStep<'_> {
    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let arguments = MixArgs {
            input: place(&from.samples),
            output: place(&to.samples),
            is_transposed: 0,
            in_blocks: from.blocks as i32,
            out_blocks: to.blocks as i32,
            store: store(Store::Overwrite),
            ..self.arguments(builder)
        };
        builder.launch(&MIX, pixel_grid(to.pixels(), to.blocks), arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let arguments = MixArgs {
            input: place(&to.gradient),
            output: place(&from.gradient),
            is_transposed: 1,
            in_blocks: to.blocks as i32,
            out_blocks: from.blocks as i32,
            store: builder.store(),
            ..self.arguments(builder)
        };
        builder.launch(&MIX, pixel_grid(from.pixels(), from.blocks), arguments);
    }
}

impl MixStep<'_> {
    /// What both directions share.
    fn arguments(&self, builder: &mut StepBuilder) -> MixArgs {
        let (from, to) = (builder.from(), builder.to());
        MixArgs {
            input: 0,
            output: 0,
            weights: builder.program.table(self.0.iter().map(|weight| weight.to_bits())),
            rows: to.shape.channels as i32,
            columns: from.shape.channels as i32,
            is_transposed: 0,
            in_blocks: 0,
            out_blocks: 0,
            pixels: to.pixels() as i32,
            store: 0,
        }
    }
}

//! The step that hides a share of a weight's pixels.

use super::{CudaStep, StepBuilder, pixel_grid, sample_grid};
use crate::exec::cuda::arguments::{HideArgs, Place};
use crate::exec::cuda::kernel::{HIDE_COUNT, HIDE_HOLES, HIDE_PIXELS};
use crate::exec::cuda::layout::HIDING_WORDS;
use crate::exec::cuda::program::place;
use crate::graph::Hiding;
use crate::rng::Stream;

/// What is hidden of a weight: a share of its pixels, drawn afresh at each iteration.
pub(super) struct HideStep {
    pub stream: Stream,
    pub share: f32,
    pub hiding: Hiding,
}

impl CudaStep for HideStep {
    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let [seed, key] = builder.key(self.stream);
        let histogram = builder.program.layout.hiding.start;
        let arguments = HideArgs {
            weight: place(&from.samples),
            output: place(&to.samples),
            control: builder.program.layout.control(),
            histogram: histogram as Place,
            counter: builder.program.counters(),
            // The last of these words.
            copies: (histogram + HIDING_WORDS - 1) as Place,
            share: self.share,
            seed,
            key,
            blocks: to.blocks as i32,
            height: to.shape.height as i32,
            width: to.shape.width as i32,
        };
        let grid = pixel_grid(to.pixels(), to.blocks);
        match self.hiding {
            Hiding::Pixels => builder.launch(&HIDE_PIXELS, grid, arguments),
            Hiding::Holes => {
                builder.launch(&HIDE_COUNT, sample_grid(to.pixels()), arguments);
                builder.launch(&HIDE_HOLES, grid, arguments);
            }
        }
    }

    /// No gradient passes.
    fn back(&self, _: &mut StepBuilder) {}
}

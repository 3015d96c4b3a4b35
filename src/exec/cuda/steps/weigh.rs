//! The step that computes one term of a weighted sum.

use super::{CudaStep, StepBuilder, sample_grid, store};
use crate::exec::cuda::arguments::WeighArgs;
use crate::exec::cuda::kernel::WEIGH;
use crate::exec::cuda::program::place;
use crate::exec::plan::{ArenaRange, SAMPLE_BYTES, Store};

/// One term of a weighted sum.
pub(super) struct WeighStep {
    pub weight: f32,
    /// The first term is written, the others are added to it.
    pub store: Store,
}

impl CudaStep for WeighStep {
    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        weigh(builder, self.weight, [&from.samples, &to.samples], self.store);
    }

    fn back(&self, builder: &mut StepBuilder) {
        back(builder, self.weight);
    }
}

/// Hands the gradient of the output on to the input, times a weight.
pub(super) fn back(builder: &mut StepBuilder, weight: f32) {
    let (from, to) = (builder.from(), builder.to());
    weigh(builder, weight, [&to.gradient, &from.gradient], builder.step.store);
}

/// Stores the samples of one range, times a weight, in another one of the same length.
pub(super) fn weigh(builder: &mut StepBuilder, weight: f32, [from, to]: [&ArenaRange; 2], as_: Store) {
    let length = to.len() / SAMPLE_BYTES;
    let arguments =
        WeighArgs { input: place(from), output: place(to), length: length as u64, weight, store: store(as_) };
    builder.launch(&WEIGH, sample_grid(length), arguments);
}

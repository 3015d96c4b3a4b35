//! The step of the logistic function.

use super::{CudaStep, StepBuilder, sample_grid};
use crate::exec::cuda::arguments::{SigmoidArgs, SigmoidBackArgs};
use crate::exec::cuda::kernel::{SIGMOID, SIGMOID_BACK};
use crate::exec::cuda::program::place;

/// The logistic function of each sample.
pub(super) struct SigmoidStep;

impl CudaStep for SigmoidStep {
    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let arguments =
            SigmoidArgs { input: place(&from.samples), output: place(&to.samples), length: to.stored() as u64 };
        builder.launch(&SIGMOID, sample_grid(to.stored()), arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let arguments = SigmoidBackArgs {
            output: place(&to.samples),
            by_output: place(&to.gradient),
            by_input: place(&from.gradient),
            length: to.stored() as u64,
            store: builder.store(),
        };
        builder.launch(&SIGMOID_BACK, sample_grid(to.stored()), arguments);
    }
}

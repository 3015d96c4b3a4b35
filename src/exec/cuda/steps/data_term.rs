//! The step of the data term: sum(w (f - y)^2) / number of samples, for predicted f, degraded y and weight w.

use super::{CudaStep, StepBuilder, sample_grid};
use crate::exec::cuda::arguments::{DataTermArgs, DataTermBackArgs};
use crate::exec::cuda::kernel::{DATA_TERM, DATA_TERM_BACK};
use crate::exec::cuda::program::{parts, place};
use crate::exec::plan::{Needs, SAMPLE_BYTES, Value, ValueId};

/// The data term of its input, by these other values.
pub(super) struct DataTermStep {
    pub degraded: ValueId,
    pub weight: ValueId,
}

impl CudaStep for DataTermStep {
    fn needs(&self, from: &Value, _: &Value) -> Needs {
        Needs { scratch: SAMPLE_BYTES * parts(from.stored()), ..Needs::default() }
    }

    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let [degraded, weight] = [self.degraded, self.weight].map(|id| place(&builder.value(id).samples));
        let parts = parts(from.stored());
        let arguments = DataTermArgs {
            predicted: place(&from.samples),
            degraded,
            weight,
            output: place(&to.samples),
            partial: builder.scratch(),
            counter: builder.program.counters(),
            length: from.stored() as u64,
            samples: from.shape.samples() as f32,
            parts: parts as i32,
        };
        builder.launch(&DATA_TERM, [parts, 1, 1], arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let [degraded, weight] = [self.degraded, self.weight].map(|id| place(&builder.value(id).samples));
        let arguments = DataTermBackArgs {
            predicted: place(&from.samples),
            degraded,
            weight,
            by_term: place(&to.gradient),
            gradient: place(&from.gradient),
            length: from.stored() as u64,
            samples: from.shape.samples() as f32,
            store: builder.store(),
        };
        builder.launch(&DATA_TERM_BACK, sample_grid(from.stored()), arguments);
    }
}

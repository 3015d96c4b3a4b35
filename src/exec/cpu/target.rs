//! The CPU as the target of a plan.

use super::kernels::LANES;
use super::ops;
use crate::exec::plan::{Action, Needs, PlanTarget, Value, ViewReader};

/// A CPU on which a plan runs with so many threads.
pub(super) struct CpuTarget {
    pub threads: usize,
}

impl PlanTarget for CpuTarget {
    fn channel_block(&self) -> usize {
        LANES
    }

    /// Both copy their input anyway: a convolution to pad it, a filter to have whole rows.
    fn applies_views(&self, reader: ViewReader) -> bool {
        match reader {
            ViewReader::Convolution | ViewReader::Resampling => true,
        }
    }

    fn needs(&self, action: &Action, from: &Value, to: &Value) -> Needs {
        ops::prepare(action, from, to).needs(from, to, self.threads)
    }
}

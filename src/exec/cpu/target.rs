//! The CPU as the target of a plan.

use super::kernels::LANES;
use super::ops;
use crate::exec::plan::{Action, Needs, PlanTarget, Value};
use crate::graph::Op;

/// A CPU on which a plan runs with so many threads.
pub(super) struct CpuTarget {
    pub threads: usize,
}

impl PlanTarget for CpuTarget {
    fn channel_block(&self) -> usize {
        LANES
    }

    fn reads_views(&self, op: &Op) -> bool {
        match op {
            // Both copy their input anyway: a convolution to pad it, a filter to have whole rows.
            Op::Conv { .. } | Op::Resample(_) => true,
            Op::Constant(_) | Op::Parameter(_) | Op::AddNoise { .. } | Op::BatchNorm { .. } | Op::LeakyRelu => false,
            Op::Sigmoid | Op::Crop { .. } | Op::Mix { .. } | Op::Concat | Op::Hide { .. } | Op::Fill => false,
            Op::DataTerm | Op::TotalVariation | Op::WeightedSum { .. } => false,
        }
    }

    fn needs(&self, action: &Action, from: &Value, to: &Value) -> Needs {
        ops::prepare(action, from, to).needs(from, to, self.threads)
    }
}

//! An NVIDIA card as the target of a plan.

use super::steps;
use crate::exec::plan::{Action, Needs, PlanTarget, Value, ViewReader};

/// The channels that are stored together, which are two loads of 16 bytes for a thread.
pub const LANES: usize = 8;

/// A card. Plans do not depend on which one, so that every card runs the same arithmetic.
pub struct CudaTarget;

impl PlanTarget for CudaTarget {
    fn channel_block(&self) -> usize {
        LANES
    }

    /// Both apply it while they load.
    fn applies_views(&self, reader: ViewReader) -> bool {
        match reader {
            ViewReader::Convolution | ViewReader::Resampling => true,
        }
    }

    fn needs(&self, action: &Action, from: &Value, to: &Value) -> Needs {
        steps::prepare(action).needs(from, to)
    }
}

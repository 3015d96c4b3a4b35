//! What a planner asks of a device.

use super::step::Action;
use super::value::Value;
use crate::graph::Op;

/// A device, as far as a plan depends on it.
pub trait PlanTarget {
    /// Channels that are stored together.
    fn channel_block(&self) -> usize;

    /// Whether steps of this op apply the view of the value that they read, its norm and leaky ReLU, themselves. Others
    /// read a value that is stored as it is seen.
    fn reads_views(&self, op: &Op) -> bool;

    /// The memory that a step takes beside its input and output.
    fn needs(&self, action: &Action, from: &Value, to: &Value) -> Needs;
}

/// Memory of a step beside its input and output, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Lives as long as the plan: weights in the device's order.
    pub packed: usize,
    /// The input as the kernel reads it, seen and padded; free again after each pass.
    pub padded: usize,
    /// Whether the way back makes the gradient of the padded input first. It is the input's own where both have one
    /// size and nothing is added.
    pub has_padded_gradient: bool,
    /// Free again after each pass.
    pub scratch: usize,
}

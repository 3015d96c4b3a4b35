//! What a plan has to know of the device that it is made for.

use super::step::Action;
use super::value::Value;

/// A device, as far as a plan depends on it.
pub trait PlanTarget {
    /// The number of channels that are stored together, sample by sample.
    fn channel_block(&self) -> usize;

    /// Whether these steps themselves apply the view of the value that they read, its norm and leaky ReLU. All others
    /// read a value that is stored as it is seen.
    fn applies_views(&self, reader: ViewReader) -> bool;

    /// The memory that a step takes beside its input and output.
    fn needs(&self, action: &Action, from: &Value, to: &Value) -> Needs;
}

/// The steps that may apply the view of their input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewReader {
    Convolution,
    Resampling,
}

/// The memory that a step takes beside its input and output, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// What lives as long as the plan: weights in the device's order.
    pub packed: usize,
    /// The input as the kernel reads it, with its view applied and padded; free again after each pass.
    pub padded: usize,
    /// Whether the way back computes the gradient of the padded input first. Where both have the same size and nothing
    /// is added, that is the input's own gradient.
    pub has_padded_gradient: bool,
    /// Scratch memory, free again after each pass.
    pub scratch: usize,
}

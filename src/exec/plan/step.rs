//! The steps of a plan: what each one does, to which values.

use std::sync::Arc;

use super::value::{ArenaRange, NormParameters, ValueId};
use crate::graph::{ConstantId, Hiding, Padding, ParameterId, Resample};
use crate::rng::Stream;

/// What a step does. On the way forward it computes its output from its input; on the way back it computes the gradient
/// of its input from the gradient of its output.
#[derive(Debug, Clone)]
pub enum Action {
    /// Copies a fitted picture from its parameter.
    Picture(ParameterId),
    /// Adds noise to the input, or to a constant that nothing else reads.
    Noise { constant: Option<ConstantId>, stream: Stream, standard_deviation: f32, level: Option<ValueId> },
    /// Takes what is hidden at this iteration out of a weight.
    Hide { stream: Stream, share: f32, hiding: Hiding },
    /// Fills the holes of the picture that is the input, which are where this weight is 0.
    Fill(ValueId),
    /// Convolves the input.
    Conv(Convolution),
    /// Prepares the view that readers have of the output, a norm or a leaky ReLU or both: measures the norm's
    /// statistics on the way forward, and turns the gradient into that of the stored samples on the way back, in place.
    View(Option<NormParameters>),
    /// Changes the size by a separable filter.
    Resample(Arc<Resample>),
    /// Stores what readers of the input see.
    Copy,
    /// Copies the input's channels to other lanes.
    Relane,
    /// Cuts a rectangle of the output's size out of the input, from this corner on.
    Crop { top: usize, left: usize },
    /// Computes 1 / (1 + exp(-x)) of each sample.
    Sigmoid,
    /// Makes each channel a weighted sum of the input's channels; the weights are row by row.
    Mix(Vec<f32>),
    /// Compares the input with the degraded picture.
    DataTerm { degraded: ValueId, weight: ValueId },
    /// Computes the total variation of the input.
    Variation,
    /// Computes one term of a weighted sum.
    Weigh {
        weight: f32,
        /// The first term is written, the others are added to it.
        store: Store,
    },
}

/// How a step leaves its result in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The result replaces what is there.
    Overwrite,
    /// The result is added to what is there.
    Add,
}

/// A convolution and the parameters that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convolution {
    pub weight: ParameterId,
    pub bias: ParameterId,
    /// Whether a norm behind it cancels the bias, whose gradient is then exactly 0.
    pub is_bias_cancelled: bool,
    /// The side of the square kernel.
    pub kernel: usize,
    pub stride: usize,
    pub padding: Padding,
}

impl Action {
    /// Whether the way back of the step gives gradients of parameters.
    pub(super) fn has_parameters(&self) -> bool {
        match self {
            Action::Picture(_) | Action::Conv(_) => true,
            Action::View(norm) => norm.is_some(),
            Action::Noise { .. } | Action::Hide { .. } | Action::Fill(_) | Action::Resample(_) => false,
            Action::Copy | Action::Relane | Action::Crop { .. } | Action::Sigmoid | Action::Mix(_) => false,
            Action::DataTerm { .. } | Action::Variation | Action::Weigh { .. } => false,
        }
    }
}

/// One step of a plan.
#[derive(Debug, Clone)]
pub struct Step {
    pub action: Action,
    pub input: Option<ValueId>,
    pub output: ValueId,
    /// How the way back leaves the gradient of the input: added, where an earlier step of the way back has written it.
    pub store: Store,
    /// Where the step keeps what [`super::Needs::packed`] asks for.
    pub packed: ArenaRange,
    /// Where the gradient of the padded input lies on the way back; empty where that is the gradient of the input
    /// itself.
    pub padded_gradient: ArenaRange,
}

impl Step {
    pub(super) fn new(action: Action, input: Option<ValueId>, output: ValueId) -> Step {
        Step { action, input, output, store: Store::Overwrite, packed: 0..0, padded_gradient: 0..0 }
    }
}

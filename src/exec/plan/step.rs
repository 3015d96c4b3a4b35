//! The steps of a plan.

use std::sync::Arc;

use super::value::{ArenaRange, NormParameters, ValueId};
use crate::graph::{ConstantId, Hiding, Padding, ParameterId, Resample};
use crate::rng::Stream;

/// What a step does. Going forward it writes its output from its input; going back it makes the gradient of its input,
/// or adds to it, from the one of its output.
#[derive(Debug, Clone)]
pub enum Action {
    /// A fitted picture, from its parameter.
    Picture(ParameterId),
    /// Noise, added to the input or to a constant that nobody else reads.
    Noise {
        constant: Option<ConstantId>,
        stream: Stream,
        standard_deviation: f32,
        level: Option<ValueId>,
    },
    /// A weight without what is hidden of it.
    Hide {
        stream: Stream,
        share: f32,
        hiding: Hiding,
    },
    /// The picture that is the input, its holes filled where this weight is 0.
    Fill(ValueId),
    Conv(Convolution),
    /// The norm, if there is one, and leaky ReLU that readers of the output see: statistics forward, the gradient back,
    /// both in place.
    View(Option<NormParameters>),
    Resample(Arc<Resample>),
    /// What readers of the input see, stored.
    Copy,
    /// The input's samples with the channels in other lanes.
    Relane,
    Crop {
        top: usize,
        left: usize,
    },
    Sigmoid,
    /// The weights of a mix of channels, row by row.
    Mix(Vec<f32>),
    DataTerm {
        degraded: ValueId,
        weight: ValueId,
    },
    Variation,
    /// One term of a weighted sum.
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

/// A convolution with its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convolution {
    pub weight: ParameterId,
    pub bias: ParameterId,
    /// Whether a norm behind it cancels the bias, whose gradient is then exactly 0.
    pub is_bias_cancelled: bool,
    /// Side of the square kernel.
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

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    pub action: Action,
    pub input: Option<ValueId>,
    pub output: ValueId,
    /// How the way back leaves the gradient of the input: added, where an earlier step of the way back has written it.
    pub store: Store,
    /// See [`super::Needs::packed`].
    pub packed: ArenaRange,
    /// The gradient of the padded input, on the way back; empty where it is that of the input itself.
    pub padded_gradient: ArenaRange,
}

impl Step {
    pub(super) fn new(action: Action, input: Option<ValueId>, output: ValueId) -> Step {
        Step { action, input, output, store: Store::Overwrite, packed: 0..0, padded_gradient: 0..0 }
    }
}

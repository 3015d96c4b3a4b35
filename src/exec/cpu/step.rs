//! The steps of a plan.

use std::ops::Range;
use std::sync::Arc;

use super::kernels::conv::Conv;
use super::value::ValueId;
use crate::graph::{ConstantId, Hiding, Padding, ParameterId, Resample, SparseMatrix};
use crate::rng::Stream;

/// What a step does. Going forward it writes `output` from `input`; going back it adds to the gradient of
/// `input` from the one of `output`.
pub(super) enum Work {
    /// A fitted picture, from its parameter.
    Picture(ParameterId),
    /// Added to the input, or to a constant that nobody else reads.
    Noise {
        constant: Option<ConstantId>,
        stream: Stream,
        standard_deviation: f32,
        level: Option<ValueId>,
    },
    Hide {
        stream: Stream,
        share: f32,
        hiding: Hiding,
    },
    /// Of a picture, the input, and its weight.
    Fill(ValueId),
    Conv(Box<ConvWork>),
    /// The norm and leaky ReLU that readers of `output` see: statistics forward, the gradient back.
    View,
    Resample(Box<ResampleWork>),
    /// What readers of `input` see, stored.
    Copy,
    /// The same samples with the channels in other lanes.
    Relane,
    Crop {
        top: usize,
        left: usize,
    },
    Sigmoid,
    /// Row by row.
    Mix(Vec<f32>),
    DataTerm {
        degraded: ValueId,
        weight: ValueId,
    },
    Variation,
    /// One term of a weighted sum, set or added.
    Weigh {
        weight: f32,
        is_first: bool,
    },
}

pub(super) struct ConvWork {
    pub conv: Conv,
    pub weight: ParameterId,
    pub bias: ParameterId,
    /// A norm behind it cancels the bias, whose gradient is then exactly 0.
    pub is_bias_cancelled: bool,
    pub padding: Padding,
    pub border: usize,
    pub packed: Range<usize>,
    /// Gradient of the padded input, on the way back; empty where it is that of the input itself.
    pub by_padded: Range<usize>,
}

pub(super) struct ResampleWork {
    pub resample: Arc<Resample>,
    pub back_rows: SparseMatrix,
    pub back_columns: SparseMatrix,
}

pub(super) struct Step {
    pub work: Work,
    pub input: Option<ValueId>,
    pub output: ValueId,
    /// The gradient of `input` has something already, to which this step adds.
    pub adds: bool,
}

//! The ops. A new one is a variant with its answers here, a method of the builder, a step of the plan, a file in each
//! executor, and a row in the op tests.

use std::sync::Arc;

use super::hiding::Hiding;
use super::id::{ConstantId, ParameterId};
use super::padding::Padding;
use super::resample::Resample;
use crate::rng::Stream;

/// Slope of the leaky ReLU below 0.
pub const LEAKY_SLOPE: f32 = 0.2;
/// Added to the variance in batch norm.
pub const NORM_EPSILON: f32 = 1e-5;
/// Added under the root of the total variation, where the paper's gradient is infinite.
pub const TV_EPSILON: f32 = 1e-8;

/// What a node computes from its inputs.
#[derive(Debug, Clone)]
pub enum Op {
    Constant(ConstantId),
    Parameter(ParameterId),
    /// Adds noise: x + s n with n ~ N(0, 1) of this stream at this iteration; or x + s l n, with a second input l.
    AddNoise {
        stream: Stream,
        standard_deviation: f32,
    },
    Conv {
        weight: ParameterId,
        bias: ParameterId,
        kernel: usize,
        stride: usize,
        padding: Padding,
    },
    BatchNorm {
        scale: ParameterId,
        shift: ParameterId,
    },
    LeakyRelu,
    Sigmoid,
    Resample(Arc<Resample>),
    /// Cuts a rectangle of the node's shape out, from this corner on.
    Crop {
        top: usize,
        left: usize,
    },
    /// Makes each channel a weighted sum of the input's channels, pixel by pixel; the weights are row by row.
    Mix {
        weights: Vec<f32>,
    },
    Concat,
    /// Takes a share of its pixels from a weight, drawn afresh at each iteration: all channels of a pixel are kept, or
    /// become 0. See [`Hiding`].
    Hide {
        stream: Stream,
        share: f32,
        hiding: Hiding,
    },
    /// Fills the holes of a picture, the first input, where its weight, the second one, is 0: means of what is known
    /// are pushed to ever coarser grids and pulled back (Gortler et al., "The Lumigraph", SIGGRAPH 1996). No gradient
    /// passes.
    Fill,
    /// Compares the predicted picture with the degraded one by a weight; only the predicted one has a gradient.
    DataTerm,
    TotalVariation,
    /// Adds values of one shape, each times its weight.
    WeightedSum {
        weights: Vec<f32>,
    },
}

impl Op {
    /// The parameters that it reads.
    pub fn parameters(&self) -> Vec<ParameterId> {
        match self {
            Op::Parameter(id) => vec![*id],
            Op::Conv { weight, bias, .. } => vec![*weight, *bias],
            Op::BatchNorm { scale, shift } => vec![*scale, *shift],
            Op::Constant(_) | Op::AddNoise { .. } | Op::LeakyRelu | Op::Sigmoid | Op::Resample(_) => vec![],
            Op::Crop { .. } | Op::Mix { .. } | Op::Concat | Op::Hide { .. } | Op::Fill => vec![],
            Op::DataTerm | Op::TotalVariation | Op::WeightedSum { .. } => vec![],
        }
    }

    /// Whether a gradient passes from the op to its input of this index.
    pub fn passes_gradient(&self, input: usize) -> bool {
        match self {
            Op::Constant(_) | Op::Parameter(_) | Op::Hide { .. } | Op::Fill => false,
            // The others are the noise's level, the degraded picture and its weight.
            Op::AddNoise { .. } | Op::DataTerm => input == 0,
            Op::Conv { .. } | Op::BatchNorm { .. } | Op::LeakyRelu | Op::Sigmoid | Op::Resample(_) => true,
            Op::Crop { .. } | Op::Mix { .. } | Op::Concat | Op::TotalVariation | Op::WeightedSum { .. } => true,
        }
    }
}

//! The ops. A new one is a variant here, one file in each executor, and one row in the op tests.

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
    /// x + s n, n ~ N(0, 1) of this stream at this iteration; or x + s l n, with a second input l.
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
    /// To the node's shape, from this corner.
    Crop {
        top: usize,
        left: usize,
    },
    /// Each channel a weighted sum of the input's, pixel by pixel; the weights row by row.
    Mix {
        weights: Vec<f32>,
    },
    Concat,
    /// A weight without a share of its pixels, drawn afresh at each iteration: all channels of a pixel are
    /// kept, or become 0. See [`Hiding`].
    Hide {
        stream: Stream,
        share: f32,
        hiding: Hiding,
    },
    /// Of a picture and a weight: holes filled by pushing means of what is known to ever coarser grids and
    /// pulling them back (Gortler et al., "The Lumigraph", SIGGRAPH 1996). No gradient passes.
    Fill,
    /// Of predicted, degraded and weight; only the first has a gradient.
    DataTerm,
    TotalVariation,
    /// Of values of one shape.
    WeightedSum {
        weights: Vec<f32>,
    },
}

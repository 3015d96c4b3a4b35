//! The ops. A new one is a variant here, one file in each executor, and one row in the op tests.

use std::sync::Arc;

use super::hiding::Hiding;
use super::matrix::SparseMatrix;
use super::{ConstantId, ParameterId};
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

/// What a convolution reads beyond the border: (kernel - 1) / 2 samples on every side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Mirrored about the border sample (which is not repeated); goes on mirroring on sides shorter
    /// than the padding, constant on a side of 1.
    Reflection,
    Zero,
}

impl Padding {
    /// The sample of a side of `length` that stands at `position`, which may be outside it.
    pub fn source(self, position: isize, length: usize) -> Option<usize> {
        let length = length as isize;
        if (0..length).contains(&position) {
            return Some(position as usize);
        }
        match self {
            Padding::Zero => None,
            Padding::Reflection if length == 1 => Some(0),
            Padding::Reflection => {
                let period = 2 * (length - 1);
                let folded = position.rem_euclid(period);
                Some(folded.min(period - folded) as usize)
            }
        }
    }
}

/// What a resampling is, for executors that have a quicker way than its matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Twice as large, each sample four times.
    UpNearest,
    /// Twice as large, corners not aligned (`align_corners = false`).
    UpBilinear,
    /// Half as large, mean of 2x2.
    DownAverage,
    /// Anything else.
    General,
}

/// A separable linear filter: `rows` maps heights, `columns` maps widths.
#[derive(Debug, Clone, PartialEq)]
pub struct Resample {
    pub filter: Filter,
    pub rows: SparseMatrix,
    pub columns: SparseMatrix,
}

impl Resample {
    /// Doubles both sides.
    pub fn up_nearest(height: usize, width: usize) -> Self {
        let axis = |length: usize| SparseMatrix::new(2 * length, length, |i| vec![(i / 2, 1.0)]);
        Resample { filter: Filter::UpNearest, rows: axis(height), columns: axis(width) }
    }

    /// Doubles both sides; output i lies at input (i + 1/2) / 2 - 1/2, clamped at the borders.
    pub fn up_bilinear(height: usize, width: usize) -> Self {
        let axis = |length: usize| {
            SparseMatrix::new(2 * length, length, |i| {
                let other = if i % 2 == 0 { (i / 2).saturating_sub(1) } else { (i / 2 + 1).min(length - 1) };
                vec![(i / 2, 0.75), (other, 0.25)]
            })
        };
        Resample { filter: Filter::UpBilinear, rows: axis(height), columns: axis(width) }
    }

    /// Halves both sides, which are even (an odd last row or column is left out, as in PyTorch).
    pub fn down_average(height: usize, width: usize) -> Self {
        let axis = |length: usize| SparseMatrix::new(length / 2, length, |i| vec![(2 * i, 0.5), (2 * i + 1, 0.5)]);
        Resample { filter: Filter::DownAverage, rows: axis(height), columns: axis(width) }
    }
}

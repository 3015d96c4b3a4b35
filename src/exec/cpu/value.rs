//! Values of a plan: where a node's samples lie, and how those who read them see them.

use std::ops::Range;

use super::kernels::LANES;
use crate::graph::{ParameterId, Shape};

/// Index of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ValueId(pub usize);

/// Stored samples, blocked by channel: [blocks][height][width][8]. A norm and a leaky ReLU behind them are
/// not stored; readers apply them.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// Its channels count the logical ones.
    pub shape: Shape,
    /// Physical channel of each logical one; the other physical channels are dead and hold 0.
    pub lanes: Vec<usize>,
    pub blocks: usize,
    pub samples: Range<usize>,
    /// Gradient by what readers see; the view's way back turns it into the one by the stored samples.
    pub gradient: Range<usize>,
    pub needs_gradient: bool,
    pub norm: Option<Norm>,
    pub is_leaky: bool,
    /// The joined value that this one is a part of, and its first block there.
    pub parent: Option<(ValueId, usize)>,
}

/// Parameters of a batch norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Norm {
    pub scale: ParameterId,
    pub shift: ParameterId,
}

impl Value {
    /// Channels in order, then dead ones up to a whole block.
    pub fn new(shape: Shape) -> Value {
        Value::with_lanes(shape, (0..shape.channels).collect(), shape.channels.div_ceil(LANES))
    }

    pub fn with_lanes(shape: Shape, lanes: Vec<usize>, blocks: usize) -> Value {
        Value {
            shape,
            lanes,
            blocks,
            samples: 0..0,
            gradient: 0..0,
            needs_gradient: false,
            norm: None,
            is_leaky: false,
            parent: None,
        }
    }

    /// Readers see the stored samples.
    pub fn is_plain(&self) -> bool {
        self.norm.is_none() && !self.is_leaky
    }

    /// Stored samples of a block.
    pub fn plane(&self) -> usize {
        self.shape.height * self.shape.width * LANES
    }

    pub fn len(&self) -> usize {
        self.blocks * self.plane()
    }
}

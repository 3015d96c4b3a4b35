//! Values of a plan: where a node's samples lie, and how those who read them see them.

use std::ops::Range;

use crate::graph::{ParameterId, Shape};

/// Index of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueId(pub usize);

/// Where something lies in the arena, in bytes; empty where it needs no memory.
pub type ArenaRange = Range<usize>;

/// Bytes of a sample, which is an f32 on every device.
pub const SAMPLE_BYTES: usize = size_of::<f32>();

/// Numbers that a norm keeps for each channel: mean, inverse deviation, factor and offset.
pub const STATISTICS: usize = 4;

/// Stored samples, blocked by channel: [blocks][height][width][channels of a block]. A norm and a leaky ReLU behind them
/// are not stored; readers apply them.
#[derive(Debug, Clone)]
pub struct Value {
    /// The shape of the node; its channels count the logical ones.
    pub shape: Shape,
    /// Physical channel of each logical one; the other physical channels are dead and hold 0.
    pub lanes: Vec<usize>,
    pub blocks: usize,
    /// Channels of a block.
    pub block: usize,
    pub samples: ArenaRange,
    /// What the norm has measured: [`STATISTICS`] numbers for each physical channel. Empty without a norm.
    pub statistics: ArenaRange,
    /// Gradient by what readers see; the view's way back turns it into the one by the stored samples.
    pub gradient: ArenaRange,
    pub needs_gradient: bool,
    pub norm: Option<NormParameters>,
    pub is_leaky: bool,
    /// The joined value that this one is a part of, and its first block there.
    pub parent: Option<(ValueId, usize)>,
}

/// Parameters of a batch norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormParameters {
    pub scale: ParameterId,
    pub shift: ParameterId,
}

impl Value {
    /// A value with its channels in order, then dead ones up to a whole block.
    pub(super) fn new(shape: Shape, block: usize) -> Value {
        Value::with_lanes(shape, (0..shape.channels).collect(), block)
    }

    /// A value whose channels lie in these lanes.
    pub(super) fn with_lanes(shape: Shape, lanes: Vec<usize>, block: usize) -> Value {
        let last = lanes.iter().max().map_or(0, |last| last + 1);
        Value {
            shape,
            blocks: last.div_ceil(block),
            lanes,
            block,
            samples: 0..0,
            statistics: 0..0,
            gradient: 0..0,
            needs_gradient: false,
            norm: None,
            is_leaky: false,
            parent: None,
        }
    }

    /// Whether readers see the stored samples as they are.
    pub fn is_plain(&self) -> bool {
        self.norm.is_none() && !self.is_leaky
    }

    /// Pixels of a channel.
    pub fn pixels(&self) -> usize {
        self.shape.height * self.shape.width
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.shape.height, self.shape.width]
    }

    /// Physical channels, dead ones among them.
    pub fn channels(&self) -> usize {
        self.blocks * self.block
    }

    /// Stored samples.
    pub fn stored(&self) -> usize {
        self.channels() * self.pixels()
    }

    /// Bytes of the stored samples.
    pub fn bytes(&self) -> usize {
        self.stored() * SAMPLE_BYTES
    }

    /// Bytes of the samples of one block.
    pub(super) fn block_bytes(&self) -> usize {
        self.pixels() * self.block * SAMPLE_BYTES
    }

    /// Bytes of what the norm measures.
    pub(super) fn statistics_bytes(&self) -> usize {
        if self.norm.is_some() { STATISTICS * self.channels() * SAMPLE_BYTES } else { 0 }
    }
}

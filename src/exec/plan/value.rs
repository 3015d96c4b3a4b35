//! The values of a plan: where the samples of a node lie, and how the steps that read them see them.

use std::ops::Range;

use crate::graph::{ParameterId, Shape};

/// The index of a value in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueId(pub usize);

/// The bytes of the arena in which something lies; empty where it needs no memory.
pub type ArenaRange = Range<usize>;

/// The bytes of a sample, which is an f32 on every device.
pub const SAMPLE_BYTES: usize = size_of::<f32>();

/// How many numbers a norm keeps for each channel: mean, inverse deviation, factor and offset.
pub const STATISTICS: usize = 4;

/// A value of the graph as a plan stores it, blocked by channel: `[blocks][height][width][channels of a block]`.
/// A norm and a leaky ReLU behind it are not stored: they are its view, which the steps that read it apply.
#[derive(Debug, Clone)]
pub struct Value {
    /// The shape of the node; its channels count the logical ones.
    pub shape: Shape,
    /// The physical channel of each logical one. The other physical channels are dead and hold 0.
    pub lanes: Vec<usize>,
    /// The number of blocks.
    pub blocks: usize,
    /// The number of channels of a block.
    pub block: usize,
    /// Where the samples lie.
    pub samples: ArenaRange,
    /// Where the norm's measurements lie: [`STATISTICS`] numbers for each physical channel. Empty without a norm.
    pub statistics: ArenaRange,
    /// Where the gradient lies: by what readers see, until the way back of the view turns it into that by the stored
    /// samples.
    pub gradient: ArenaRange,
    pub needs_gradient: bool,
    pub norm: Option<NormParameters>,
    pub is_leaky: bool,
    /// The joined value that this one is a part of, and the first block that it has there.
    pub parent: Option<(ValueId, usize)>,
}

/// The parameters of a batch norm.
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

    /// The number of pixels of a channel.
    pub fn pixels(&self) -> usize {
        self.shape.height * self.shape.width
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.shape.height, self.shape.width]
    }

    /// The number of physical channels, dead ones among them.
    pub fn channels(&self) -> usize {
        self.blocks * self.block
    }

    /// The number of stored samples.
    pub fn stored(&self) -> usize {
        self.channels() * self.pixels()
    }

    /// The bytes of the stored samples.
    pub fn bytes(&self) -> usize {
        self.stored() * SAMPLE_BYTES
    }

    /// The bytes of the samples of one block.
    pub(super) fn block_bytes(&self) -> usize {
        self.pixels() * self.block * SAMPLE_BYTES
    }

    /// The bytes of what the norm measures.
    pub(super) fn statistics_bytes(&self) -> usize {
        if self.norm.is_some() { STATISTICS * self.channels() * SAMPLE_BYTES } else { 0 }
    }
}

//! The view that readers have of a value: each channel times a factor plus an offset, which is a norm once its
//! statistics are known, and then perhaps a leaky ReLU.

use super::kernels::LANES;
use crate::exec::plan::STATISTICS;

/// The view of a whole value, by physical channel.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What the norm has measured; None without a norm.
    statistics: Option<NormStatistics<'a>>,
    /// Whether a leaky ReLU comes last.
    pub is_leaky: bool,
}

/// What a norm has measured in the stored samples, with one number for each physical channel.
#[derive(Debug, Clone, Copy)]
pub struct NormStatistics<'a> {
    pub mean: &'a [f32],
    /// 1 / sqrt(variance + epsilon).
    pub inverse: &'a [f32],
    /// The norm's scale times `inverse`.
    pub factor: &'a [f32],
    /// The norm's shift minus `mean` times `factor`.
    pub offset: &'a [f32],
}

/// The view of one block.
#[derive(Debug, Clone, Copy)]
pub struct BlockView {
    pub factor: [f32; LANES],
    pub offset: [f32; LANES],
    /// Whether a leaky ReLU comes last.
    pub is_leaky: bool,
}

impl<'a> NormStatistics<'a> {
    /// Parts what lies at a value's place for statistics into the four kinds of numbers.
    pub fn new(statistics: &'a [f32]) -> NormStatistics<'a> {
        let mut parts = statistics.chunks_exact((statistics.len() / STATISTICS).max(1));
        let mut next = || parts.next().unwrap_or_default();
        NormStatistics { mean: next(), inverse: next(), factor: next(), offset: next() }
    }
}

impl<'a> View<'a> {
    /// The view that shows samples as they are.
    pub const PLAIN: View<'static> = View { statistics: None, is_leaky: false };

    /// The view of a value, from what lies at its place for statistics, which is empty without a norm.
    pub fn new(statistics: &'a [f32], is_leaky: bool) -> View<'a> {
        View { statistics: (!statistics.is_empty()).then(|| NormStatistics::new(statistics)), is_leaky }
    }

    /// The view of the block at this index.
    pub fn of_block(&self, block: usize) -> BlockView {
        let (factor, offset) = match &self.statistics {
            Some(NormStatistics { factor, offset, .. }) => (lanes(factor, block), lanes(offset, block)),
            None => ([1.0; LANES], [0.0; LANES]),
        };
        BlockView { factor, offset, is_leaky: self.is_leaky }
    }
}

/// The numbers of the eight channels of a block.
pub fn lanes(channels: &[f32], block: usize) -> [f32; LANES] {
    std::array::from_fn(|lane| channels[block * LANES + lane])
}

//! How readers see a value: factor and offset of each channel (a norm, once its statistics are known), then perhaps a
//! leaky ReLU.

use super::kernels::LANES;
use crate::exec::plan::STATISTICS;

/// How readers see a whole value; channels are physical ones.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// None where readers see the samples as they are.
    statistics: Option<NormStatistics<'a>>,
    pub is_leaky: bool,
}

/// What a norm has measured in the stored samples, a number for each physical channel.
#[derive(Debug, Clone, Copy)]
pub struct NormStatistics<'a> {
    pub mean: &'a [f32],
    /// 1 / sqrt(variance + epsilon).
    pub inverse: &'a [f32],
    pub factor: &'a [f32],
    pub offset: &'a [f32],
}

/// How readers see one block.
#[derive(Debug, Clone, Copy)]
pub struct BlockView {
    pub factor: [f32; LANES],
    pub offset: [f32; LANES],
    pub is_leaky: bool,
}

impl<'a> NormStatistics<'a> {
    /// Those that lie at a value's place for them.
    pub fn new(statistics: &'a [f32]) -> NormStatistics<'a> {
        let mut parts = statistics.chunks_exact((statistics.len() / STATISTICS).max(1));
        let mut next = || parts.next().unwrap_or_default();
        NormStatistics { mean: next(), inverse: next(), factor: next(), offset: next() }
    }
}

impl<'a> View<'a> {
    /// Samples as they are.
    pub const PLAIN: View<'static> = View { statistics: None, is_leaky: false };

    /// The view of a value with what lies at its place for statistics, which is nothing without a norm.
    pub fn new(statistics: &'a [f32], is_leaky: bool) -> View<'a> {
        View { statistics: (!statistics.is_empty()).then(|| NormStatistics::new(statistics)), is_leaky }
    }

    /// The view of this block.
    pub fn of_block(&self, block: usize) -> BlockView {
        let (factor, offset) = match &self.statistics {
            Some(NormStatistics { factor, offset, .. }) => (lanes(factor, block), lanes(offset, block)),
            None => ([1.0; LANES], [0.0; LANES]),
        };
        BlockView { factor, offset, is_leaky: self.is_leaky }
    }
}

/// The eight numbers of a block.
pub fn lanes(channels: &[f32], block: usize) -> [f32; LANES] {
    std::array::from_fn(|lane| channels[block * LANES + lane])
}

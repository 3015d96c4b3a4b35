//! Where the transformed samples of a chunk of tiles lie.

use super::transform::POINTS;
use crate::exec::cpu::kernels::LANES;

/// The layout of the transformed samples of a chunk: `[36][blocks][tiles][8]`.
pub struct Domain {
    /// The number of blocks.
    pub blocks: usize,
    /// The step from block to block.
    pub plane: usize,
    /// The step from one of the 36 products to the next.
    pub stride: usize,
    /// Where each block begins.
    pub segments: Vec<usize>,
}

impl Domain {
    /// The layout for so many channels and tiles.
    pub fn new(channels: usize, tiles: usize) -> Domain {
        let blocks = channels / LANES;
        let plane = apart(tiles) * LANES;
        let page = 1024;
        Domain {
            blocks,
            plane,
            // Half a cache line in a page apart, so that a tile's 36 vectors do not share a cache set.
            stride: (blocks * plane).next_multiple_of(page) + 32,
            segments: (0..blocks).map(|block| block * plane).collect(),
        }
    }

    /// The number of f32s that it takes.
    pub fn len(&self) -> usize {
        POINTS * self.stride
    }
}

/// The number of tiles from plane to plane: enough for these, and not near a multiple of 4 KiB, where all planes would
/// share cache sets.
fn apart(tiles: usize) -> usize {
    const IN_PAGE: usize = 128;
    const FREE: usize = 6;
    let even = tiles.next_multiple_of(2);
    (even..).step_by(2).find(|tiles| (FREE..=IN_PAGE - FREE).contains(&(tiles % IN_PAGE))).unwrap_or(even)
}

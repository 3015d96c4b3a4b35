//! The grid of strips or tiles that a TIFF page is cut into, and where their packed bytes stand in the file.

use crate::picture::tiff::directory::Directory;
use crate::picture::tiff::tags::{
    FILL_ORDER, ROWS_PER_STRIP, STRIP_BYTES, STRIP_OFFSETS, TILE_BYTES, TILE_HEIGHT, TILE_OFFSETS, TILE_WIDTH,
};
use dipkit::pixels::Size;
use std::borrow::Cow;

/// The grid of strips or tiles of a page.
#[derive(Debug)]
pub struct ChunkGrid {
    /// The size of one chunk, in pixels.
    pub chunk: Size,
    pub across: usize,
    pub down: usize,
    offsets: Vec<u64>,
    lengths: Vec<u64>,
}

impl ChunkGrid {
    /// The grid of a page of `size`, if the page describes one.
    pub fn new(page: &Directory, size: Size) -> Option<ChunkGrid> {
        let is_tiled = page.has(TILE_WIDTH) && page.has(TILE_HEIGHT);
        // Some writers of tiles give them the tags of strips.
        let has_own = page.has(TILE_OFFSETS);
        let side = |tag, whole: usize| match page.number(tag) {
            Some(side) => usize::try_from(side).ok().filter(|side| *side > 0),
            None => Some(whole),
        };
        let (chunk, tags) = if is_tiled {
            (
                Size::new(side(TILE_WIDTH, 0)?, side(TILE_HEIGHT, 0)?),
                if has_own { (TILE_OFFSETS, TILE_BYTES) } else { (STRIP_OFFSETS, STRIP_BYTES) },
            )
        } else {
            (Size::new(size.width, side(ROWS_PER_STRIP, size.height)?.min(size.height)), (STRIP_OFFSETS, STRIP_BYTES))
        };
        let offsets = page.numbers(tags.0)?;
        // Some old writers leave the lengths out: each lasts as long as it needs.
        let lengths = page.numbers(tags.1).unwrap_or_else(|| vec![u64::MAX; offsets.len()]);
        let (across, down) = (size.width.div_ceil(chunk.width), size.height.div_ceil(chunk.height));
        Some(ChunkGrid { chunk, across, down, offsets, lengths })
    }

    /// The number of chunks that the file holds.
    pub fn count(&self) -> usize {
        self.offsets.len()
    }

    /// The packed bytes of a chunk, with the bits of each byte from the highest on.
    pub fn packed<'a>(&self, file: &'a [u8], page: &Directory, index: usize) -> Option<Cow<'a, [u8]>> {
        let packed = file.get(usize::try_from(*self.offsets.get(index)?).ok()?..)?;
        let length = self.lengths.get(index).copied().unwrap_or(u64::MAX);
        let packed = &packed[..packed.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
        Some(match page.number(FILL_ORDER) {
            Some(2) => packed.iter().map(|byte| byte.reverse_bits()).collect(),
            _ => Cow::Borrowed(packed),
        })
    }
}

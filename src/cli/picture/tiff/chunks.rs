//! The samples of a TIFF page, put together from its strips or tiles: bytes as the file has them, in rows of whole bytes.

use crate::failure::{Failure, Result};
use crate::picture::limits::Limits;
use crate::picture::tiff::directory::Directory;
use crate::picture::tiff::grid::ChunkGrid;
use crate::picture::tiff::pixel_format::StoredSamples;
use crate::picture::tiff::predictor::Predictor;
use crate::picture::tiff::unpack::{self, Packing};
use dipkit::pixels::Size;

/// Tiles reach beyond the picture, but a chunk is at most this many times as large as the picture.
const LARGEST_MARGIN: usize = 16;
/// The least number of bytes that [`LARGEST_MARGIN`] multiplies, so that tiles of tiny pictures are not refused.
const LEAST_CHUNK: usize = 1 << 20;

/// All samples of a page: planes one after the other, rows filled up to whole bytes, in the file's byte order.
///
/// # Errors
/// The page is damaged, too large, or has a predictor that is not read.
pub fn read(file: &[u8], page: &Directory, size: Size, samples: StoredSamples, limits: &Limits) -> Result<Vec<u8>> {
    let packing = unpack::packing(page).ok_or_else(damaged)?;
    let grid = ChunkGrid::new(page, size).ok_or_else(damaged)?;
    let predictor = Predictor::new(page, samples.bits)?;
    let bytes = samples.row_bytes(size.width) * size.height * samples.planes;
    unpack::check_promise(file, packing, bytes)?;
    limits.check_bytes(bytes as u64)?;
    let chunks = ChunkReader { file, page, size, samples, packing, predictor, grid };
    chunks.check()?;
    let mut joined = vec![0; bytes];
    for index in 0..chunks.count() {
        let chunk = chunks.unpacked(index, limits)?;
        chunks.place(&chunk, index, &mut joined);
    }
    Ok(joined)
}

fn damaged() -> Failure {
    Failure::wrong_input("is damaged: it holds fewer samples than it declares; get a whole copy of it")
}

/// The strips or tiles of a page, and how their bytes become samples.
struct ChunkReader<'a> {
    file: &'a [u8],
    page: &'a Directory<'a>,
    size: Size,
    samples: StoredSamples,
    packing: Packing,
    predictor: Predictor,
    grid: ChunkGrid,
}

impl ChunkReader<'_> {
    fn count(&self) -> usize {
        self.grid.across * self.grid.down * self.samples.planes
    }

    /// The bytes of a row of one chunk.
    fn chunk_row(&self) -> usize {
        self.samples.row_bytes(self.grid.chunk.width)
    }

    /// The bytes of one plane of the page.
    fn plane(&self) -> usize {
        self.samples.row_bytes(self.size.width) * self.size.height
    }

    /// The place of a chunk in the grid.
    fn place_of(&self, index: usize) -> (usize, usize) {
        (index % self.grid.across, index / self.grid.across % self.grid.down)
    }

    /// Refuses chunks that are far larger than the picture, too few, or begin inside a byte.
    fn check(&self) -> Result<()> {
        let Size { width, height } = self.grid.chunk;
        let chunk = self.chunk_row().saturating_mul(height.min(self.size.height));
        let is_huge = chunk > LARGEST_MARGIN * self.plane().max(LEAST_CHUNK);
        // By definition tiles are a multiple of 16 pixels wide, so that each begins with a byte.
        let bits = width * self.samples.channels * self.samples.bits;
        let begins_inside = self.grid.across > 1 && !bits.is_multiple_of(8);
        if is_huge || begins_inside || self.grid.count() < self.count() {
            return Err(damaged());
        }
        Ok(())
    }

    /// The samples of a chunk, without the rows beyond the picture.
    fn unpacked(&self, index: usize, limits: &Limits) -> Result<Vec<u8>> {
        let (_, y) = self.place_of(index);
        let rows = (self.size.height - y * self.grid.chunk.height).min(self.grid.chunk.height);
        let packed = self.grid.packed(self.file, self.page, index).ok_or_else(damaged)?;
        let row = self.chunk_row();
        let chunk = if self.packing == Packing::Jpeg {
            Some(unpack::jpeg_chunk(&packed, self.page, row, self.samples, limits)?)
        } else {
            unpack::unpacked(&packed, self.packing, row * rows)
        };
        let mut chunk = chunk.filter(|chunk| chunk.len() >= row * rows).ok_or_else(damaged)?;
        chunk.truncate(row * rows);
        for line in chunk.chunks_exact_mut(row) {
            self.predictor.undo(line, self.samples, self.page.order);
        }
        Ok(chunk)
    }

    /// Copies a chunk to where it belongs among all samples, without the columns beyond the picture.
    fn place(&self, chunk: &[u8], index: usize, joined: &mut [u8]) {
        let (x, y) = self.place_of(index);
        let row = self.samples.row_bytes(self.size.width);
        let plane = index / (self.grid.across * self.grid.down);
        let start = plane * self.plane() + y * self.grid.chunk.height * row;
        let left = self.samples.row_bytes(x * self.grid.chunk.width);
        let length = self.chunk_row().min(row - left);
        for (line, place) in chunk.chunks_exact(self.chunk_row()).zip(joined[start..].chunks_exact_mut(row)) {
            place[left..left + length].copy_from_slice(&line[..length]);
        }
    }
}

//! A TIFF page's strips or tiles, unpacked: bytes of samples as the file has them, in rows of whole bytes. What is
//! packed as fax is left to the library.

use crate::failure::{Failure, Result};
use crate::picture::jpeg::{self, ColourSpace, MOST_PIXELS_PER_BYTE};
use crate::picture::limits::Limits;
use crate::picture::tiff::directory::Directory;
use dipkit::pixels::Size;
use flate2::read::ZlibDecoder;
use std::borrow::Cow;
use std::io::Read;
use weezl::BitOrder;
use weezl::decode::Decoder;

const COMPRESSION: u16 = 259;
pub const STRIP_OFFSETS: u16 = 273;
const ROWS_PER_STRIP: u16 = 278;
pub const STRIP_BYTES: u16 = 279;
const PREDICTOR: u16 = 317;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;
pub const FILL_ORDER: u16 = 266;
const PHOTOMETRIC: u16 = 262;
const JPEG_TABLES: u16 = 347;
/// Of [`PHOTOMETRIC`]: brightness and colour differences.
const DIFFERENCES: u64 = 6;

/// Tiles are filled up beyond the picture, but not to so many times its size, or to this where it is tiny.
const LARGEST_MARGIN: usize = 16;
const LEAST_CHUNK: usize = 1 << 20;

/// How a page's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Lzw,
    Deflate,
    PackBits,
    Jpeg,
}

/// How samples follow from those before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Predictor {
    None,
    Difference,
    Float,
}

/// What a row of samples is made of.
#[derive(Debug, Clone, Copy)]
pub struct StoredSamples {
    pub bits: usize,
    /// In one plane of the file.
    pub channels: usize,
    pub planes: usize,
}

impl StoredSamples {
    /// Bytes of a row of so many pixels, of one plane.
    pub fn row_bytes(self, width: usize) -> usize {
        (width * self.channels * self.bits).div_ceil(8)
    }
}

/// Whether a page is packed in a way that is unpacked here.
pub fn is_known(page: &Directory) -> bool {
    packing(page).is_some()
}

fn packing(page: &Directory) -> Option<Packing> {
    match page.number(COMPRESSION).unwrap_or(1) {
        1 => Some(Packing::None),
        5 => Some(Packing::Lzw),
        7 => Some(Packing::Jpeg),
        8 | 32946 => Some(Packing::Deflate),
        32773 => Some(Packing::PackBits),
        _ => None,
    }
}

/// A grid of strips or tiles.
struct ChunkGrid {
    /// Of one chunk.
    size: Size,
    across: usize,
    down: usize,
    offsets: Vec<u64>,
    lengths: Vec<u64>,
}

impl ChunkGrid {
    fn new(page: &Directory, size: Size) -> Option<ChunkGrid> {
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
        Some(ChunkGrid { size: chunk, across, down, offsets, lengths })
    }

    /// A chunk's bytes, each from its highest bit on.
    fn packed<'a>(&self, file: &'a [u8], page: &Directory, index: usize) -> Option<Cow<'a, [u8]>> {
        let packed = file.get(usize::try_from(*self.offsets.get(index)?).ok()?..)?;
        let length = self.lengths.get(index).copied().unwrap_or(u64::MAX);
        let packed = &packed[..packed.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
        Some(match page.number(FILL_ORDER) {
            Some(2) => packed.iter().map(|byte| byte.reverse_bits()).collect(),
            _ => Cow::Borrowed(packed),
        })
    }
}

fn predictor(page: &Directory, bits: usize) -> Result<Predictor> {
    match page.number(PREDICTOR).unwrap_or(1) {
        1 => Ok(Predictor::None),
        2 if matches!(bits, 8 | 16 | 32 | 64) => Ok(Predictor::Difference),
        3 if matches!(bits, 16 | 32 | 64) => Ok(Predictor::Float),
        other => {
            let text = format!("is a TIFF with predictor {other} for {bits} bits, which is not read: save it without");
            Err(Failure::wrong_input(text))
        }
    }
}

/// All samples of a page: planes one after the other, rows filled up to whole bytes, in the file's byte order.
///
/// # Errors
/// A sentence about what is damaged or not read.
pub fn read(file: &[u8], page: &Directory, size: Size, samples: StoredSamples, limits: &Limits) -> Result<Vec<u8>> {
    let damaged = || Failure::wrong_input("is damaged: it holds fewer samples than it says; get a whole copy of it");
    let (Some(packing), Some(grid)) = (packing(page), ChunkGrid::new(page, size)) else { return Err(damaged()) };
    let predictor = predictor(page, samples.bits)?;
    let chunk_row = samples.row_bytes(grid.size.width);
    let (row, plane) = (samples.row_bytes(size.width), samples.row_bytes(size.width) * size.height);
    check_promise(file, packing, plane * samples.planes)?;
    limits.check_bytes((plane * samples.planes) as u64)?;
    let is_huge = chunk_row.saturating_mul(grid.size.height.min(size.height)) > LARGEST_MARGIN * plane.max(LEAST_CHUNK);
    // By definition tiles are a multiple of 16 pixels wide, so that each begins with a byte.
    let begins_inside = grid.across > 1 && !(grid.size.width * samples.channels * samples.bits).is_multiple_of(8);
    if is_huge || begins_inside || grid.offsets.len() < grid.across * grid.down * samples.planes {
        return Err(damaged());
    }
    let mut out = vec![0; plane * samples.planes];
    for index in 0..grid.across * grid.down * samples.planes {
        let (x, y) = (index % grid.across, index / grid.across % grid.down);
        let rows = (size.height - y * grid.size.height).min(grid.size.height);
        let packed = grid.packed(file, page, index).ok_or_else(damaged)?;
        let chunk = if packing == Packing::Jpeg {
            Some(jpeg_chunk(&packed, page, chunk_row, samples, limits)?)
        } else {
            unpacked(&packed, packing, chunk_row * rows)
        };
        // A JPEG may have rows beyond the picture.
        let mut chunk = chunk.filter(|chunk| chunk.len() >= chunk_row * rows).ok_or_else(damaged)?;
        chunk.truncate(chunk_row * rows);
        for line in chunk.chunks_exact_mut(chunk_row) {
            undo(line, predictor, samples, page.order.is_little_endian);
        }
        let start = index / (grid.across * grid.down) * plane + y * grid.size.height * row;
        let left = samples.row_bytes(x * grid.size.width);
        for (line, place) in chunk.chunks_exact(chunk_row).zip(out[start..].chunks_exact_mut(row)) {
            let length = chunk_row.min(row - left);
            place[left..left + length].copy_from_slice(&line[..length]);
        }
    }
    Ok(out)
}

/// Unpacked bytes that a packed one can hold at most, by the packings' definitions: deflate's 258 for two bits, LZW's
/// longest string for 12, a run of 128 for two bytes.
fn check_promise(file: &[u8], packing: Packing, bytes: usize) -> Result<()> {
    let most = match packing {
        Packing::None => 1,
        Packing::PackBits => 64,
        Packing::Deflate => 1032,
        Packing::Lzw => 2731,
        Packing::Jpeg => MOST_PIXELS_PER_BYTE as usize * 3,
    };
    if bytes / most > file.len() {
        return Err(Failure::wrong_input(
            "is damaged: it declares more samples than it can hold; get a whole copy of it",
        ));
    }
    Ok(())
}

/// The samples of a chunk that is a JPEG, whose tables may stand in the page.
fn jpeg_chunk(packed: &[u8], page: &Directory, row: usize, samples: StoredSamples, limits: &Limits) -> Result<Vec<u8>> {
    // Both begin with a start mark, and the tables end with an end mark.
    let tables = page.bytes(JPEG_TABLES).and_then(|tables| tables.get(..tables.len().checked_sub(2)?));
    let joined = [tables.unwrap_or(&packed[..packed.len().min(2)]), packed.get(2..).unwrap_or_default()].concat();
    let space = if page.number(PHOTOMETRIC) == Some(DIFFERENCES) { ColourSpace::YCbCr } else { ColourSpace::Rgb };
    let raster = jpeg::read_part(&joined, space, limits)?;
    let is_fitting = raster.layout.channels == samples.channels && raster.size().width * samples.channels == row;
    if !is_fitting {
        return Err(Failure::wrong_input(
            "is damaged: a part of it has another size than it says; get a whole copy of it",
        ));
    }
    Ok(raster.bytes)
}

/// `bytes` of a chunk, fewer where it ends before.
fn unpacked(packed: &[u8], packing: Packing, bytes: usize) -> Option<Vec<u8>> {
    match packing {
        // JPEGs are unpacked by themselves.
        Packing::None | Packing::Jpeg => packed.get(..bytes).map(<[u8]>::to_vec),
        Packing::PackBits => pack_bits(packed, bytes),
        Packing::Deflate => {
            let mut out = Vec::new();
            // What stands behind a damaged place is lost, and found to be missing.
            let _ = ZlibDecoder::new(packed).take(bytes as u64).read_to_end(&mut out);
            Some(out)
        }
        Packing::Lzw => {
            // Before TIFF 5 codes were written from the lowest bit on, and grew one code later, as in GIF. The first
            // code, 256, tells them apart.
            let is_old = packed.starts_with(&[0]) && packed.get(1).is_some_and(|byte| byte & 1 == 1);
            let mut decoder =
                if is_old { Decoder::new(BitOrder::Lsb, 8) } else { Decoder::with_tiff_size_switch(BitOrder::Msb, 8) };
            let mut out = vec![0; bytes];
            let (mut read, mut written) = (0, 0);
            while written < bytes {
                let result = decoder.decode_bytes(&packed[read..], &mut out[written..]);
                read += result.consumed_in;
                written += result.consumed_out;
                match result.status {
                    Ok(weezl::LzwStatus::Ok) if result.consumed_in + result.consumed_out > 0 => {}
                    _ => break,
                }
            }
            out.truncate(written);
            Some(out)
        }
    }
}

/// TIFF 6.0, section 9.
fn pack_bits(mut packed: &[u8], bytes: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    while out.len() < bytes {
        let (&head, rest) = packed.split_first()?;
        let length = i32::from(head as i8);
        packed = match length {
            0.. => {
                let (literal, rest) = rest.split_at_checked(length as usize + 1)?;
                out.extend_from_slice(literal);
                rest
            }
            -128 => rest,
            _ => {
                let (&byte, rest) = rest.split_first()?;
                out.resize(out.len() + (1 - length) as usize, byte);
                rest
            }
        };
    }
    out.truncate(bytes);
    Some(out)
}

/// Makes samples of a row's differences.
fn undo(row: &mut [u8], predictor: Predictor, samples: StoredSamples, is_little_endian: bool) {
    let bytes = samples.bits / 8;
    match (predictor, bytes) {
        (Predictor::None, _) => {}
        (Predictor::Difference, 1) => {
            (samples.channels..row.len()).for_each(|i| row[i] = row[i].wrapping_add(row[i - samples.channels]))
        }
        (Predictor::Difference, _) => {
            let number = |bytes: &[u8]| {
                let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
                if is_little_endian { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
            };
            for i in samples.channels..row.len() / bytes {
                let before = number(&row[(i - samples.channels) * bytes..][..bytes]);
                let sum = before.wrapping_add(number(&row[i * bytes..][..bytes]));
                let place = &mut row[i * bytes..][..bytes];
                if is_little_endian {
                    place.copy_from_slice(&sum.to_le_bytes()[..bytes]);
                } else {
                    place.copy_from_slice(&sum.to_be_bytes()[8 - bytes..]);
                }
            }
        }
        // Adobe Photoshop TIFF Technical Note 3: differences of bytes, all highest ones first.
        (Predictor::Float, _) => {
            (samples.channels..row.len()).for_each(|i| row[i] = row[i].wrapping_add(row[i - samples.channels]));
            let count = row.len() / bytes;
            let apart = row.to_vec();
            for (i, sample) in row.chunks_exact_mut(bytes).enumerate() {
                for (byte, place) in sample.iter_mut().enumerate() {
                    let from = if is_little_endian { bytes - 1 - byte } else { byte };
                    *place = apart[from * count + i];
                }
            }
        }
    }
}

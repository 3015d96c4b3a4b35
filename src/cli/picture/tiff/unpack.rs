//! Unpacking the strips and tiles of a TIFF page: LZW, deflate, PackBits and JPEG. Fax is left to the library.

use crate::failure::{Failure, Result};
use crate::picture::jpeg::{self, ColourSpace, MOST_PIXELS_PER_BYTE};
use crate::picture::limits::Limits;
use crate::picture::tiff::directory::Directory;
use crate::picture::tiff::pixel_format::StoredSamples;
use crate::picture::tiff::tags::{COMPRESSION, JPEG_TABLES, PHOTOMETRIC};
use flate2::read::ZlibDecoder;
use std::io::Read;
use weezl::BitOrder;
use weezl::decode::Decoder;

/// The value of [`PHOTOMETRIC`] for brightness and colour differences.
const YCBCR: u64 = 6;

/// How a page's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    None,
    Lzw,
    Deflate,
    PackBits,
    Jpeg,
}

/// Whether a page's packing is one that is unpacked here.
pub fn is_known(page: &Directory) -> bool {
    packing(page).is_some()
}

/// The packing of a page, if it is one that is unpacked here.
pub fn packing(page: &Directory) -> Option<Packing> {
    match page.number(COMPRESSION).unwrap_or(1) {
        1 => Some(Packing::None),
        5 => Some(Packing::Lzw),
        7 => Some(Packing::Jpeg),
        8 | 32946 => Some(Packing::Deflate),
        32773 => Some(Packing::PackBits),
        _ => None,
    }
}

/// Refuses a page that declares more bytes than the file can hold. The most bytes that a packed byte can stand for follow
/// from the packings' definitions: deflate has 258 bytes in two bits, LZW its longest string in 12, PackBits a run of 128
/// in two bytes.
///
/// # Errors
/// It declares more.
pub fn check_promise(file: &[u8], packing: Packing, bytes: usize) -> Result<()> {
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

/// The samples of a chunk that is a JPEG, whose tables may stand in the page's directory.
///
/// # Errors
/// The JPEG is damaged, or of another size than the chunk.
pub fn jpeg_chunk(
    packed: &[u8],
    page: &Directory,
    row: usize,
    samples: StoredSamples,
    limits: &Limits,
) -> Result<Vec<u8>> {
    // Both begin with a start mark, and the tables end with an end mark.
    let tables = page.bytes(JPEG_TABLES).and_then(|tables| tables.get(..tables.len().checked_sub(2)?));
    let joined = [tables.unwrap_or(&packed[..packed.len().min(2)]), packed.get(2..).unwrap_or_default()].concat();
    let space = if page.number(PHOTOMETRIC) == Some(YCBCR) { ColourSpace::YCbCr } else { ColourSpace::Rgb };
    let raster = jpeg::read_part(&joined, space, limits)?;
    let is_fitting = raster.layout.channels == samples.channels && raster.size().width * samples.channels == row;
    if !is_fitting {
        return Err(Failure::wrong_input(
            "is damaged: a part of it has a different size than it declares; get a whole copy of it",
        ));
    }
    Ok(raster.bytes)
}

/// The first `bytes` bytes of an unpacked chunk, or fewer if it ends before.
pub fn unpacked(packed: &[u8], packing: Packing, bytes: usize) -> Option<Vec<u8>> {
    match packing {
        // JPEGs are unpacked by `jpeg_chunk`.
        Packing::None | Packing::Jpeg => packed.get(..bytes).map(<[u8]>::to_vec),
        Packing::PackBits => pack_bits(packed, bytes),
        Packing::Deflate => {
            let mut out = Vec::new();
            // What stands behind a damaged place is lost, and found to be missing.
            let _ = ZlibDecoder::new(packed).take(bytes as u64).read_to_end(&mut out);
            Some(out)
        }
        Packing::Lzw => Some(lzw(packed, bytes)),
    }
}

fn lzw(packed: &[u8], bytes: usize) -> Vec<u8> {
    // Before TIFF 5 codes were written from the lowest bit on, and grew one code later, as in GIF. The first code, 256,
    // tells them apart.
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
    out
}

/// Unpacks runs of bytes (TIFF 6.0, section 9).
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

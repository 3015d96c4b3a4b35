//! Pages that the crate `tiff` unpacks: those in packings that are not read here, fax above all.

use crate::failure::{Failure, Result};
use crate::picture::limits::Limits;
use crate::picture::tiff::directory::Directory;
use crate::picture::tiff::tags::{FILL_ORDER, STRIP_BYTES, STRIP_OFFSETS};
use ::tiff::decoder::{Decoder, DecodingResult};
use std::io::Cursor;

/// The samples of one page, in native byte order and one plane.
///
/// # Errors
/// The page is damaged, too large, or of a kind that is not read.
pub fn read(file: &[u8], index: usize, limits: &Limits) -> Result<Vec<u8>> {
    let straight = straightened(file, index);
    let file = straight.as_deref().unwrap_or(file);
    let mut decoder = Decoder::new(Cursor::new(file)).map_err(refuse)?.with_limits(limits.tiff());
    decoder.seek_to_image(index).map_err(refuse)?;
    let mut samples = DecodingResult::U8(Vec::new());
    let buffer = decoder.read_image_to_buffer(&mut samples).map_err(refuse)?;
    let bytes = samples.as_buffer(0).as_bytes().to_vec();
    if bytes.len() < buffer.complete_len {
        return Err(Failure::wrong_input("needs more memory to decode than --memory-limit allows"));
    }
    if buffer.planes > 1 {
        return Err(Failure::wrong_input(
            "stores its channels separately, as JPEGs: save it without compression first",
        ));
    }
    Ok(bytes)
}

/// The file with the bits of one page's bytes in the order that the library takes, where they are stored reversed.
fn straightened(file: &[u8], index: usize) -> Option<Vec<u8>> {
    let all = Directory::all(file);
    let page = all.get(index).filter(|page| page.number(FILL_ORDER) == Some(2))?;
    let mut straight = file.to_vec();
    for (offset, length) in page.numbers(STRIP_OFFSETS)?.into_iter().zip(page.numbers(STRIP_BYTES)?) {
        let end = offset.checked_add(length)?;
        straight.get_mut(offset as usize..end as usize)?.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    }
    Some(straight)
}

/// A failure in our own words instead of the library's.
fn refuse(error: ::tiff::TiffError) -> Failure {
    match error {
        ::tiff::TiffError::UnsupportedError(_) => Failure::wrong_input(
            "is a kind of TIFF that is not read: save it as 8- or 16-bit RGB without compression first",
        ),
        ::tiff::TiffError::LimitsExceeded => {
            Failure::wrong_input("needs more memory to decode than is allowed; --memory-limit raises that")
        }
        _ => Failure::wrong_input("is damaged: get a whole copy of it"),
    }
}

//! JPEG in: sequential and progressive, in 8 bits, with all subsamplings and orders of scans. Damage neither ends the
//! picture nor passes in silence: reading goes on where libjpeg's would, and what was lost is counted.

mod bits;
mod blocks;
mod colour;
mod damage;
mod decoder;
mod default_tables;
mod failures;
mod frame;
mod scan;
mod scan_header;
pub mod segments;
mod tables;

use crate::failure::{Failure, Result};
use crate::picture::decoded::Decoded;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::metadata::Metadata;
use crate::picture::raster::Raster;
pub use colour::ColourSpace;
use decoder::JpegDecoder;
pub use frame::MOST_PIXELS_PER_BYTE;

/// Decodes a file.
///
/// # Errors
/// The file is of a kind that is not read, is cut off, or nothing of its picture is left.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let mut decoder = JpegDecoder::new(bytes, limits);
    let (frame, damage) = decoder.read_whole()?;
    let raster = decoder.raster(&frame, decoder.segments.colour_space(&frame.components));
    let segments = &mut decoder.segments;
    let mut metadata = Metadata::new(Format::Jpeg, bytes, segments.icc(), segments.exif.take());
    metadata.xmp = segments.xmp.take();
    Ok(Decoded {
        is_lossy: true,
        damage: damage.sentence(),
        warnings: segments.warnings(),
        ..Decoded::sound(raster, Format::Jpeg, metadata)
    })
}

/// Decodes a strip or tile of a TIFF, which says what its components are.
///
/// # Errors
/// The same as those of [`read`], and any damage.
pub fn read_part(bytes: &[u8], space: ColourSpace, limits: &Limits) -> Result<Raster> {
    let mut decoder = JpegDecoder::new(bytes, limits);
    let (frame, damage) = decoder.read_whole()?;
    if damage.sentence().is_some() {
        return Err(Failure::wrong_input("is damaged: parts of it cannot be read; get a whole copy of it"));
    }
    Ok(decoder.raster(&frame, space))
}

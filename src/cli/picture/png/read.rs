//! PNG in: the library decodes the samples, and the chunks beside them become metadata.

use crate::failure::Result;
use crate::picture::decoded::Decoded;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::metadata::Metadata;
use crate::picture::metadata::exif_fields::{density, without_header};
use crate::picture::png::chunks::PngChunks;
use crate::picture::{decoded, library};

/// Decodes a file.
///
/// # Errors
/// The picture is too large, damaged, or of a kind that is not read.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let chunks = PngChunks::new(bytes, limits)?;
    let mut decoded = library::read(&chunks.picture, Format::Png, limits)?;
    decoded.metadata = metadata(&chunks);
    decoded.warnings = chunks.warnings;
    decoded.warnings.extend(chunks.is_animated.then(decoded::animation));
    Ok(decoded)
}

fn metadata(chunks: &PngChunks) -> Metadata {
    let exif = chunks.exif.clone().map(without_header);
    Metadata {
        density: chunks.density.or_else(|| exif.as_deref().and_then(density)),
        icc: chunks.icc.clone(),
        exif,
        xmp: chunks.xmp.clone(),
        // A profile takes the place of the mark for sRGB.
        png_colour: chunks.colour.iter().filter(|c| chunks.icc.is_none() || c.kind() != *b"sRGB").cloned().collect(),
        png_text: chunks.text.clone(),
        ..Metadata::default()
    }
}

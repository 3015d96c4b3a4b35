//! Decoding a picture file: its format's reader, and then what is the same for all formats.

use crate::failure::Result;
use crate::picture::decoded::Decoded;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::{exr, jpeg, library, png, tiff, webp};
use std::path::Path;

/// Decodes a file, whatever its name says, and turns it upright. Only the extension of `path` is used: some camera raw
/// files can be told by nothing else.
///
/// # Errors
/// The file is not a picture, is damaged or too large, or is of a kind that is not read. The message does not name the
/// file.
pub fn decode(bytes: &[u8], path: &Path, limits: &Limits) -> Result<Decoded> {
    let mut decoded = decode_page(bytes, path, limits, 0)?;
    if decoded.pages > 1 {
        decoded.warnings.push(format!("has {} pages; only the first is used", decoded.pages));
    }
    Ok(decoded)
}

/// Decodes one of a file's pages; the first is page 0.
///
/// # Errors
/// The same as those of [`decode`].
pub fn decode_page(bytes: &[u8], path: &Path, limits: &Limits, page: usize) -> Result<Decoded> {
    let format = Format::from_content(bytes, path)?;
    let mut decoded = match format {
        Format::Tiff => tiff::read::read(bytes, limits, page)?,
        Format::Jpeg => jpeg::read(bytes, limits)?,
        Format::Exr => exr::read::read(bytes, limits)?,
        Format::Png => png::read::read(bytes, limits)?,
        Format::WebP => webp::read(bytes, limits)?,
        Format::Bmp | Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam => library::read(bytes, format, limits)?,
    };
    warn_of_name(&mut decoded, path);
    drop_damaged_profile(&mut decoded);
    Ok(upright(decoded))
}

fn warn_of_name(decoded: &mut Decoded, path: &Path) {
    let claimed = Format::from_extension(path);
    if claimed.is_some_and(|claimed| !is_same_family(claimed, decoded.format)) {
        decoded.warnings.push(format!("is a {} despite its name", decoded.format.name()));
    }
}

fn is_same_family(a: Format, b: Format) -> bool {
    let is_netpbm = |format| matches!(format, Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam);
    a == b || is_netpbm(a) && is_netpbm(b)
}

fn drop_damaged_profile(decoded: &mut Decoded) {
    if !decoded.metadata.has_sound_profile() {
        decoded.metadata.icc = None;
        decoded.warnings.push("has a colour profile that is damaged; it is dropped".into());
    }
}

fn upright(mut decoded: Decoded) -> Decoded {
    let orientation = decoded.metadata.take_orientation();
    decoded.metadata.turn(orientation);
    let stored_size = decoded.raster.size();
    Decoded { raster: decoded.raster.upright(orientation), stored_size, orientation, ..decoded }
}

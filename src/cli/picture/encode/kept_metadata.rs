//! What each format can hold of a picture's metadata.

use crate::picture::exr;
use crate::picture::format::Format;
use crate::picture::jpeg::segments::{LARGEST_EXIF, LARGEST_XMP};
use crate::picture::metadata::density::Unit;
use crate::picture::metadata::{Metadata, exif_fields};
use dipkit::pixels::Layout;

/// The metadata that goes into a file of the format. What is lost is said in one warning.
pub fn kept(format: Format, layout: &Layout, metadata: &Metadata, warnings: &mut Vec<String>) -> Metadata {
    let mut kept = metadata.clone();
    let mut lost = Vec::new();
    lost.extend(drop_profile(format, layout, &mut kept));
    if format != Format::Png && kept.is_not_srgb() {
        lost.push("colour space");
    }
    if format != Format::Exr && kept.exr.as_ref().is_some_and(|exr| exr.is_unusual()) {
        lost.push("colour primaries");
    }
    if format == Format::Exr && kept.exr.take_if(|given| !exr::write::can_hold(layout.size, given)).is_some() {
        warnings.push("the picture's EXR attributes may not be in a file: they are dropped".into());
    }
    lost.extend(drop_xmp(format, &mut kept, warnings));
    if format != Format::Png && !kept.png_text.is_empty() {
        lost.push("comments");
    }
    kept.hold_scale(format, layout, warnings);
    lost.extend(drop_exif(format, &mut kept));
    lost.extend(damaged_exif(format, &kept));
    lost.extend(drop_density(format, &mut kept));
    if !lost.is_empty() {
        warnings.push(format!("{} does not hold the picture's {}: dropped", format.name(), lost.join(" and ")));
    }
    kept
}

fn holds_blocks(format: Format) -> bool {
    matches!(format, Format::Png | Format::Jpeg | Format::Tiff | Format::WebP)
}

/// Drops the colour profile where the format does not hold it, and names what is lost. The functions below do the same
/// for other kinds of metadata.
fn drop_profile(format: Format, layout: &Layout, kept: &mut Metadata) -> Option<&'static str> {
    // WebP turns grey into RGB, for which a grey profile is wrong.
    let colours = if format == Format::WebP { 3 } else { layout.colours() };
    let is_held = holds_blocks(format) && kept.icc_fits(colours);
    kept.icc.take_if(|_| !is_held).map(|_| "colour profile")
}

fn drop_xmp(format: Format, kept: &mut Metadata, warnings: &mut Vec<String>) -> Option<&'static str> {
    let is_too_long = format == Format::Jpeg && kept.xmp.as_ref().is_some_and(|xmp| xmp.len() > LARGEST_XMP);
    if !holds_blocks(format) || is_too_long {
        return kept.xmp.take().map(|_| "XMP");
    }
    if kept.xmp.take_if(|xmp| shows_thumbnail(xmp)).is_some() {
        warnings.push("the XMP holds a small copy of the unrestored picture: it is dropped".into());
    }
    None
}

fn shows_thumbnail(xmp: &[u8]) -> bool {
    const NAME: &[u8] = b"xmpGImg:image";
    xmp.windows(NAME.len()).any(|window| window == NAME)
}

fn drop_exif(format: Format, kept: &mut Metadata) -> Option<&'static str> {
    let is_too_long = format == Format::Jpeg && kept.exif.as_ref().is_some_and(|exif| exif.len() > LARGEST_EXIF);
    kept.exif.take_if(|_| !holds_blocks(format) || is_too_long).map(|_| "EXIF")
}

/// What TIFF loses of a damaged block. The other formats hold it as a block, whatever is in it.
fn damaged_exif(format: Format, kept: &Metadata) -> Option<&'static str> {
    let block = kept.exif.as_ref().filter(|_| format == Format::Tiff)?;
    match exif_fields::fields(block.clone()) {
        Some((_, false)) => None,
        Some((_, true)) => Some("damaged EXIF fields"),
        None => Some("damaged EXIF"),
    }
}

fn drop_density(format: Format, kept: &mut Metadata) -> Option<&'static str> {
    let density = kept.density?;
    let holds = match format {
        Format::Png | Format::Jpeg | Format::Tiff => true,
        Format::Bmp => density.unit == Unit::Inch,
        // It is in the attributes of the EXR that the picture came from.
        Format::Exr => kept.exr.is_some(),
        Format::WebP | Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam => false,
    };
    if holds {
        return None;
    }
    kept.density = None;
    match density.unit {
        Unit::None => Some("ratio of pixels' sides"),
        // EXIF holds the resolution, too.
        Unit::Inch if kept.exif.is_none() => Some("resolution"),
        Unit::Inch => None,
    }
}

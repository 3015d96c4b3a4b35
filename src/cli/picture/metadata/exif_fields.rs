//! EXIF as a block of bytes: its fields, and the resolution among them.

use crate::picture::metadata::density::{CENTIMETRES_PER_INCH, Density, positive};
use exif::{Exif, In, Tag, Value};

/// The block without the header of JPEG, which some writers of PNG and WebP files repeat.
pub fn without_header(exif: Vec<u8>) -> Vec<u8> {
    match exif.strip_prefix(b"Exif\0\0") {
        Some(rest) => rest.to_vec(),
        None => exif,
    }
}

/// The fields of an EXIF block, and whether damaged ones among them were left out. `None` if nothing can be read.
pub fn fields(block: Vec<u8>) -> Option<(Exif, bool)> {
    let mut is_damaged = false;
    let read = exif::Reader::new().continue_on_error(true).read_raw(block);
    let read = read.or_else(|error| error.distill_partial_result(|_| is_damaged = true)).ok()?;
    Some((read, is_damaged))
}

/// The resolution that an EXIF block states.
pub fn density(exif: &[u8]) -> Option<Density> {
    let (exif, _) = fields(exif.to_vec())?;
    let number = |tag| match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(ratios) => ratios.first().map(|ratio| ratio.to_f64()),
        _ => None,
    };
    let unit = exif.get_field(Tag::ResolutionUnit, In::PRIMARY).and_then(|field| field.value.get_uint(0));
    let scale = match unit {
        // The inch is the default.
        None | Some(2) => 1.0,
        Some(3) => CENTIMETRES_PER_INCH,
        Some(_) => return None,
    };
    positive(number(Tag::XResolution)? * scale, number(Tag::YResolution)? * scale)
}

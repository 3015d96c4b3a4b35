//! What each format can hold of a picture: its size, its depth and its channels.

use crate::failure::{Failure, Result};
use crate::picture::format::Format;
use dipkit::pixels::{Layout, Sample, Size};

/// Refuses a result that is larger than the format can say.
///
/// # Errors
/// A side is too long.
pub fn check_size(format: Format, size: Size) -> Result<()> {
    let largest = largest_side(format);
    if size.width.max(size.height) <= largest {
        return Ok(());
    }
    let name = format.name();
    Err(Failure::wrong_input(format!(
        "the result is {size}, and a {name} holds at most {largest} a side: write a TIFF or PNG"
    )))
}

/// The longest side by the format's definition.
fn largest_side(format: Format) -> usize {
    match format {
        Format::Jpeg => 65_535,
        Format::WebP => 16_383,
        _ => usize::MAX,
    }
}

/// The depth in which the format holds samples of the given depth.
pub fn sample(format: Format, given: Sample, warnings: &mut Vec<String>) -> Sample {
    let is_float = matches!(given, Sample::F16 | Sample::F32);
    let holds = match format {
        Format::Exr => Sample::F32,
        Format::Tiff if is_float => Sample::F32,
        Format::Tiff => given,
        Format::Jpeg | Format::WebP | Format::Bmp => Sample::U8,
        Format::Png | Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam if is_float => Sample::U16,
        Format::Png | Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam => given,
    };
    let name = format.name();
    if is_float && holds != Sample::F32 {
        let bits = 8 * holds.bytes();
        warnings.push(format!(
            "{name} holds no floating point: written with {bits} bits, values outside 0 to 1 are clipped"
        ));
    } else if holds.bytes() < given.bytes() {
        warnings.push(format!("{name} holds 8 bits a sample: the picture's 16 are rounded"));
    }
    holds
}

/// The number of channels in which the format holds a picture of this layout.
///
/// # Errors
/// The format has no colour.
pub fn channels(format: Format, layout: &Layout, warnings: &mut Vec<String>) -> Result<usize> {
    let name = format.name();
    let colours = match format {
        Format::Pgm if layout.colours() == 3 => {
            return Err(Failure::wrong_input("a .pgm file holds grey only and the picture has colour: write a .ppm"));
        }
        // PPM has no grey.
        Format::Ppm => 3,
        _ => layout.colours(),
    };
    let holds_alpha = match format {
        Format::Jpeg | Format::Pgm | Format::Ppm | Format::Pnm => false,
        Format::Png | Format::Tiff | Format::Exr | Format::WebP | Format::Bmp | Format::Pam => true,
    };
    if layout.has_alpha() && !holds_alpha {
        warnings.push(format!("{name} holds no transparency: it is dropped"));
    }
    // BMP has alpha with colour only.
    let colours = if format == Format::Bmp && layout.has_alpha() { 3 } else { colours };
    Ok(colours + usize::from(layout.has_alpha() && holds_alpha))
}

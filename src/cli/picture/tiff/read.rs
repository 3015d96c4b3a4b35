//! TIFF in, a page at a time: samples of 1 to 16 bits and floating point, grey, RGB or a palette, with or without
//! alpha. TIFF's many ways to say the same end here.

use crate::failure::{Failure, Result};
use crate::picture::decoded::Decoded;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::range::NumberRange;
use crate::picture::raster::Raster;
use crate::picture::tiff::directory::{Directory, Order};
use crate::picture::tiff::pages::{pages, refuse_raw};
use crate::picture::tiff::pixel_format::{Colour, NumberFormat, PixelFormat, StoredSamples};
use crate::picture::tiff::samples::{UnpackedPage, colours};
use crate::picture::tiff::tags::{HEIGHT, WIDTH};
use crate::picture::tiff::{chunks, library, metadata, unpack};
use dipkit::pixels::{Layout, Sample, Size};

/// Decodes one of the file's [`pages`].
///
/// # Errors
/// The page is damaged, too large, or of a kind that is not read.
pub fn read(bytes: &[u8], limits: &Limits, page: usize) -> Result<Decoded> {
    let (all, pictures) = (Directory::all(bytes), pages(bytes));
    let no_picture = || Failure::wrong_input("is damaged: no picture can be found in it; get a whole copy of it");
    let &index = pictures.get(page).ok_or_else(no_picture)?;
    let directory = &all[index];
    refuse_raw(directory)?;
    let size = size(directory, limits)?;
    let format = PixelFormat::new(directory)?;
    let raster = raster(unpacked(bytes, &all, index, size, format, limits)?, directory, format)?;
    let mut warnings = warnings(format);
    if pictures.len() < all.len() && page == 0 {
        warnings.push("has smaller copies or masks beside its pictures; they are dropped".into());
    }
    let mut metadata = metadata::read(directory, bytes, index, &mut warnings);
    metadata.signed_bits = (format.numbers == NumberFormat::Signed).then_some(format.bits as u32);
    Ok(Decoded {
        warnings,
        stated_range: stated_range(format),
        pages: pictures.len(),
        ..Decoded::sound(raster, Format::Tiff, metadata)
    })
}

fn size(page: &Directory, limits: &Limits) -> Result<Size> {
    let side = |tag| page.number(tag).ok_or_else(|| Failure::wrong_input("is damaged: it does not state its size"));
    let (width, height) = (side(WIDTH)?, side(HEIGHT)?);
    limits.check(width, height)?;
    Ok(Size::new(width as usize, height as usize))
}

fn warnings(format: PixelFormat) -> Vec<String> {
    let mut warnings = Vec::new();
    if format.channels > format.kept && format.colour != Colour::Palette {
        warnings.push("has channels beside colour and transparency; they are dropped".into());
    }
    if format.numbers == NumberFormat::Float && format.bits != 32 {
        warnings.push(format!("holds {}-bit floats; they are used and written as 32-bit floats", format.bits));
    }
    warnings
}

/// The range of integers of a depth between 8 and 16 bits.
fn stated_range(format: PixelFormat) -> Option<NumberRange> {
    let is_stated = format.numbers == NumberFormat::Unsigned && (9..16).contains(&format.bits);
    is_stated.then(|| NumberRange { black: 0.0, white: f64::from((1u32 << format.bits) - 1) })
}

/// Unpacks the page that the directory of this index describes.
fn unpacked(
    file: &[u8],
    all: &[Directory],
    index: usize,
    size: Size,
    format: PixelFormat,
    limits: &Limits,
) -> Result<UnpackedPage> {
    let PixelFormat { bits, channels, planes, numbers, .. } = format;
    let page = &all[index];
    let unpacked = if unpack::is_known(page) {
        let stored = StoredSamples { bits, channels: if planes > 1 { 1 } else { channels }, planes };
        let bytes = chunks::read(file, page, size, stored, limits)?;
        UnpackedPage { bytes, size, stored, numbers, order: page.order }
    } else {
        let stored = StoredSamples { bits, channels, planes: 1 };
        let bytes = library::read(file, index, limits)?;
        UnpackedPage { bytes, size, stored, numbers, order: Order::native() }
    };
    if !unpacked.is_complete() {
        return Err(Failure::wrong_input(
            "is damaged: it holds fewer samples than it declares; get a whole copy of it",
        ));
    }
    Ok(unpacked)
}

/// The samples that are used, side by side.
fn raster(page: UnpackedPage, directory: &Directory, format: PixelFormat) -> Result<Raster> {
    let PixelFormat { colour, bits, kept, .. } = format;
    let (sample, bytes) = if colour == Colour::Palette {
        if format.numbers != NumberFormat::Unsigned || bits > 8 {
            let text = format!("stores a palette of {bits}-bit numbers: convert it to RGB first");
            return Err(Failure::wrong_input(text));
        }
        (Sample::U8, colours(directory, &page.packed(1).1, bits)?)
    } else {
        let (sample, mut packed) = page.packed(kept);
        // What the library unpacks it has inverted already.
        if colour == Colour::Inverted && unpack::is_known(directory) {
            invert(&mut packed, sample, kept, bits);
        }
        (sample, packed)
    };
    let mut layout = Layout::packed(page.size, kept, sample);
    layout.premultiplied = layout.has_alpha() && format.is_premultiplied;
    Ok(Raster { layout, bytes })
}

/// Turns 0 into white. Transparency, the second of two channels, stays as it is.
fn invert(packed: &mut [u8], sample: Sample, channels: usize, bits: usize) {
    for pixel in packed.chunks_exact_mut(channels * sample.bytes()) {
        let grey = &mut pixel[..sample.bytes()];
        match (sample, &mut *grey) {
            (Sample::U8, [byte]) => *byte = !*byte,
            (Sample::U16, [a, b]) => {
                let most = ((1u32 << bits.min(16)) - 1) as u16;
                [*a, *b] = (most - u16::from_ne_bytes([*a, *b])).to_ne_bytes();
            }
            (_, [a, b, c, d]) => [*a, *b, *c, *d] = (1.0 - f32::from_ne_bytes([*a, *b, *c, *d])).to_ne_bytes(),
            (_, _) => {}
        }
    }
}

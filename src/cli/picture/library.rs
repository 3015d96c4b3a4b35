//! Decoding with the crate `image`, for the formats whose samples it reads as we want them.

use crate::failure::{Failure, Result};
use crate::picture::decoded::Decoded;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::metadata::Metadata;
use crate::picture::raster::Raster;
use dipkit::pixels::{Layout, Sample, Size};
use image::{ColorType, ImageDecoder, ImageError, ImageFormat, ImageReader};
use std::io::Cursor;

/// The most pixels that a byte of a BMP can stand for: two bytes end a row of its run-length coding, and no row is wider
/// than twice this.
const MOST_BMP_PIXELS: u64 = 16_384;

/// Decodes a file of a format that the library reads whole.
///
/// # Errors
/// The picture is too large, damaged, or of a kind that is not read.
pub fn read(bytes: &[u8], format: Format, limits: &Limits) -> Result<Decoded> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), image_format(format));
    reader.limits(limits.image());
    let mut decoder = reader.into_decoder().map_err(|error| refuse(error, format))?;
    let (width, height) = decoder.dimensions();
    limits.check(u64::from(width), u64::from(height))?;
    if format == Format::Bmp && u64::from(width) * u64::from(height) > MOST_BMP_PIXELS * bytes.len() as u64 {
        return Err(Failure::wrong_input(format!(
            "is damaged: it declares {width}x{height} pixels and holds far fewer; get a whole copy of it"
        )));
    }
    let layout = layout(decoder.color_type(), Size::new(width as usize, height as usize))?;
    let (icc, exif) = (decoder.icc_profile().ok().flatten(), decoder.exif_metadata().ok().flatten());
    let mut raster = Raster::blank(layout);
    decoder.read_image(&mut raster.bytes).map_err(|error| refuse(error, format))?;
    Ok(Decoded::sound(raster, format, Metadata::new(format, bytes, icc, exif)))
}

fn image_format(format: Format) -> ImageFormat {
    match format {
        Format::Png => ImageFormat::Png,
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Tiff => ImageFormat::Tiff,
        Format::Exr => ImageFormat::OpenExr,
        Format::WebP => ImageFormat::WebP,
        Format::Bmp => ImageFormat::Bmp,
        Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam => ImageFormat::Pnm,
    }
}

fn layout(colour: ColorType, size: Size) -> Result<Layout> {
    let sample = match colour {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => Sample::U8,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => Sample::U16,
        ColorType::Rgb32F | ColorType::Rgba32F => Sample::F32,
        _ => {
            return Err(Failure::wrong_input(
                "has samples of a kind that is not read: save it as 8- or 16-bit PNG first",
            ));
        }
    };
    Ok(Layout::packed(size, usize::from(colour.channel_count()), sample))
}

/// A failure in our own words instead of the library's.
fn refuse(error: ImageError, format: Format) -> Failure {
    match error {
        ImageError::Limits(_) => {
            Failure::wrong_input("is too large to decode: crop or shrink it, or raise --memory-limit")
        }
        ImageError::Unsupported(_) => Failure::wrong_input(format!(
            "is a {} of a kind that is not read: save it as 8- or 16-bit PNG first",
            format.name()
        )),
        // The decoder of BMP does not tell these apart.
        _ if format == Format::Bmp => {
            Failure::wrong_input("is damaged, or a BMP of a kind that is not read: save it as 8- or 16-bit PNG first")
        }
        _ => Failure::wrong_input("is damaged: get a whole copy of it"),
    }
}

//! From a file's bytes to samples and metadata, with limits on what a file may ask for, upright, and with
//! a sentence for each kind of file that is not read.

use super::failure::{Failure, Result};
use super::format::Format;
use super::metadata::Metadata;
use super::raster::Raster;
use super::{exr_read, jpeg, tiff_read};
use dipkit::pixels::layout::MAX_SIDE;
use dipkit::pixels::{Layout, Sample, Size, Transfer};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, ImageFormat, ImageReader};
use std::io::Cursor;
use std::path::Path;

/// A decoded file.
#[derive(Debug)]
pub struct Decoded {
    pub raster: Raster,
    pub metadata: Metadata,
    pub format: Format,
    /// Samples are not quite those that were saved (JPEG).
    pub is_lossy: bool,
    /// What was done to the samples to turn them upright.
    pub orientation: Orientation,
    /// Before that.
    pub stored_size: Size,
    /// What is missing or wrong in a damaged file, the rest of a sentence that starts with the file's name.
    pub damage: Option<String>,
    /// What was left out, each the rest of a sentence that starts with the file's name.
    pub warnings: Vec<String>,
}

impl Decoded {
    /// As it is stored, with nothing to say about it.
    pub fn of(raster: Raster, format: Format, metadata: Metadata) -> Decoded {
        let (orientation, stored_size) = (Orientation::NoTransforms, raster.size());
        Decoded {
            raster,
            metadata,
            format,
            is_lossy: false,
            orientation,
            stored_size,
            damage: None,
            warnings: Vec::new(),
        }
    }
}

/// What a file may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pixels: u64,
}

/// Without a memory limit that allows more. A fit of so many would take weeks.
const DEFAULT_PIXELS: u64 = 100_000_000;
/// Four channels of 32 bits.
const BYTES_PER_PIXEL: u64 = 16;
/// For decoders' own tables and rows.
const DECODER_BYTES: u64 = 256 << 20;

impl Limits {
    /// 100 megapixels, or as many as `memory_limit` bytes hold if that is more.
    pub fn new(memory_limit: u64) -> Self {
        Limits { pixels: DEFAULT_PIXELS.max(memory_limit / BYTES_PER_PIXEL) }
    }

    /// Refuses a picture that is too large before anything is allocated for it.
    pub fn check(&self, width: u64, height: u64) -> Result<()> {
        let pixels = width.saturating_mul(height);
        let largest = MAX_SIDE as u64;
        if width == 0 || height == 0 || width > largest || height > largest {
            return Err(Failure::wrong(format!("is {width}x{height}, each side must be 1 to {largest}")));
        }
        if pixels > self.pixels {
            return Err(Failure::wrong(format!(
                "is {width}x{height} ({} megapixels), more than the {} megapixels that are read: crop or shrink it, \
                 or raise --memory-limit",
                pixels / 1_000_000,
                self.pixels / 1_000_000
            )));
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.pixels.saturating_mul(BYTES_PER_PIXEL).saturating_add(DECODER_BYTES)
    }

    /// For the TIFF decoder.
    pub fn tiff(&self) -> ::tiff::decoder::Limits {
        let bytes = usize::try_from(self.bytes()).unwrap_or(usize::MAX);
        let mut limits = ::tiff::decoder::Limits::default();
        limits.decoding_buffer_size = bytes;
        limits.intermediate_buffer_size = bytes;
        limits.ifd_value_size = DECODER_BYTES as usize;
        limits
    }

    fn image(&self) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(MAX_SIDE as u32);
        limits.max_image_height = Some(MAX_SIDE as u32);
        limits.max_alloc = Some(self.bytes());
        limits
    }
}

/// Decodes a file, whatever its name says, and turns it upright. `path` is only asked for its
/// extension, by which some camera raw files are known.
///
/// # Errors
/// A sentence without the file's name: not a picture, damaged, too large, of a kind that is not read.
pub fn decode(bytes: &[u8], path: &Path, limits: &Limits) -> Result<Decoded> {
    let format = Format::from_content(bytes, path)?;
    let mut decoded = match format {
        Format::Tiff => tiff_read::read(bytes, limits)?,
        Format::Jpeg => jpeg::read(bytes, limits)?,
        Format::Exr => match exr_read::read_grey(bytes, limits)? {
            Some(raster) => Decoded::of(raster, format, Metadata::default()),
            None => read(bytes, format, limits)?,
        },
        _ => read(bytes, format, limits)?,
    };
    if format == Format::Exr {
        decoded.warnings.extend(exr_read::left_out(bytes));
    }
    let claimed = Format::from_extension(path);
    if claimed.is_some_and(|claimed| !is_same_family(claimed, format)) {
        decoded.warnings.push(format!("is a {} in spite of its name", format.name()));
    }
    let orientation = decoded.metadata.take_orientation();
    let size = decoded.raster.size();
    decoded.raster = decoded.raster.upright(orientation);
    if is_turned(orientation) {
        decoded.metadata.turn();
    }
    decoded.stored_size = size;
    decoded.orientation = orientation;
    Ok(decoded)
}

/// Whether width and height change places.
pub fn is_turned(orientation: Orientation) -> bool {
    orientation.to_exif() >= Orientation::Rotate90FlipH.to_exif()
}

fn is_same_family(a: Format, b: Format) -> bool {
    let is_netpbm = |format| matches!(format, Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam);
    a == b || is_netpbm(a) && is_netpbm(b)
}

/// Every format but TIFF and JPEG.
fn read(bytes: &[u8], format: Format, limits: &Limits) -> Result<Decoded> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), image_format(format));
    reader.limits(limits.image());
    let mut decoder = reader.into_decoder().map_err(refuse)?;
    let (width, height) = decoder.dimensions();
    limits.check(u64::from(width), u64::from(height))?;
    let layout = layout(decoder.color_type(), Size::new(width as usize, height as usize), format)?;
    let icc = decoder.icc_profile().ok().flatten();
    let exif = decoder.exif_metadata().ok().flatten();
    let mut raster = Raster::blank(layout);
    decoder.read_image(&mut raster.bytes).map_err(refuse)?;
    Ok(Decoded {
        is_lossy: format == Format::WebP && has_chunk(bytes, b"VP8 "),
        warnings: animation(bytes, format).into_iter().collect(),
        ..Decoded::of(raster, format, Metadata::new(format, bytes, icc, exif))
    })
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

fn layout(colour: ColorType, size: Size, format: Format) -> Result<Layout> {
    let sample = match colour {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => Sample::U8,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => Sample::U16,
        ColorType::Rgb32F | ColorType::Rgba32F => Sample::F32,
        other => return Err(Failure::wrong(format!("has samples of a kind that is not read ({other:?})"))),
    };
    let mut layout = Layout::packed(size, usize::from(colour.channel_count()), sample);
    if format == Format::Exr {
        // By the format's definition: scene-linear light, colour multiplied by alpha.
        layout.transfer = Transfer::Linear;
        layout.premultiplied = layout.has_alpha();
    }
    Ok(layout)
}

fn refuse(error: ImageError) -> Failure {
    match error {
        ImageError::Limits(_) => Failure::wrong("is too large to decode: crop or shrink it, or raise --memory-limit"),
        ImageError::Unsupported(what) => {
            Failure::wrong(format!("is of a kind that is not read ({what}): save it as 8- or 16-bit PNG first"))
        }
        // What the decoder of EXR says of other channels.
        other if other.to_string().contains("rgb channels") => {
            Failure::wrong("has neither red, green and blue nor Y alone: save it as an RGB picture first")
        }
        other => Failure::wrong(format!("is damaged ({other}): get a whole copy of it")),
    }
}

fn has_chunk(bytes: &[u8], name: &[u8; 4]) -> bool {
    // The first kilobyte: chunks that say what the file is come first.
    bytes[..bytes.len().min(1024)].windows(4).any(|window| window == name)
}

fn animation(bytes: &[u8], format: Format) -> Option<String> {
    let is_animated = match format {
        Format::Png => has_chunk(bytes, b"acTL"),
        Format::WebP => has_chunk(bytes, b"ANIM"),
        _ => false,
    };
    is_animated.then(|| "is an animation; only the first picture is used".into())
}

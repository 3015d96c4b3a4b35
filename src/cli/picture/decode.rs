//! From a file's bytes to samples and metadata, with limits on what a file may ask for, upright, and with
//! a sentence for each kind of file that is not read.

use crate::failure::{Failure, Result};
use crate::picture::format::Format;
use crate::picture::metadata::Metadata;
use crate::picture::png_chunks::Chunks;
use crate::picture::range::NumberRange;
use crate::picture::raster::Raster;
use crate::picture::{exr, jpeg, tiff, webp_chunks};
use dipkit::pixels::layout::MAX_SIDE;
use dipkit::pixels::{Layout, Sample, Size};
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
    /// The numbers of black and white, where the file says them.
    pub stated: Option<NumberRange>,
    /// How many pictures the file holds that are all restored.
    pub pages: usize,
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
            stated: None,
            pages: 1,
            warnings: Vec::new(),
        }
    }
}

impl Decoded {
    /// The numbers of black and white, where the file has its own.
    pub fn range(&self) -> Option<NumberRange> {
        self.metadata.scale.map(|scale| scale.range)
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
            return Err(Failure::wrong_input(format!("is {width}x{height}, each side must be 1 to {largest}")));
        }
        if pixels > self.pixels {
            return Err(Failure::wrong_input(format!(
                "is {width}x{height} ({} megapixels), more than the {} megapixels that are read: crop or shrink it, \
                 or raise --memory-limit",
                pixels / 1_000_000,
                self.pixels / 1_000_000
            )));
        }
        Ok(())
    }

    /// Refuses samples that take more than the pixels that are read may take.
    pub fn check_bytes(&self, bytes: u64) -> Result<()> {
        if bytes > self.bytes() {
            return Err(Failure::wrong_input(format!(
                "needs {} MiB to decode, more than the {} MiB that are taken: drop channels, or raise --memory-limit",
                bytes >> 20,
                self.bytes() >> 20
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
    let mut decoded = decode_page(bytes, path, limits, 0)?;
    if decoded.pages > 1 {
        decoded.warnings.push(format!("has {} pages; only the first is used", decoded.pages));
    }
    Ok(decoded)
}

/// Decodes one of a file's pages, the first being 0.
///
/// # Errors
/// As [`decode`].
pub fn decode_page(bytes: &[u8], path: &Path, limits: &Limits, page: usize) -> Result<Decoded> {
    let format = Format::from_content(bytes, path)?;
    let mut decoded = match format {
        Format::Tiff => tiff::read::read(bytes, limits, page)?,
        Format::Jpeg => jpeg::read(bytes, limits)?,
        Format::Exr => exr::read::read(bytes, limits)?,
        Format::Png => read_png(bytes, limits)?,
        Format::WebP => read_webp(bytes, limits)?,
        Format::Bmp | Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam => read(bytes, format, limits)?,
    };
    let claimed = Format::from_extension(path);
    if claimed.is_some_and(|claimed| !is_same_family(claimed, format)) {
        decoded.warnings.push(format!("is a {} in spite of its name", format.name()));
    }
    if !decoded.metadata.has_sound_profile() {
        decoded.metadata.icc = None;
        decoded.warnings.push("has a colour profile that is damaged; it is dropped".into());
    }
    let orientation = decoded.metadata.take_orientation();
    let size = decoded.raster.size();
    decoded.raster = decoded.raster.upright(orientation);
    decoded.metadata.turn(orientation);
    decoded.stored_size = size;
    decoded.orientation = orientation;
    Ok(decoded)
}

fn is_same_family(a: Format, b: Format) -> bool {
    let is_netpbm = |format| matches!(format, Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam);
    a == b || is_netpbm(a) && is_netpbm(b)
}

fn read_png(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let chunks = Chunks::new(bytes, limits)?;
    let mut decoded = read(&chunks.picture, Format::Png, limits)?;
    decoded.metadata = Metadata::of_png(&chunks);
    decoded.warnings = chunks.warnings;
    decoded.warnings.extend(chunks.is_animated.then(animation));
    Ok(decoded)
}

fn read_webp(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let mut decoded = read(bytes, Format::WebP, limits)?;
    let chunk = |name| webp_chunks::find(bytes, name).map(<[u8]>::to_vec);
    decoded.metadata = Metadata::new(Format::WebP, bytes, chunk(b"ICCP"), chunk(b"EXIF"));
    decoded.metadata.xmp = chunk(b"XMP ");
    let is_animated = webp_chunks::find(bytes, b"ANIM").is_some();
    decoded.is_lossy = is_animated || webp_chunks::find(bytes, b"VP8 ").is_some();
    decoded.warnings.extend(is_animated.then(animation));
    Ok(decoded)
}

/// Pixels of a BMP that a byte stands for at most: two end a row of its run-length coding, and so many make no row.
const MOST_BMP_PIXELS: u64 = 16_384;

fn animation() -> String {
    "is an animation; only the first picture is used".into()
}

/// What is the picture library's.
fn read(bytes: &[u8], format: Format, limits: &Limits) -> Result<Decoded> {
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
    Ok(Decoded::of(raster, format, Metadata::new(format, bytes, icc, exif)))
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

/// Without the library's own words.
fn refuse(error: ImageError, format: Format) -> Failure {
    match error {
        ImageError::Limits(_) => {
            Failure::wrong_input("is too large to decode: crop or shrink it, or raise --memory-limit")
        }
        ImageError::Unsupported(_) => Failure::wrong_input(format!(
            "is a {} of a kind that is not read: save it as 8- or 16-bit PNG first",
            format.name()
        )),
        // Its decoder does not tell these apart.
        _ if format == Format::Bmp => {
            Failure::wrong_input("is damaged, or a BMP of a kind that is not read: save it as 8- or 16-bit PNG first")
        }
        _ => Failure::wrong_input("is damaged: get a whole copy of it"),
    }
}

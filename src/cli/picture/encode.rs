//! From samples and metadata to a file's bytes. First [`EncodingPlan`] chooses what the format can hold and says
//! what it cannot, before the fit; then [`EncodingPlan::encode`] writes.

use crate::failure::{Failure, Result, Status};
use crate::picture::format::Format;
use crate::picture::metadata::{self, BMP_DENSITY, METRES_PER_INCH, Metadata, Unit};
use crate::picture::raster::Raster;
use crate::picture::{exr, png_chunks, tiff, webp_chunks};
use dipkit::pixels::{Layout, Sample, Size, Transfer};
use image::codecs::bmp::BmpEncoder;
use image::codecs::jpeg::{JpegEncoder, PixelDensity, PixelDensityUnit};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageResult};
use img_parts::Bytes;
use img_parts::png::{Png, PngChunk};
use std::io::Cursor;

/// Of 100; the encoder keeps colour at full resolution (4:4:4).
const JPEG_QUALITY: u8 = 95;
/// A JPEG segment's 65,535 bytes without its length and the "Exif" header.
const LARGEST_JPEG_EXIF: usize = 65_527;
/// In front of XMP in a JPEG, and what then is left for it.
const JPEG_XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const LARGEST_JPEG_XMP: usize = 65_533 - JPEG_XMP.len();

/// How a result will be written.
#[derive(Debug, Clone)]
pub struct EncodingPlan {
    pub format: Format,
    /// Of the samples that [`EncodingPlan::encode`] takes.
    pub layout: Layout,
    metadata: Metadata,
    /// What the format cannot hold, each the rest of a sentence that starts with the file's name.
    pub warnings: Vec<String>,
}

impl EncodingPlan {
    /// A file of `format` for a picture of `size` that was read with `layout`: the same depth and channels
    /// where the format can hold them.
    ///
    /// # Errors
    /// A format that cannot hold the picture at all.
    pub fn new(format: Format, size: Size, layout: &Layout, metadata: &Metadata) -> Result<EncodingPlan> {
        let largest = largest_side(format);
        if size.width.max(size.height) > largest {
            let name = format.name();
            return Err(Failure::wrong_input(format!(
                "the result is {size}, a {name} holds {largest} a side: write a TIFF or PNG"
            )));
        }
        let mut warnings = Vec::new();
        let sample = sample(format, layout.sample, &mut warnings);
        let channels = channels(format, layout, &mut warnings)?;
        let mut planned = Layout::packed(size, channels, sample);
        if format == Format::Exr {
            planned.transfer = Transfer::Linear;
        }
        let keeps_product = format == Format::Tiff && layout.premultiplied;
        planned.premultiplied = planned.has_alpha() && (keeps_product || format == Format::Exr);
        let mut metadata = holdable(format, &planned, metadata, &mut warnings);
        metadata.describe(size);
        Ok(EncodingPlan { format, layout: planned, metadata, warnings })
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// An encoder that fails; none should.
    pub fn encode(&self, raster: &Raster) -> Result<Vec<u8>> {
        let scaled = self.metadata.scale.map(|scale| scale.undo(raster));
        let raster = scaled.as_ref().unwrap_or(raster);
        let mut file = Cursor::new(Vec::new());
        let encoded = match self.format {
            Format::Tiff => return tiff::write::write(&[(raster, &self.metadata)]),
            Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam => return Ok(netpbm(self.format, raster)),
            Format::Png => {
                let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive);
                self.run(encoder, raster)
            }
            Format::Jpeg => self.run(self.jpeg_encoder(&mut file), raster),
            Format::WebP => self.run(WebPEncoder::new_lossless(&mut file), raster),
            Format::Exr => return exr::write::write(raster, self.metadata.exr.as_deref()),
            Format::Bmp => self.run(BmpEncoder::new(&mut file), raster),
        };
        encoded.map_err(|error| {
            Failure::new(Status::Internal, format!("the {} encoder failed: {error}", self.format.name()))
        })?;
        Ok(self.with_xmp(self.with_density(file.into_inner())))
    }

    /// Puts XMP into formats whose encoder leaves it out; into a PNG it went with its chunks.
    fn with_xmp(&self, file: Vec<u8>) -> Vec<u8> {
        let Some(xmp) = &self.metadata.xmp else { return file };
        match self.format {
            Format::Jpeg => {
                // Behind the start mark and JFIF's segment.
                let end =
                    file.get(4..6).map_or(2, |length| 4 + usize::from(u16::from_be_bytes([length[0], length[1]])));
                let length = (2 + JPEG_XMP.len() + xmp.len()) as u16;
                let segment = [b"\xff\xe1", &length.to_be_bytes()[..], JPEG_XMP, xmp].concat();
                let mut with = file;
                with.splice(end..end, segment);
                with
            }
            Format::WebP => {
                let Size { width, height } = self.layout.size;
                webp_chunks::with_xmp(&file, xmp, width as u32, height as u32, self.layout.has_alpha())
            }
            _ => file,
        }
    }

    /// A page of a file of several, with the file's own numbers.
    pub fn page(&self, raster: &Raster) -> (Raster, Metadata) {
        let scaled = self.metadata.scale.map(|scale| scale.undo(raster));
        (scaled.unwrap_or_else(|| raster.clone()), self.metadata.clone())
    }

    fn run(&self, mut encoder: impl ImageEncoder, raster: &Raster) -> ImageResult<()> {
        // Each refuses what it cannot hold; that was said in the plan's warnings.
        if let Some(icc) = &self.metadata.icc {
            let _ = encoder.set_icc_profile(icc.clone());
        }
        if let Some(exif) = &self.metadata.exif {
            let _ = encoder.set_exif_metadata(exif.clone());
        }
        let Size { width, height } = raster.size();
        encoder.write_image(&raster.bytes, width as u32, height as u32, colour_type(&raster.layout))
    }

    fn jpeg_encoder<'a>(&self, file: &'a mut Cursor<Vec<u8>>) -> JpegEncoder<&'a mut Cursor<Vec<u8>>> {
        let mut encoder = JpegEncoder::new_with_quality(file, JPEG_QUALITY);
        if let Some(density) = self.metadata.density {
            // Whole pixels an inch, as in nearly every file.
            let unit = match density.unit {
                Unit::Inch => PixelDensityUnit::Inches,
                Unit::None => PixelDensityUnit::PixelAspectRatio,
            };
            let density = (density.x.round() as u16, density.y.round() as u16);
            encoder.set_pixel_density(PixelDensity { density, unit });
        }
        encoder
    }

    /// Puts the resolution into formats whose encoder leaves it out.
    fn with_density(&self, mut file: Vec<u8>) -> Vec<u8> {
        let numbers = self.metadata.density.map(|density| {
            let per_metre = |per_inch: f64| (per_inch / METRES_PER_INCH).round() as u32;
            match density.unit {
                Unit::Inch => ([per_metre(density.x), per_metre(density.y)], 1),
                Unit::None => ([density.x.round() as u32, density.y.round() as u32], 0),
            }
        });
        match (self.format, numbers) {
            (Format::Png, _) => self.with_png_chunks(file, numbers),
            (Format::Bmp, Some(([x, y], 1))) => {
                let field = [x.to_le_bytes(), y.to_le_bytes()].concat();
                if let Some(place) = file.get_mut(BMP_DENSITY) {
                    place.copy_from_slice(&field);
                }
                file
            }
            _ => file,
        }
    }

    /// `density`: pixels a unit, and 1 where that is the metre.
    fn with_png_chunks(&self, file: Vec<u8>, density: Option<([u32; 2], u8)>) -> Vec<u8> {
        let mut chunks = self.metadata.png_colour.clone();
        if let Some(([x, y], unit)) = density {
            let contents = [&x.to_be_bytes()[..], &y.to_be_bytes(), &[unit]].concat();
            chunks.push(PngChunk::new(*b"pHYs", Bytes::from(contents)));
        }
        chunks.extend(self.metadata.png_text.clone());
        if let Some(xmp) = &self.metadata.xmp {
            chunks.push(PngChunk::new(*b"iTXt", Bytes::from([png_chunks::XMP, xmp].concat())));
        }
        let Ok(mut png) = Png::from_bytes(Bytes::copy_from_slice(&file)) else { return file };
        // Behind the header, before everything else.
        png.chunks_mut().splice(1..1, chunks);
        png.encoder().bytes().to_vec()
    }
}

/// By the formats' definitions.
fn largest_side(format: Format) -> usize {
    match format {
        Format::Jpeg => 65_535,
        Format::WebP => 16_383,
        _ => usize::MAX,
    }
}

/// The depth that the format holds.
fn sample(format: Format, given: Sample, warnings: &mut Vec<String>) -> Sample {
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
        warnings
            .push(format!("{name} holds no floating point: written with {bits} bits, values outside 0 to 1 are cut"));
    } else if holds.bytes() < given.bytes() {
        warnings.push(format!("{name} holds 8 bits a sample: the picture's 16 are rounded"));
    }
    holds
}

/// The channels that the format holds.
fn channels(format: Format, layout: &Layout, warnings: &mut Vec<String>) -> Result<usize> {
    let name = format.name();
    let colours = match format {
        Format::Pgm if layout.colours() == 3 => {
            return Err(Failure::wrong_input("a .pgm file holds grey only and the picture has colour: write a .ppm"));
        }
        // It has no grey.
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

/// The metadata that the format holds.
fn holdable(format: Format, layout: &Layout, metadata: &Metadata, warnings: &mut Vec<String>) -> Metadata {
    let mut kept = metadata.clone();
    let mut lost = Vec::new();
    let holds_profile = matches!(format, Format::Png | Format::Jpeg | Format::Tiff | Format::WebP);
    // WebP turns grey into RGB, for which a grey profile is wrong.
    let colours = if format == Format::WebP { 3 } else { layout.colours() };
    if kept.icc.is_some() && !(holds_profile && kept.icc_fits(colours)) {
        kept.icc = None;
        lost.push("colour profile");
    }
    if format != Format::Png && kept.is_not_srgb() {
        lost.push("colour space");
    }
    if format != Format::Exr && kept.exr.as_ref().is_some_and(|exr| exr.is_unusual()) {
        lost.push("colour primaries");
    }
    let holds_xmp =
        holds_profile && !(format == Format::Jpeg && kept.xmp.as_ref().is_some_and(|xmp| xmp.len() > LARGEST_JPEG_XMP));
    if holds_xmp && kept.xmp.take_if(|xmp| shows_thumbnail(xmp)).is_some() {
        warnings.push("the XMP holds a small copy of the unrestored picture: it is dropped".into());
    }
    if kept.xmp.is_some() && !holds_xmp {
        kept.xmp = None;
        lost.push("XMP");
    }
    if format != Format::Png && !kept.png_text.is_empty() {
        lost.push("comments");
    }
    kept.hold_scale(format, layout, warnings);
    let holds_exif = holds_profile
        && !(format == Format::Jpeg && kept.exif.as_ref().is_some_and(|exif| exif.len() > LARGEST_JPEG_EXIF));
    if kept.exif.is_some() && !holds_exif {
        kept.exif = None;
        lost.push("EXIF");
    }
    // Others hold it as a block, whatever is in it.
    if let (Format::Tiff, Some(block)) = (format, &kept.exif) {
        match metadata::fields(block.clone()) {
            Some((_, false)) => {}
            Some((_, true)) => lost.push("damaged EXIF fields"),
            None => lost.push("damaged EXIF"),
        }
    }
    lost.extend(drop_density(format, &mut kept));
    if !lost.is_empty() {
        warnings.push(format!("{} does not hold the picture's {}: dropped", format.name(), lost.join(" and ")));
    }
    kept
}

/// Drops the resolution where the format does not hold it, and names what is lost by that.
fn drop_density(format: Format, kept: &mut Metadata) -> Option<&'static str> {
    let density = kept.density?;
    let holds = match format {
        Format::Png | Format::Jpeg | Format::Tiff => true,
        Format::Bmp => density.unit == Unit::Inch,
        // Which it came from: it is in the attributes.
        Format::Exr => kept.exr.is_some(),
        Format::WebP | Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam => false,
    };
    if holds {
        return None;
    }
    kept.density = None;
    match density.unit {
        Unit::None => Some("ratio of pixels' sides"),
        // EXIF holds it too.
        Unit::Inch if kept.exif.is_none() => Some("resolution"),
        Unit::Inch => None,
    }
}

fn shows_thumbnail(xmp: &[u8]) -> bool {
    const NAME: &[u8] = b"xmpGImg:image";
    xmp.windows(NAME.len()).any(|window| window == NAME)
}

fn colour_type(layout: &Layout) -> ExtendedColorType {
    match (layout.sample, layout.channels) {
        (Sample::U8, 1) => ExtendedColorType::L8,
        (Sample::U8, 2) => ExtendedColorType::La8,
        (Sample::U8, 3) => ExtendedColorType::Rgb8,
        (Sample::U8, _) => ExtendedColorType::Rgba8,
        (Sample::U16, 1) => ExtendedColorType::L16,
        (Sample::U16, 2) => ExtendedColorType::La16,
        (Sample::U16, 3) => ExtendedColorType::Rgb16,
        (Sample::U16, _) => ExtendedColorType::Rgba16,
        // Floats have encoders of their own.
        (_, 4) => ExtendedColorType::Rgba32F,
        (_, _) => ExtendedColorType::Rgb32F,
    }
}

/// PGM, PPM and PAM: a header and big-endian samples. (The crate's encoder knows no 16-bit PPM.)
fn netpbm(format: Format, raster: &Raster) -> Vec<u8> {
    let Size { width, height } = raster.size();
    let channels = raster.layout.channels;
    let maximum = if raster.layout.sample == Sample::U8 { 255 } else { 65535 };
    let header = match (format, channels) {
        (Format::Pam, _) => {
            let kind = ["GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"][channels - 1];
            let size = format!("WIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {maximum}");
            format!("P7\n{size}\nTUPLTYPE {kind}\nENDHDR\n")
        }
        (_, 1) => format!("P5\n{width} {height}\n{maximum}\n"),
        (_, _) => format!("P6\n{width} {height}\n{maximum}\n"),
    };
    let mut file = header.into_bytes();
    if raster.layout.sample == Sample::U8 {
        file.extend_from_slice(&raster.bytes);
    } else {
        let words = raster.bytes.chunks_exact(2).map(|word| u16::from_ne_bytes([word[0], word[1]]));
        file.extend(words.flat_map(u16::to_be_bytes));
    }
    file
}

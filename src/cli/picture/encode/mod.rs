//! From samples and metadata to a file's bytes. Before the fit, [`EncodingPlan`] settles what the format can hold and says
//! what it cannot; after it, [`EncodingPlan::encode`] writes.

mod capacity;
mod kept_metadata;

use crate::failure::{Failure, Result, Status};
use crate::picture::format::Format;
use crate::picture::metadata::Metadata;
use crate::picture::metadata::density::{self, Unit};
use crate::picture::raster::Raster;
use crate::picture::{exr, jpeg, netpbm, png, tiff, webp};
use dipkit::pixels::{Layout, Sample, Size, Transfer};
use image::codecs::bmp::BmpEncoder;
use image::codecs::jpeg::{JpegEncoder, PixelDensity, PixelDensityUnit};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageResult};
use std::io::Cursor;

/// The quality of JPEG files, of 100. The encoder keeps colour at full resolution (4:4:4).
const JPEG_QUALITY: u8 = 95;

/// How a result will be written.
#[derive(Debug, Clone)]
pub struct EncodingPlan {
    pub format: Format,
    /// The layout of the samples that [`EncodingPlan::encode`] takes.
    pub layout: Layout,
    metadata: Metadata,
    /// What the format cannot hold, each as the end of a sentence that begins with the file's name.
    pub warnings: Vec<String>,
}

impl EncodingPlan {
    /// Plans a file of `format` for a picture of `size` that was read with `layout`. Depth and channels stay the same
    /// where the format can hold them.
    ///
    /// # Errors
    /// The format cannot hold the picture at all.
    pub fn new(format: Format, size: Size, layout: &Layout, metadata: &Metadata) -> Result<EncodingPlan> {
        capacity::check_size(format, size)?;
        let mut warnings = Vec::new();
        let sample = capacity::sample(format, layout.sample, &mut warnings);
        let channels = capacity::channels(format, layout, &mut warnings)?;
        let mut planned = Layout::packed(size, channels, sample);
        if format == Format::Exr {
            planned.transfer = Transfer::Linear;
        }
        let keeps_product = format == Format::Tiff && layout.premultiplied;
        planned.premultiplied = planned.has_alpha() && (keeps_product || format == Format::Exr);
        let mut metadata = kept_metadata::kept(format, &planned, metadata, &mut warnings);
        metadata.describe(size);
        Ok(EncodingPlan { format, layout: planned, metadata, warnings })
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// The encoder fails, which none should.
    pub fn encode(&self, raster: &Raster) -> Result<Vec<u8>> {
        let scaled = self.metadata.scale.map(|scale| scale.undo(raster));
        let raster = scaled.as_ref().unwrap_or(raster);
        match self.format {
            Format::Tiff => tiff::write::write(&[(raster, &self.metadata)]),
            Format::Exr => exr::write::write(raster, self.metadata.exr.as_deref()),
            Format::Pgm | Format::Ppm | Format::Pnm | Format::Pam => Ok(netpbm::write(self.format, raster)),
            Format::Png | Format::Jpeg | Format::WebP | Format::Bmp => {
                let file = self.encode_by_library(raster).map_err(|error| {
                    Failure::new(Status::Internal, format!("the {} encoder failed: {error}", self.format.name()))
                })?;
                Ok(self.completed(file))
            }
        }
    }

    /// A page of a file of several, with the file's own numbers.
    pub fn page(&self, raster: &Raster) -> (Raster, Metadata) {
        let scaled = self.metadata.scale.map(|scale| scale.undo(raster));
        (scaled.unwrap_or_else(|| raster.clone()), self.metadata.clone())
    }

    fn encode_by_library(&self, raster: &Raster) -> ImageResult<Vec<u8>> {
        let mut file = Cursor::new(Vec::new());
        match self.format {
            Format::Png => {
                let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive);
                self.run(encoder, raster)?;
            }
            Format::Jpeg => self.run(self.jpeg_encoder(&mut file), raster)?,
            Format::WebP => self.run(WebPEncoder::new_lossless(&mut file), raster)?,
            _ => self.run(BmpEncoder::new(&mut file), raster)?,
        }
        Ok(file.into_inner())
    }

    fn run(&self, mut encoder: impl ImageEncoder, raster: &Raster) -> ImageResult<()> {
        // An encoder refuses what it cannot hold; the plan's warnings have said so.
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

    /// The file with the metadata that the library's encoder leaves out.
    fn completed(&self, mut file: Vec<u8>) -> Vec<u8> {
        match (self.format, &self.metadata.xmp) {
            (Format::Png, _) => png::write::with_chunks(file, &self.metadata),
            (Format::Jpeg, Some(xmp)) => jpeg::segments::with_xmp(file, xmp),
            (Format::WebP, Some(xmp)) => webp::with_xmp(&file, xmp, &self.layout),
            (Format::Bmp, _) => {
                if let Some(density) = self.metadata.density {
                    density::put_into_bmp(&mut file, density);
                }
                file
            }
            _ => file,
        }
    }
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

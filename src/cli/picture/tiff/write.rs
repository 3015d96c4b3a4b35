//! TIFF out: the samples, deflated, with colour profile, resolution and EXIF, which TIFF keeps in
//! directories of its own.

use crate::failure::{Failure, Result, Status};
use crate::picture::metadata::Metadata;
use crate::picture::metadata::density::{Density, Unit};
use crate::picture::metadata::exif_fields::fields;
use crate::picture::raster::Raster;
use crate::picture::tiff::tags::{XMP, is_storage};
use ::tiff::encoder::colortype::{self, ColorType};
use ::tiff::encoder::compression::DeflateLevel;
use ::tiff::encoder::{
    Compression, DirectoryEncoder, ImageEncoder, Rational, TiffEncoder, TiffKindStandard, TiffValue,
};
use ::tiff::tags::{ExtraSamples, PhotometricInterpretation, ResolutionUnit, SampleFormat, Tag, Type};
use ::tiff::{Directory, TiffResult};
use dipkit::pixels::Sample;
use exif::{Context, Exif, In, Value};
use std::io::Cursor;
use std::marker::PhantomData;

/// The bytes of a strip before it is packed.
const STRIP_BYTES: usize = 1 << 20;

type Buffer<'a> = &'a mut Cursor<Vec<u8>>;
type Encoder<'a> = TiffEncoder<Buffer<'a>, TiffKindStandard>;

/// The bytes of a whole TIFF file of one page or more.
///
/// # Errors
/// The encoder fails, which none should.
pub fn write(pages: &[(&Raster, &Metadata)]) -> Result<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    encode(pages, &mut file)
        .map_err(|error| Failure::new(Status::Internal, format!("the TIFF encoder failed: {error}")))?;
    Ok(file.into_inner())
}

fn encode(pages: &[(&Raster, &Metadata)], file: Buffer) -> TiffResult<()> {
    let mut encoder = TiffEncoder::new(file)?.with_compression(Compression::Deflate(DeflateLevel::Balanced));
    pages.iter().try_for_each(|(raster, metadata)| encode_page(raster, metadata, &mut encoder))
}

fn encode_page(raster: &Raster, metadata: &Metadata, encoder: &mut Encoder) -> TiffResult<()> {
    let exif = metadata.exif.clone().and_then(fields).map(|(exif, _)| exif);
    let directories = exif.as_ref().map(|exif| Directories::write(encoder, exif)).transpose()?;
    let is_rgb = raster.layout.colours() == 3;
    let bytes = signed(raster, metadata.signed_bits);
    let floats = || samples(&bytes, f32::from_ne_bytes);
    let words = || samples(&bytes, u16::from_ne_bytes);
    let page = PageEncoder { raster, metadata, exif: exif.as_ref(), directories };
    let is_signed = metadata.signed_bits.is_some();
    match (raster.layout.sample, is_rgb) {
        (Sample::U8, false) if is_signed => page.write::<Signed<colortype::Gray8>>(encoder, &bytes),
        (Sample::U8, true) if is_signed => page.write::<Signed<colortype::RGB8>>(encoder, &bytes),
        (Sample::U16, false) if is_signed => page.write::<Signed<colortype::Gray16>>(encoder, &words()),
        (Sample::U16, true) if is_signed => page.write::<Signed<colortype::RGB16>>(encoder, &words()),
        (Sample::U8, false) => page.write::<colortype::Gray8>(encoder, &bytes),
        (Sample::U8, true) => page.write::<colortype::RGB8>(encoder, &bytes),
        (Sample::U16, false) => page.write::<colortype::Gray16>(encoder, &words()),
        (Sample::U16, true) => page.write::<colortype::RGB16>(encoder, &words()),
        (_, false) => page.write::<colortype::Gray32Float>(encoder, &floats()),
        (_, true) => page.write::<colortype::RGB32Float>(encoder, &floats()),
    }
}

/// A colour type with the same bits, which says that they are signed integers.
struct Signed<C>(PhantomData<C>);

impl<C: ColorType> ColorType for Signed<C> {
    type Inner = C::Inner;
    const TIFF_VALUE: PhotometricInterpretation = C::TIFF_VALUE;
    const BITS_PER_SAMPLE: &'static [u16] = C::BITS_PER_SAMPLE;
    const SAMPLE_FORMAT: &'static [SampleFormat] = match C::SAMPLE_FORMAT.len() {
        1 => &[SampleFormat::Int],
        _ => &[SampleFormat::Int; 3],
    };

    fn horizontal_predict(row: &[Self::Inner], result: &mut Vec<Self::Inner>) {
        C::horizontal_predict(row, result);
    }
}

/// The bytes of a raster. Signed samples, which were moved up by half of their range, are moved back.
fn signed(raster: &Raster, bits: Option<u32>) -> Vec<u8> {
    match bits {
        None => raster.bytes.clone(),
        Some(8) => raster.bytes.iter().map(|byte| byte ^ 0x80).collect(),
        Some(_) => {
            samples(&raster.bytes, u16::from_ne_bytes).iter().flat_map(|word| (word ^ 0x8000).to_ne_bytes()).collect()
        }
    }
}

fn samples<const N: usize, T>(bytes: &[u8], from: fn([u8; N]) -> T) -> Vec<T> {
    // Chunks of N bytes always make an array of N.
    bytes.chunks_exact(N).filter_map(|chunk| chunk.try_into().ok()).map(from).collect()
}

/// A page of the file that is being written.
struct PageEncoder<'a> {
    raster: &'a Raster,
    metadata: &'a Metadata,
    exif: Option<&'a Exif>,
    directories: Option<Directories>,
}

impl PageEncoder<'_> {
    fn write<C: ColorType>(&self, encoder: &mut Encoder, samples: &[C::Inner]) -> TiffResult<()>
    where
        [C::Inner]: TiffValue,
    {
        let layout = &self.raster.layout;
        let mut image = encoder.new_image::<C>(layout.size.width as u32, layout.size.height as u32)?;
        if layout.has_alpha() {
            let kind =
                if layout.premultiplied { ExtraSamples::AssociatedAlpha } else { ExtraSamples::UnassociatedAlpha };
            image.extra_samples(&[kind])?;
        }
        let row = layout.size.width * layout.channels * layout.sample.bytes();
        image.rows_per_strip((STRIP_BYTES / row).clamp(1, layout.size.height) as u32)?;
        if let Some(density) = self.metadata.density {
            write_density(&mut image, density);
        }
        let directory = image.encoder();
        if let Some(xmp) = &self.metadata.xmp {
            write_entry(directory, Tag::from_u16_exhaustive(XMP), Type::BYTE, xmp)?;
        }
        if let Some(icc) = &self.metadata.icc {
            write_entry(directory, Tag::IccProfile, Type::UNDEFINED, icc)?;
        }
        if let Some(exif) = self.exif {
            write_fields(directory, exif, Context::Tiff)?;
        }
        if let Some(directories) = &self.directories {
            directories.link(directory)?;
        }
        image.write_data(samples)
    }
}

fn write_density<C: ColorType>(image: &mut ImageEncoder<Buffer, C, TiffKindStandard>, density: Density) {
    // The ratio is in thousandths of a pixel an inch.
    let ratio = |value: f64| Rational { n: (value * 1000.0).round() as u32, d: 1000 };
    image.resolution_unit(match density.unit {
        Unit::Inch => ResolutionUnit::Inch,
        Unit::None => ResolutionUnit::None,
    });
    image.x_resolution(ratio(density.x));
    image.y_resolution(ratio(density.y));
}

/// The offsets of the directories that hold the camera's and the position's fields.
struct Directories {
    exif: Option<u32>,
    gps: Option<u32>,
}

impl Directories {
    fn write(encoder: &mut Encoder, exif: &Exif) -> TiffResult<Self> {
        Ok(Directories {
            exif: write_directory(encoder, exif, Context::Exif)?,
            gps: write_directory(encoder, exif, Context::Gps)?,
        })
    }

    fn link(&self, directory: &mut DirectoryEncoder<Buffer, TiffKindStandard>) -> TiffResult<()> {
        for (tag, offset) in [(Tag::ExifDirectory, self.exif), (Tag::GpsDirectory, self.gps)] {
            if let Some(offset) = offset {
                directory.write_tag(tag, offset)?;
            }
        }
        Ok(())
    }
}

fn write_directory(encoder: &mut Encoder, exif: &Exif, context: Context) -> TiffResult<Option<u32>> {
    if !exif.fields().any(|field| field.tag.context() == context && field.ifd_num == In::PRIMARY) {
        return Ok(None);
    }
    let mut directory = encoder.extra_directory()?;
    write_fields(&mut directory, exif, context)?;
    Ok(Some(directory.finish_with_offsets()?.offset))
}

/// The tags of the resolution, which is written from [`Metadata::density`].
const RESOLUTION: [u16; 3] = [282, 283, 296];

fn write_fields(
    directory: &mut DirectoryEncoder<Buffer, TiffKindStandard>,
    exif: &Exif,
    context: Context,
) -> TiffResult<()> {
    for field in exif.fields().filter(|field| field.ifd_num == In::PRIMARY && field.tag.context() == context) {
        let number = field.tag.number();
        if context == Context::Tiff && (is_storage(number) || RESOLUTION.contains(&number)) {
            continue;
        }
        if let Some((kind, bytes)) = encoded(&field.value) {
            write_entry(directory, Tag::from_u16_exhaustive(number), kind, &bytes)?;
        }
    }
    Ok(())
}

fn write_entry(
    directory: &mut DirectoryEncoder<Buffer, TiffKindStandard>,
    tag: Tag,
    kind: Type,
    bytes: &[u8],
) -> TiffResult<()> {
    let entry = directory.write_entry_bytes(kind, bytes)?;
    directory.extend_from(&Directory::from_iter([(tag, entry)]));
    Ok(())
}

/// The type of a field's value, and its bytes in native order.
fn encoded(value: &Value) -> Option<(Type, Vec<u8>)> {
    Some(match value {
        Value::Byte(bytes) => (Type::BYTE, bytes.clone()),
        Value::Ascii(texts) => (Type::ASCII, texts.iter().flat_map(|text| [text, &b"\0"[..]].concat()).collect()),
        Value::Short(values) => (Type::SHORT, values.iter().flat_map(|value| value.to_ne_bytes()).collect()),
        Value::Long(values) => (Type::LONG, values.iter().flat_map(|value| value.to_ne_bytes()).collect()),
        Value::Rational(values) => {
            let pairs = values.iter().flat_map(|ratio| [ratio.num, ratio.denom]);
            (Type::RATIONAL, pairs.flat_map(u32::to_ne_bytes).collect())
        }
        Value::Undefined(bytes, _) => (Type::UNDEFINED, bytes.clone()),
        Value::SLong(values) => (Type::SLONG, values.iter().flat_map(|value| value.to_ne_bytes()).collect()),
        Value::SRational(values) => {
            let pairs = values.iter().flat_map(|ratio| [ratio.num, ratio.denom]);
            (Type::SRATIONAL, pairs.flat_map(i32::to_ne_bytes).collect())
        }
        // No EXIF field has the other types.
        _ => return None,
    })
}

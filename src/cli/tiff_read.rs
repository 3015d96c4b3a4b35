//! TIFF in: samples of 1 to 16 bits and floating point, grey or RGB, with or without alpha, of the first
//! page. The codec itself is the crate's; what is here is TIFF's many ways to say the same.

use super::decode::{Decoded, Limits};
use super::failure::{Failure, Result};
use super::format::Format;
use super::metadata::{self, Density, Metadata};
use super::raster::Raster;
use ::tiff::ColorType;
use ::tiff::decoder::{Decoder, DecodingResult, ifd::Value};
use ::tiff::tags::Tag;
use dipkit::pixels::{Layout, Sample, Size};
use exif::experimental::Writer;
use exif::{Context, In};
use image::metadata::Orientation;
use std::io::Cursor;

type TiffDecoder<'a> = Decoder<Cursor<&'a [u8]>>;

/// Of DNG: its version.
const DNG_VERSION: Tag = Tag::Unknown(50706);
const NEW_SUBFILE_TYPE: Tag = Tag::NewSubfileType;
/// ExtraSamples: colour is multiplied by alpha already.
const ASSOCIATED_ALPHA: u32 = 1;

/// Decodes the first page.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(damaged)?;
    refuse_raw(&mut decoder)?;
    let (width, height) = decoder.dimensions().map_err(damaged)?;
    limits.check(u64::from(width), u64::from(height))?;
    let mut decoder = decoder.with_limits(limits.tiff());
    let size = Size::new(width as usize, height as usize);

    let mut warnings = Vec::new();
    let (channels, bits) = channels(&mut decoder)?;
    let mut samples = DecodingResult::U8(Vec::new());
    let buffer = decoder.read_image_to_buffer(&mut samples).map_err(damaged)?;
    if samples.as_buffer(0).byte_len() < buffer.complete_len {
        return Err(Failure::wrong("needs more memory to decode than --memory-limit allows"));
    }
    let (sample, mut packed) = packed(samples, size, channels, bits, &mut warnings)?;
    if buffer.planes > 1 {
        packed = interleaved(&packed, channels, sample.bytes());
    }
    let mut layout = Layout::packed(size, channels, sample);
    layout.premultiplied = layout.has_alpha() && unsigned(&mut decoder, Tag::ExtraSamples) == Some(ASSOCIATED_ALPHA);
    if packed.len() != size.area() * channels * sample.bytes() {
        return Err(Failure::wrong("is damaged: it holds fewer samples than it says"));
    }
    let metadata = metadata(&mut decoder, bytes, &mut warnings);
    if unsigned(&mut decoder, Tag::SamplesPerPixel).is_some_and(|given| given as usize > channels) {
        warnings.push("has channels beside colour and transparency; they are dropped".into());
    }
    if decoder.more_images() {
        warnings.push("has several pages; only the first is used".into());
    }
    Ok(Decoded { warnings, ..Decoded::of(Raster { layout, bytes: packed }, Format::Tiff, metadata) })
}

fn damaged(error: ::tiff::TiffError) -> Failure {
    match error {
        ::tiff::TiffError::UnsupportedError(what) => {
            Failure::wrong(format!("is a kind of TIFF that is not read ({what}): save it as 8- or 16-bit RGB first"))
        }
        ::tiff::TiffError::LimitsExceeded => {
            Failure::wrong("needs more memory to decode than is allowed; --memory-limit raises that")
        }
        other => Failure::wrong(format!("is damaged or no TIFF ({other}): export it again")),
    }
}

/// DNG, and the reduced first page over sub-pages by which NEF and ARW are known.
fn refuse_raw(decoder: &mut TiffDecoder) -> Result<()> {
    let is_dng = matches!(decoder.find_tag(DNG_VERSION), Ok(Some(_)));
    let is_thumbnail = unsigned(decoder, NEW_SUBFILE_TYPE) == Some(1);
    let has_subpages = matches!(decoder.find_tag(Tag::SubIfd), Ok(Some(_)));
    if is_dng || is_thumbnail && has_subpages {
        return Err(Failure::wrong(
            "is a camera raw file, which is not read: develop it and export it as 16-bit TIFF first",
        ));
    }
    Ok(())
}

fn unsigned(decoder: &mut TiffDecoder, tag: Tag) -> Option<u32> {
    match decoder.find_tag(tag).ok()?? {
        Value::List(values) => values.into_iter().next()?.into_u32().ok(),
        value => value.into_u32().ok(),
    }
}

/// Channels and bits of a sample.
fn channels(decoder: &mut TiffDecoder) -> Result<(usize, u8)> {
    let refuse = |what: &str| Err(Failure::wrong(format!("stores {what}: convert it to RGB first")));
    match decoder.colortype().map_err(damaged)? {
        ColorType::Gray(bits) => Ok((1, bits)),
        ColorType::GrayA(bits) => Ok((2, bits)),
        ColorType::Multiband { bit_depth, num_samples: 2 } => Ok((2, bit_depth)),
        ColorType::RGB(bits) => Ok((3, bits)),
        ColorType::RGBA(bits) => Ok((4, bits)),
        ColorType::CMYK(_) | ColorType::CMYKA(_) => refuse("CMYK"),
        ColorType::YCbCr(_) => refuse("YCbCr"),
        ColorType::Lab(_) => refuse("Lab"),
        ColorType::Palette(_) => refuse("a palette"),
        other => refuse(&format!("{other:?}")),
    }
}

/// Samples as bytes of a type that the engine knows.
fn packed(
    samples: DecodingResult,
    size: Size,
    channels: usize,
    bits: u8,
    warnings: &mut Vec<String>,
) -> Result<(Sample, Vec<u8>)> {
    let floats = |samples: Vec<f32>| (Sample::F32, samples.into_iter().flat_map(f32::to_ne_bytes).collect());
    match samples {
        DecodingResult::U8(bytes) if bits == 8 => Ok((Sample::U8, bytes)),
        DecodingResult::U8(bytes) if bits < 8 && channels == 1 => Ok((Sample::U8, expanded(&bytes, size.width, bits))),
        DecodingResult::U16(samples) if bits == 16 => {
            Ok((Sample::U16, samples.into_iter().flat_map(u16::to_ne_bytes).collect()))
        }
        DecodingResult::F16(samples) => {
            warnings.push("holds 16-bit floats; they are written as 32-bit floats".into());
            Ok(floats(samples.into_iter().map(half::f16::to_f32).collect()))
        }
        DecodingResult::F32(samples) => Ok(floats(samples)),
        DecodingResult::F64(samples) => {
            warnings.push("holds 64-bit floats; they are used and written as 32-bit floats".into());
            Ok(floats(samples.into_iter().map(|sample| sample as f32).collect()))
        }
        _ => Err(Failure::wrong(format!(
            "has {bits}-bit samples of a kind that is not read: save it with 8, 16 or 32 (float) bits first"
        ))),
    }
}

/// Grey samples of 1, 2 or 4 bits, rows padded to bytes, as 8 bits.
fn expanded(bytes: &[u8], width: usize, bits: u8) -> Vec<u8> {
    let per_byte = usize::from(8 / bits);
    let maximum = (1u16 << bits) - 1;
    let expand_row = |row: &[u8]| -> Vec<u8> {
        let sample = |x: usize| {
            let shift = 8 - bits * (x % per_byte + 1) as u8;
            let value = u16::from(row[x / per_byte] >> shift) & maximum;
            (value * 255 / maximum) as u8
        };
        (0..width).map(sample).collect()
    };
    bytes.chunks_exact(width.div_ceil(per_byte)).flat_map(expand_row).collect()
}

/// From one plane a channel to channels side by side.
fn interleaved(planes: &[u8], channels: usize, sample: usize) -> Vec<u8> {
    let plane = planes.len() / channels;
    let mut bytes = Vec::with_capacity(planes.len());
    for start in (0..plane).step_by(sample) {
        for channel in 0..channels {
            bytes.extend_from_slice(&planes[channel * plane + start..][..sample]);
        }
    }
    bytes
}

fn metadata(decoder: &mut TiffDecoder, bytes: &[u8], warnings: &mut Vec<String>) -> Metadata {
    let icc = decoder.get_tag_u8_vec(Tag::IccProfile).ok();
    let exif = exif(bytes);
    let has_exif = EXIF_TAGS.iter().any(|tag| matches!(decoder.find_tag(*tag), Ok(Some(_))));
    match exif {
        // Of many pages only the first eight are looked at, which is no damage.
        Some((_, true)) if !decoder.more_images() => {
            warnings.push("has fields in its EXIF that are damaged; they are dropped".into());
        }
        None if has_exif => warnings.push("has EXIF of a kind that is not read; it is dropped".into()),
        _ => {}
    }
    let mut metadata = Metadata::new(Format::Tiff, bytes, icc, exif.and_then(|(block, _)| block));
    metadata.density = density(decoder);
    metadata.orientation = unsigned(decoder, Tag::Orientation).and_then(|code| Orientation::from_exif(code as u8));
    metadata
}

fn density(decoder: &mut TiffDecoder) -> Option<Density> {
    let mut number = |tag| match decoder.find_tag(tag).ok()?? {
        Value::Rational(numerator, denominator) => Some(f64::from(numerator) / f64::from(denominator)),
        _ => None,
    };
    let (x, y) = (number(Tag::XResolution)?, number(Tag::YResolution)?);
    let scale = match unsigned(decoder, Tag::ResolutionUnit) {
        None | Some(2) => 1.0,
        Some(3) => metadata::CENTIMETRES_PER_INCH,
        // 1: a ratio only.
        Some(_) => return None,
    };
    metadata::positive(x * scale, y * scale)
}

/// Tags of the first page that say how the samples are stored, not what the picture is.
const STORAGE: &[u16] = &[
    254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291, 292, 293, 297,
    317, 320, 322, 323, 324, 325, 330, 338, 339, 340, 341, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530,
    531, 532, 700, 33723, 34377, 34675,
];

/// Whether a tag of the first page belongs to the picture's storage.
pub fn is_storage(tag: u16) -> bool {
    STORAGE.contains(&tag)
}

/// By which a file is known to have any.
const EXIF_TAGS: [Tag; 4] = [Tag::ExifDirectory, Tag::GpsDirectory, Tag::Make, Tag::Model];

/// TIFF mixes EXIF with the picture's storage; this is EXIF alone, as other formats carry it, if there is any, and
/// whether some of it is damaged.
fn exif(bytes: &[u8]) -> Option<(Option<Vec<u8>>, bool)> {
    let (exif, is_damaged) = metadata::fields(bytes.to_vec())?;
    let is_description = |field: &&exif::Field| {
        field.ifd_num == In::PRIMARY && !(field.tag.context() == Context::Tiff && is_storage(field.tag.number()))
    };
    let fields: Vec<_> = exif.fields().filter(is_description).collect();
    if fields.is_empty() {
        return Some((None, is_damaged));
    }
    let mut writer = Writer::new();
    fields.into_iter().for_each(|field| writer.push_field(field));
    let mut blob = Cursor::new(Vec::new());
    writer.write(&mut blob, cfg!(target_endian = "little")).ok()?;
    Some((Some(blob.into_inner()), is_damaged))
}

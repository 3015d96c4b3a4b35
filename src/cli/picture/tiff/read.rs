//! TIFF in, a page at a time: samples of 1 to 16 bits and floating point, grey, RGB or a palette, with or without
//! alpha. What is here is TIFF's many ways to say the same; fax inside of it is the library's.

use crate::failure::{Failure, Result};
use crate::picture::decoded::Decoded;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::metadata::density::{self, Density};
use crate::picture::metadata::{Metadata, exif_fields};
use crate::picture::range::NumberRange;
use crate::picture::raster::Raster;
use crate::picture::tiff::chunks::{self, FILL_ORDER, STRIP_BYTES, STRIP_OFFSETS, StoredSamples};
use crate::picture::tiff::directory::{Directory, Order};
use crate::picture::tiff::samples::{self, NumberFormat};
use ::tiff::decoder::{Decoder, DecodingResult};
use dipkit::pixels::{Layout, Sample, Size};
use exif::experimental::Writer;
use exif::{Context, In};
use image::metadata::Orientation;
use std::io::Cursor;

const SUBFILE_TYPE: u16 = 254;
const OLD_SUBFILE_TYPE: u16 = 255;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const ORIENTATION: u16 = 274;
const CHANNELS: u16 = 277;
const X_RESOLUTION: u16 = 282;
const Y_RESOLUTION: u16 = 283;
const PLANES: u16 = 284;
const RESOLUTION_UNIT: u16 = 296;
const SUBPAGES: u16 = 330;
const EXTRA_CHANNELS: u16 = 338;
pub const XMP: u16 = 700;
const IPTC: u16 = 33723;
const PHOTOSHOP: u16 = 34377;
const ICC: u16 = 34675;
const DNG_VERSION: u16 = 50706;
/// Of extra channels: colour is multiplied by it already, or not.
const ASSOCIATED_ALPHA: u64 = 1;
/// Of a page's kind: a smaller copy of another, or a mask.
const REDUCED: u64 = 1;
const MASK: u64 = 4;

/// The pixels of each page.
pub fn areas(bytes: &[u8]) -> Vec<u64> {
    let all = Directory::all(bytes);
    let side = |page: usize, tag| all[page].number(tag).unwrap_or(0);
    pages(bytes).into_iter().map(|page| side(page, WIDTH).saturating_mul(side(page, HEIGHT))).collect()
}

/// The pages that are pictures of their own, by their numbers in the file.
pub fn pages(bytes: &[u8]) -> Vec<usize> {
    // Directories of thumbnails and of a camera's notes may stand among them, without a size.
    let is_picture = |page: &Directory| {
        page.has(WIDTH)
            && page.has(HEIGHT)
            && page.number(SUBFILE_TYPE).unwrap_or(0) & (REDUCED | MASK) == 0
            && page.number(OLD_SUBFILE_TYPE) != Some(2)
    };
    let all = Directory::all(bytes);
    let pictures: Vec<_> = all.iter().enumerate().filter(|(_, page)| is_picture(page)).map(|(i, _)| i).collect();
    // A lone page is the picture, whatever it says of itself.
    if pictures.is_empty() { (0..all.len().min(1)).collect() } else { pictures }
}

/// Decodes one of the [`pages`].
///
/// # Errors
/// A kind that is not read, or damage.
pub fn read(bytes: &[u8], limits: &Limits, page: usize) -> Result<Decoded> {
    let (all, pictures) = (Directory::all(bytes), pages(bytes));
    let no_picture = || Failure::wrong_input("is damaged: no picture can be found in it; get a whole copy of it");
    let &index = pictures.get(page).ok_or_else(no_picture)?;
    let directory = &all[index];
    refuse_raw(directory)?;
    let side = |tag| directory.number(tag).ok_or_else(|| Failure::wrong_input("is damaged: it does not say its size"));
    let (width, height) = (side(WIDTH)?, side(HEIGHT)?);
    limits.check(width, height)?;
    let size = Size::new(width as usize, height as usize);
    let mut warnings = Vec::new();
    let form = PixelFormat::of(directory)?;
    let (sample, packed, kind) = form.read(bytes, directory, index, size, limits)?;
    let mut layout = Layout::packed(size, form.kept, sample);
    let extra = directory.numbers(EXTRA_CHANNELS).unwrap_or_default();
    layout.premultiplied = layout.has_alpha() && extra.first() == Some(&ASSOCIATED_ALPHA);
    if form.channels > form.kept && form.colour != Colour::Palette {
        warnings.push("has channels beside colour and transparency; they are dropped".into());
    }
    if kind == NumberFormat::Float && form.bits != 32 {
        warnings.push(format!("holds {}-bit floats; they are used and written as 32-bit floats", form.bits));
    }
    if pictures.len() < all.len() && page == 0 {
        warnings.push("has smaller copies or masks beside its pictures; they are dropped".into());
    }
    let mut metadata = metadata(directory, bytes, index, &mut warnings);
    metadata.signed_bits = (kind == NumberFormat::Signed).then_some(form.bits as u32);
    let stated_range = (kind == NumberFormat::Unsigned && (9..16).contains(&form.bits))
        .then(|| NumberRange { black: 0.0, white: f64::from((1u32 << form.bits) - 1) });
    Ok(Decoded {
        warnings,
        stated_range,
        pages: pictures.len(),
        ..Decoded::sound(Raster { layout, bytes: packed }, Format::Tiff, metadata)
    })
}

/// DNG, and the reduced first page over sub-pages by which NEF and ARW are known.
fn refuse_raw(page: &Directory) -> Result<()> {
    let is_thumbnail = page.number(SUBFILE_TYPE) == Some(REDUCED);
    if page.has(DNG_VERSION) || is_thumbnail && page.has(SUBPAGES) {
        return Err(Failure::wrong_input(
            "is a camera raw file, which is not read: develop it and export it as 16-bit TIFF first",
        ));
    }
    Ok(())
}

/// What a page's numbers stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colour {
    /// White is 0.
    Inverted,
    Grey,
    Rgb,
    Palette,
}

/// How a page stores its samples.
struct PixelFormat {
    colour: Colour,
    bits: usize,
    /// In the file, and those that are used.
    channels: usize,
    kept: usize,
    planes: usize,
}

impl PixelFormat {
    fn of(page: &Directory) -> Result<PixelFormat> {
        let refuse = |what: &str| Err(Failure::wrong_input(format!("stores {what}: convert it to RGB first")));
        let is_jpeg = page.number(COMPRESSION) == Some(7);
        let colour = match page.number(PHOTOMETRIC) {
            Some(0) => Colour::Inverted,
            // Some writers of grey pictures do not say.
            Some(1) | None => Colour::Grey,
            Some(2) => Colour::Rgb,
            Some(3) => Colour::Palette,
            // What JPEG holds becomes RGB when it is decoded.
            Some(6) if is_jpeg => Colour::Rgb,
            Some(4) => return refuse("a mask"),
            Some(5) => return refuse("CMYK"),
            Some(6) => return refuse("YCbCr"),
            Some(8..=10) => return refuse("Lab"),
            Some(32844 | 32845) => return refuse("LogLuv"),
            Some(other) => return refuse(&format!("colours of a kind that is not read (number {other})")),
        };
        let bits = page.numbers(BITS).unwrap_or_else(|| vec![1]);
        let first = bits.first().copied().unwrap_or(1);
        if bits.iter().any(|bits| *bits != first) {
            return refuse("channels of different depths");
        }
        let channels = page.number(CHANNELS).unwrap_or(1) as usize;
        let colours = if colour == Colour::Rgb { 3 } else { 1 };
        if channels < colours || channels > usize::from(u8::MAX) || bits.len() > channels.max(3) {
            return Err(Failure::wrong_input(format!(
                "is damaged: it declares {channels} channels and {} depths of them; get a whole copy of it",
                bits.len()
            )));
        }
        let extra = page.numbers(EXTRA_CHANNELS).unwrap_or_default();
        let is_alpha = match extra.first() {
            Some(1 | 2) => true,
            // Some writers of transparency do not say so, if it is the only extra channel.
            Some(0) | None => channels == colours + 1,
            Some(_) => false,
        };
        let has_alpha = channels > colours && colour != Colour::Palette && is_alpha;
        let planes = if page.number(PLANES) == Some(2) { channels } else { 1 };
        Ok(PixelFormat {
            colour,
            bits: first as usize,
            channels,
            kept: if colour == Colour::Palette { 3 } else { colours + usize::from(has_alpha) },
            planes,
        })
    }

    /// The samples that are used, side by side.
    fn read(
        &self,
        file: &[u8],
        page: &Directory,
        index: usize,
        size: Size,
        limits: &Limits,
    ) -> Result<(Sample, Vec<u8>, NumberFormat)> {
        let kind = NumberFormat::of(page, self.bits)?;
        let (mut samples, bytes, order) = if chunks::is_known(page) {
            let samples = StoredSamples {
                bits: self.bits,
                channels: if self.planes > 1 { 1 } else { self.channels },
                planes: self.planes,
            };
            (samples, chunks::read(file, page, size, samples, limits)?, page.order)
        } else {
            let bytes = by_library(file, index, limits)?;
            let samples = StoredSamples { bits: self.bits, channels: self.channels, planes: 1 };
            (samples, bytes, Order::native())
        };
        if bytes.len() != samples.row_bytes(size.width) * size.height * samples.planes {
            return Err(Failure::wrong_input(
                "is damaged: it holds fewer samples than it says; get a whole copy of it",
            ));
        }
        samples.planes = samples.planes.max(1);
        if self.colour == Colour::Palette {
            if kind != NumberFormat::Unsigned || self.bits > 8 {
                return Err(Failure::wrong_input(format!(
                    "stores a palette of {}-bit numbers: convert it to RGB first",
                    self.bits
                )));
            }
            let (_, indices) = samples::packed(&bytes, size, samples, 1, kind, order);
            return Ok((Sample::U8, samples::colours(page, &indices, self.bits)?, kind));
        }
        let (sample, mut packed) = samples::packed(&bytes, size, samples, self.kept, kind, order);
        // What the library unpacks it has inverted already.
        if self.colour == Colour::Inverted && chunks::is_known(page) {
            invert(&mut packed, sample, self.kept, self.bits);
        }
        Ok((sample, packed, kind))
    }
}

/// Makes white of what is 0; transparency, the second of two channels, stays.
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

/// A page's samples in native order, one plane.
fn by_library(file: &[u8], index: usize, limits: &Limits) -> Result<Vec<u8>> {
    let straight = straightened(file, index);
    let file = straight.as_deref().unwrap_or(file);
    let mut decoder = Decoder::new(Cursor::new(file)).map_err(refuse)?.with_limits(limits.tiff());
    decoder.seek_to_image(index).map_err(refuse)?;
    let mut samples = DecodingResult::U8(Vec::new());
    let buffer = decoder.read_image_to_buffer(&mut samples).map_err(refuse)?;
    let bytes = samples.as_buffer(0).as_bytes().to_vec();
    if bytes.len() < buffer.complete_len {
        return Err(Failure::wrong_input("needs more memory to decode than --memory-limit allows"));
    }
    if buffer.planes > 1 {
        return Err(Failure::wrong_input("stores its channels apart, as JPEGs: save it without compression first"));
    }
    Ok(bytes)
}

/// A file whose page has its bytes in the order that the library takes, where they are turned round.
fn straightened(file: &[u8], index: usize) -> Option<Vec<u8>> {
    let all = Directory::all(file);
    let page = all.get(index).filter(|page| page.number(FILL_ORDER) == Some(2))?;
    let mut straight = file.to_vec();
    for (offset, length) in page.numbers(STRIP_OFFSETS)?.into_iter().zip(page.numbers(STRIP_BYTES)?) {
        let end = offset.checked_add(length)?;
        straight.get_mut(offset as usize..end as usize)?.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    }
    Some(straight)
}

/// Without the library's own words.
fn refuse(error: ::tiff::TiffError) -> Failure {
    match error {
        ::tiff::TiffError::UnsupportedError(_) => Failure::wrong_input(
            "is a kind of TIFF that is not read: save it as 8- or 16-bit RGB without compression first",
        ),
        ::tiff::TiffError::LimitsExceeded => {
            Failure::wrong_input("needs more memory to decode than is allowed; --memory-limit raises that")
        }
        _ => Failure::wrong_input("is damaged: get a whole copy of it"),
    }
}

fn metadata(page: &Directory, bytes: &[u8], index: usize, warnings: &mut Vec<String>) -> Metadata {
    let exif = exif(bytes, index);
    let has_exif = EXIF_TAGS.iter().any(|tag| page.has(*tag));
    match exif {
        Some((_, true)) => warnings.push("has fields in its EXIF that are damaged; they are dropped".into()),
        None if has_exif => warnings.push("has EXIF of a kind that is not read; it is dropped".into()),
        _ => {}
    }
    let icc = page.bytes(ICC).map(<[u8]>::to_vec);
    let mut metadata = Metadata::new(Format::Tiff, bytes, icc, exif.and_then(|(block, _)| block));
    metadata.xmp = page.bytes(XMP).map(<[u8]>::to_vec);
    if page.has(IPTC) || page.has(PHOTOSHOP) {
        warnings.push("has IPTC or Photoshop fields; they are dropped".into());
    }
    metadata.density = density(page);
    metadata.orientation = page.number(ORIENTATION).and_then(|code| Orientation::from_exif(u8::try_from(code).ok()?));
    metadata
}

fn density(page: &Directory) -> Option<Density> {
    let (x, y) = (page.ratio(X_RESOLUTION)?, page.ratio(Y_RESOLUTION)?);
    let scale = match page.number(RESOLUTION_UNIT) {
        None | Some(2) => 1.0,
        Some(3) => density::CENTIMETRES_PER_INCH,
        // 1: a ratio only.
        Some(_) => return density::ratio(x, y),
    };
    density::positive(x * scale, y * scale)
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

/// By which a file is known to have any: directories of EXIF and of positions, maker and model.
const EXIF_TAGS: [u16; 4] = [34665, 34853, 271, 272];

/// TIFF mixes EXIF with the picture's storage; this is EXIF alone of one page, as other formats carry it, if there is
/// any, and whether some of it is damaged.
fn exif(bytes: &[u8], index: usize) -> Option<(Option<Vec<u8>>, bool)> {
    // The library looks at the first eight.
    let number = u16::try_from(index).ok().filter(|number| *number < 8)?;
    let (exif, mut is_damaged) = exif_fields::fields(bytes.to_vec())?;
    // Of more pages it says that they are too many.
    is_damaged &= Directory::all(bytes).len() <= 1;
    let is_description = |field: &&exif::Field| {
        field.ifd_num == In(number) && !(field.tag.context() == Context::Tiff && is_storage(field.tag.number()))
    };
    let of_first = |field: &exif::Field| exif::Field { ifd_num: In::PRIMARY, ..field.clone() };
    let fields: Vec<_> = exif.fields().filter(is_description).map(of_first).collect();
    if fields.is_empty() {
        return Some((None, is_damaged));
    }
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut blob = Cursor::new(Vec::new());
    writer.write(&mut blob, cfg!(target_endian = "little")).ok()?;
    Some((Some(blob.into_inner()), is_damaged))
}

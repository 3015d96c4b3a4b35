//! What a picture file carries beside its samples: colour profile, EXIF, resolution. Read here from the
//! bytes of each format; written by the encoders.

use crate::picture::exif_block::ExifBlock;
use crate::picture::exr::read::Attributes;
use crate::picture::format::Format;
use crate::picture::png_chunks::Chunks;
use crate::picture::range::RangeMapping;
use dipkit::pixels::{Layout, Sample, Size};
use exif::{Exif, In, Tag, Value};
use image::metadata::Orientation;
use img_parts::png::PngChunk;

/// How near to each other pixels are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Density {
    pub x: f64,
    pub y: f64,
    pub unit: Unit,
}

/// Of what a density says the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Inch,
    /// Of nothing: it only says that pixels are wider or narrower than they are high.
    None,
}

pub const CENTIMETRES_PER_INCH: f64 = 2.54;
pub const METRES_PER_INCH: f64 = 0.0254;

/// Beside the samples.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    pub icc: Option<Vec<u8>>,
    /// A TIFF structure, without the "Exif" header of JPEG.
    pub exif: Option<Vec<u8>>,
    pub density: Option<Density>,
    /// How the picture is turned, where EXIF does not say so.
    pub orientation: Option<Orientation>,
    /// As its text stands in the file.
    pub xmp: Option<Vec<u8>>,
    /// Chunks that say what the samples of a PNG mean, beside its profile.
    pub png_colour: Vec<PngChunk>,
    /// A PNG's comments.
    pub png_text: Vec<PngChunk>,
    /// What an EXR says.
    pub exr: Option<Box<Attributes>>,
    /// Bits of the file's integers, where these are signed.
    pub signed_bits: Option<u32>,
    /// How the file's numbers became samples, where they have a range of their own.
    pub scale: Option<RangeMapping>,
}

/// In 1/100000: the exponent, and the white point and primaries.
const SRGB_GAMMA: [i64; 1] = [45455];
const SRGB_POINTS: [i64; 8] = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];

impl Metadata {
    /// Resolution from a file's bytes; profile and EXIF come from its decoder.
    pub fn new(format: Format, bytes: &[u8], icc: Option<Vec<u8>>, exif: Option<Vec<u8>>) -> Self {
        let exif = exif.map(without_header);
        let mut metadata = Metadata { icc, exif, ..Metadata::default() };
        metadata.density = match format {
            Format::Jpeg => jfif_density(bytes),
            Format::Bmp => bmp_density(bytes),
            _ => None,
        };
        metadata.density = metadata.density.or_else(|| metadata.exif.as_deref().and_then(exif_density));
        metadata
    }

    /// From a PNG's chunks.
    pub fn of_png(chunks: &Chunks) -> Self {
        let exif = chunks.exif.clone().map(without_header);
        let density = chunks.density.and_then(|(numbers, is_metre)| png_density(numbers, is_metre));
        Metadata {
            density: density.or_else(|| exif.as_deref().and_then(exif_density)),
            icc: chunks.icc.clone(),
            exif,
            xmp: chunks.xmp.clone(),
            // A profile takes the place of sRGB's.
            png_colour: chunks
                .colour
                .iter()
                .filter(|c| chunks.icc.is_none() || c.kind() != *b"sRGB")
                .cloned()
                .collect(),
            png_text: chunks.text.clone(),
            ..Metadata::default()
        }
    }

    /// Whether a PNG's own chunks say that its colours are not those of sRGB.
    pub fn is_not_srgb(&self) -> bool {
        let chunk = |kind: &[u8; 4]| self.png_colour.iter().find(|chunk| chunk.kind() == *kind).map(|c| c.contents());
        let numbers = |contents: &[u8]| -> Vec<i64> {
            contents.as_chunks().0.iter().map(|bytes| i64::from(u32::from_be_bytes(*bytes))).collect()
        };
        let differs =
            |contents: &[u8], srgb: &[i64]| numbers(contents).iter().zip(srgb).any(|(x, y)| (x - y).abs() > 200);
        if let Some(code) = chunk(b"cICP") {
            return !code.starts_with(&[1, 13]);
        }
        self.icc.is_none()
            && chunk(b"sRGB").is_none()
            && (chunk(b"gAMA").is_some_and(|gamma| differs(gamma, &SRGB_GAMMA))
                || chunk(b"cHRM").is_some_and(|points| differs(points, &SRGB_POINTS)))
    }

    /// Takes the orientation out of EXIF: what is left says "upright".
    pub fn take_orientation(&mut self) -> Orientation {
        let in_exif = self.exif.as_mut().and_then(|exif| Orientation::remove_from_exif_chunk(exif));
        in_exif.or(self.orientation.take()).unwrap_or(Orientation::NoTransforms)
    }

    /// Makes EXIF true of a restored picture of this size.
    pub fn describe(&mut self, size: Size) {
        if let Some(mut block) = self.exif.as_mut().and_then(|exif| ExifBlock::new(exif)) {
            // Blocks without a thumbnail or a size are true already.
            let _ = block.drop_thumbnail();
            let _ = block.set_size(size.width, size.height);
        }
    }

    /// Keeps the range of the file's numbers where samples of the same kind are written, and says where not.
    pub fn hold_scale(&mut self, format: Format, layout: &Layout, warnings: &mut Vec<String>) {
        let Some(scale) = self.scale.take() else {
            self.signed_bits = None;
            return;
        };
        let is_same = layout.sample == scale.sample && (scale.sample != Sample::F32 || format == Format::Tiff);
        let is_signed = self.signed_bits.take_if(|_| !(is_same && format == Format::Tiff));
        if is_same && is_signed.is_none() {
            self.scale = Some(scale);
        } else {
            let (name, range) = (format.name(), scale.range);
            warnings.push(format!("{name} cannot hold the picture's own numbers: {range} is spread over all of its"));
        }
    }

    /// Whether there is no profile, or one with the mark that each has (ICC.1:2022, 7.2.11).
    pub fn has_sound_profile(&self) -> bool {
        self.icc.as_ref().is_none_or(|icc| icc.get(36..40) == Some(b"acsp"))
    }

    /// Whether the profile describes pictures of this many colour channels.
    pub fn icc_fits(&self, colours: usize) -> bool {
        // Bytes 16..20 of a profile name its data colour space (ICC.1:2022, 7.2).
        let space = self.icc.as_ref().and_then(|icc| icc.get(16..20));
        match space {
            Some(b"GRAY") => colours == 1,
            Some(b"RGB ") => colours == 3,
            _ => false,
        }
    }

    /// Width and height of the resolution change places with the picture's, and XMP says "upright" too.
    pub fn turn(&mut self, orientation: Orientation) {
        if let Some(density) = self.density.as_mut().filter(|_| is_turned(orientation)) {
            std::mem::swap(&mut density.x, &mut density.y);
        }
        if let Some(xmp) = self.xmp.as_mut().filter(|_| orientation != Orientation::NoTransforms) {
            *xmp = upright(xmp);
        }
    }
}

/// PNG and WebP files of some writers repeat JPEG's header.
fn without_header(exif: Vec<u8>) -> Vec<u8> {
    match exif.strip_prefix(b"Exif\0\0") {
        Some(rest) => rest.to_vec(),
        None => exif,
    }
}

/// Whether width and height change places.
pub fn is_turned(orientation: Orientation) -> bool {
    orientation.to_exif() >= Orientation::Rotate90FlipH.to_exif()
}

/// XMP in which tiff:Orientation, as an attribute or an element, is 1.
fn upright(xmp: &[u8]) -> Vec<u8> {
    const NAME: &[u8] = b"tiff:Orientation";
    let mut xmp = xmp.to_vec();
    let places: Vec<_> = xmp.windows(NAME.len()).enumerate().filter(|(_, w)| *w == NAME).map(|(at, _)| at).collect();
    for at in places {
        let value = at + NAME.len();
        let digit = xmp.get(value..).unwrap_or_default().iter().take(4).position(u8::is_ascii_digit);
        if let Some(digit) = digit {
            xmp[value + digit] = b'1';
        }
    }
    xmp
}

fn png_density([x, y]: [u32; 2], is_metre: bool) -> Option<Density> {
    if is_metre {
        return positive(f64::from(x) * METRES_PER_INCH, f64::from(y) * METRES_PER_INCH);
    }
    ratio(f64::from(x), f64::from(y))
}

/// A density without a unit, where pixels are not square.
pub fn ratio(x: f64, y: f64) -> Option<Density> {
    positive(x, y).filter(|density| density.x != density.y).map(|density| Density { unit: Unit::None, ..density })
}

fn jfif_density(bytes: &[u8]) -> Option<Density> {
    // SOI, then APP0 (JFIF 1.02, page 5): length, "JFIF\0", version, unit, x, y.
    (bytes.get(2..4)? == b"\xff\xe0" && bytes.get(6..11)? == b"JFIF\0").then_some(())?;
    let number = |at: usize| Some(f64::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let scale = match bytes.get(13)? {
        1 => 1.0,
        2 => CENTIMETRES_PER_INCH,
        _ => return ratio(number(14)?, number(16)?),
    };
    positive(number(14)? * scale, number(16)? * scale)
}

/// Where a BMP's header keeps its pixels per metre, width before height.
pub const BMP_DENSITY: std::ops::Range<usize> = 38..46;
/// Where it keeps its own length, and the least that holds that.
const BMP_HEADER_LENGTH: std::ops::Range<usize> = 14..18;
const LEAST_BMP_HEADER: u32 = 40;

fn bmp_density(bytes: &[u8]) -> Option<Density> {
    // The oldest header is shorter, and pixels stand there.
    let header = u32::from_le_bytes(bytes.get(BMP_HEADER_LENGTH)?.try_into().ok()?);
    let field = bytes.get(BMP_DENSITY).filter(|_| header >= LEAST_BMP_HEADER)?;
    let number = |at: usize| Some(f64::from(i32::from_le_bytes(field.get(at..at + 4)?.try_into().ok()?)));
    positive(number(0)? * METRES_PER_INCH, number(4)? * METRES_PER_INCH)
}

/// The fields of an EXIF block, and whether some are damaged, which are left out.
pub fn fields(block: Vec<u8>) -> Option<(Exif, bool)> {
    let mut is_damaged = false;
    let read = exif::Reader::new().continue_on_error(true).read_raw(block);
    let read = read.or_else(|error| error.distill_partial_result(|_| is_damaged = true)).ok()?;
    Some((read, is_damaged))
}

fn exif_density(exif: &[u8]) -> Option<Density> {
    let (exif, _) = fields(exif.to_vec())?;
    let number = |tag| match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(ratios) => ratios.first().map(|ratio| ratio.to_f64()),
        _ => None,
    };
    let unit = exif.get_field(Tag::ResolutionUnit, In::PRIMARY).and_then(|field| field.value.get_uint(0));
    let scale = match unit {
        // The inch is the default.
        None | Some(2) => 1.0,
        Some(3) => CENTIMETRES_PER_INCH,
        Some(_) => return None,
    };
    positive(number(Tag::XResolution)? * scale, number(Tag::YResolution)? * scale)
}

/// A density that means something.
pub fn positive(x: f64, y: f64) -> Option<Density> {
    (x.is_finite() && y.is_finite() && x > 0.0 && y > 0.0).then_some(Density { x, y, unit: Unit::Inch })
}

//! What a picture file carries beside its samples: colour profile, EXIF, resolution. Read here from the
//! bytes of each format; written by the encoders.

pub mod density;
mod exif_block;
pub mod exif_fields;
pub mod exr_attributes;

use crate::picture::format::Format;
use crate::picture::range::RangeMapping;
use density::Density;
use dipkit::pixels::{Layout, Sample, Size};
use exif_block::ExifBlock;
use exr_attributes::ExrAttributes;
use image::metadata::Orientation;
use img_parts::png::PngChunk;

/// What a picture file carries beside its samples.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    pub icc: Option<Vec<u8>>,
    /// EXIF as a TIFF structure, without the "Exif" header of JPEG.
    pub exif: Option<Vec<u8>>,
    pub density: Option<Density>,
    /// How the picture is turned, unless EXIF says so.
    pub orientation: Option<Orientation>,
    /// XMP as its text stands in the file.
    pub xmp: Option<Vec<u8>>,
    /// The chunks of a PNG that say what its samples mean, beside its profile.
    pub png_colour: Vec<PngChunk>,
    /// The comments of a PNG.
    pub png_text: Vec<PngChunk>,
    /// What an EXR says beside its pixels.
    pub exr: Option<Box<ExrAttributes>>,
    /// The bits of the file's integers if they are signed.
    pub signed_bits: Option<u32>,
    /// How the file's numbers became samples, if they have a range of their own.
    pub scale: Option<RangeMapping>,
}

/// The exponent of sRGB, and its white point and primaries, in units of 1/100000.
const SRGB_GAMMA: [i64; 1] = [45455];
const SRGB_POINTS: [i64; 8] = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];

impl Metadata {
    /// The metadata of a file whose profile and EXIF its decoder has found. The resolution is read from the file's
    /// bytes.
    pub fn new(format: Format, bytes: &[u8], icc: Option<Vec<u8>>, exif: Option<Vec<u8>>) -> Self {
        let exif = exif.map(exif_fields::without_header);
        let mut metadata = Metadata { icc, exif, ..Metadata::default() };
        metadata.density = match format {
            Format::Jpeg => density::jfif(bytes),
            Format::Bmp => density::bmp(bytes),
            _ => None,
        };
        metadata.density = metadata.density.or_else(|| metadata.exif.as_deref().and_then(exif_fields::density));
        metadata
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

    /// Takes the orientation out of the metadata, which then says that the picture is upright.
    pub fn take_orientation(&mut self) -> Orientation {
        let in_exif = self.exif.as_mut().and_then(|exif| Orientation::remove_from_exif_chunk(exif));
        in_exif.or(self.orientation.take()).unwrap_or(Orientation::NoTransforms)
    }

    /// Makes EXIF true of a restored picture of this size: without the old thumbnail, and with the new size.
    pub fn describe(&mut self, size: Size) {
        if let Some(mut block) = self.exif.as_mut().and_then(|exif| ExifBlock::new(exif)) {
            // Blocks without a thumbnail or a size are true already.
            let _ = block.drop_thumbnail();
            let _ = block.set_size(size.width, size.height);
        }
    }

    /// Keeps the range of the file's numbers if samples of the same kind are written, and warns if not.
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
            warnings
                .push(format!("{name} cannot hold the picture's own numbers: {range} is spread over its whole range"));
        }
    }

    /// Whether there is no profile, or one with the mark that every profile has (ICC.1:2022, 7.2.11).
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

    /// Turns the metadata with the picture: the sides of the resolution change places, and XMP says "upright" too.
    pub fn turn(&mut self, orientation: Orientation) {
        if let Some(density) = self.density.as_mut().filter(|_| is_turned(orientation)) {
            std::mem::swap(&mut density.x, &mut density.y);
        }
        if let Some(xmp) = self.xmp.as_mut().filter(|_| orientation != Orientation::NoTransforms) {
            *xmp = upright(xmp);
        }
    }
}

/// Whether an orientation makes width and height change places.
pub fn is_turned(orientation: Orientation) -> bool {
    orientation.to_exif() >= Orientation::Rotate90FlipH.to_exif()
}

/// The XMP with tiff:Orientation, as an attribute or an element, set to 1.
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

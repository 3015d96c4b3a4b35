//! How a TIFF page stores its samples: kind of colour, kind of number, depth, channels and planes.

use crate::failure::{Failure, Result};
use crate::picture::tiff::directory::Directory;
use crate::picture::tiff::tags::{
    BITS_PER_SAMPLE, COMPRESSION, EXTRA_SAMPLES, PHOTOMETRIC, PLANAR_CONFIGURATION, SAMPLE_FORMAT, SAMPLES_PER_PIXEL,
};

/// What a page's numbers stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Grey in which white is 0.
    Inverted,
    Grey,
    Rgb,
    Palette,
}

/// Which kind of number a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    Unsigned,
    Signed,
    Float,
}

/// The format of a page's pixels.
#[derive(Debug, Clone, Copy)]
pub struct PixelFormat {
    pub colour: Colour,
    pub numbers: NumberFormat,
    pub bits: usize,
    /// The number of channels in the file.
    pub channels: usize,
    /// The number of channels that are used, after a palette has become colours.
    pub kept: usize,
    /// The number of planes in the file: 1 where the channels of a pixel stand side by side.
    pub planes: usize,
    /// Whether colour is multiplied by alpha already, where there is alpha.
    pub is_premultiplied: bool,
}

/// Bits, channels and planes of samples in a file.
#[derive(Debug, Clone, Copy)]
pub struct StoredSamples {
    pub bits: usize,
    /// The number of channels in one plane.
    pub channels: usize,
    pub planes: usize,
}

impl StoredSamples {
    /// The bytes of a row of `width` pixels, in one plane.
    pub fn row_bytes(self, width: usize) -> usize {
        (width * self.channels * self.bits).div_ceil(8)
    }
}

/// The value of [`EXTRA_SAMPLES`] for alpha by which colour is multiplied already.
const ASSOCIATED_ALPHA: u64 = 1;

impl PixelFormat {
    /// The format of a page.
    ///
    /// # Errors
    /// The page is damaged, or of a kind that is not read.
    pub fn new(page: &Directory) -> Result<PixelFormat> {
        let colour = colour(page)?;
        let bits = bits(page)?;
        let colours = if colour == Colour::Rgb { 3 } else { 1 };
        let channels = channels(page, colours)?;
        let has_alpha = colour != Colour::Palette && has_alpha(page, channels, colours);
        let extra = page.numbers(EXTRA_SAMPLES).unwrap_or_default();
        Ok(PixelFormat {
            colour,
            numbers: numbers(page, bits)?,
            bits,
            channels,
            kept: if colour == Colour::Palette { 3 } else { colours + usize::from(has_alpha) },
            planes: if page.number(PLANAR_CONFIGURATION) == Some(2) { channels } else { 1 },
            is_premultiplied: extra.first() == Some(&ASSOCIATED_ALPHA),
        })
    }
}

fn convert_first<T>(what: &str) -> Result<T> {
    Err(Failure::wrong_input(format!("stores {what}: convert it to RGB first")))
}

fn colour(page: &Directory) -> Result<Colour> {
    let is_jpeg = page.number(COMPRESSION) == Some(7);
    match page.number(PHOTOMETRIC) {
        Some(0) => Ok(Colour::Inverted),
        // Some writers of grey pictures leave it out.
        Some(1) | None => Ok(Colour::Grey),
        Some(2) => Ok(Colour::Rgb),
        Some(3) => Ok(Colour::Palette),
        // What JPEG holds becomes RGB when it is decoded.
        Some(6) if is_jpeg => Ok(Colour::Rgb),
        Some(4) => convert_first("a mask"),
        Some(5) => convert_first("CMYK"),
        Some(6) => convert_first("YCbCr"),
        Some(8..=10) => convert_first("Lab"),
        Some(32844 | 32845) => convert_first("LogLuv"),
        Some(other) => convert_first(&format!("colours of a kind that is not read (number {other})")),
    }
}

/// The depth that all channels have.
fn bits(page: &Directory) -> Result<usize> {
    let bits = page.numbers(BITS_PER_SAMPLE).unwrap_or_else(|| vec![1]);
    let first = bits.first().copied().unwrap_or(1);
    if bits.iter().any(|bits| *bits != first) {
        return convert_first("channels of different depths");
    }
    Ok(first as usize)
}

fn channels(page: &Directory, colours: usize) -> Result<usize> {
    let channels = page.number(SAMPLES_PER_PIXEL).unwrap_or(1) as usize;
    let depths = page.numbers(BITS_PER_SAMPLE).map_or(1, |depths| depths.len());
    if channels < colours || channels > usize::from(u8::MAX) || depths > channels.max(3) {
        return Err(Failure::wrong_input(format!(
            "is damaged: it declares {channels} channels and {depths} depths of them; get a whole copy of it"
        )));
    }
    Ok(channels)
}

fn has_alpha(page: &Directory, channels: usize, colours: usize) -> bool {
    let extra = page.numbers(EXTRA_SAMPLES).unwrap_or_default();
    let is_alpha = match extra.first() {
        Some(1 | 2) => true,
        // Some writers of transparency do not say so, if it is the only extra channel.
        Some(0) | None => channels == colours + 1,
        Some(_) => false,
    };
    channels > colours && is_alpha
}

fn numbers(page: &Directory, bits: usize) -> Result<NumberFormat> {
    let formats = page.numbers(SAMPLE_FORMAT).unwrap_or_default();
    let first = formats.first().copied().unwrap_or(1);
    if formats.iter().any(|format| *format != first) {
        return Err(not_read("channels of different kinds"));
    }
    match (first, bits) {
        // 4 means that nothing is said, which old programs wrote.
        (1 | 4, 1..=16) => Ok(NumberFormat::Unsigned),
        (2, 8 | 16) => Ok(NumberFormat::Signed),
        (3, 16 | 32 | 64) => Ok(NumberFormat::Float),
        (1 | 2 | 4, _) => Err(not_read(&format!("{bits}-bit integers"))),
        (3, _) => Err(not_read(&format!("{bits}-bit floats"))),
        (_, _) => Err(not_read("complex numbers")),
    }
}

fn not_read(what: &str) -> Failure {
    Failure::wrong_input(format!("holds {what}, which are not read: save it with 8, 16 or 32 (float) bits first"))
}

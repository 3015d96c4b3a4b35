//! The import: from a host's buffer to encoded planes in 0..1.

use super::fill::fill_missing;
use super::layout::{Layout, Sample, Transfer};
use super::picture::Picture;
use super::transfer::{Shoulder, encode, saturated};
use crate::error::{Error, Result};
use crate::room;

/// A picture as the engine works on it, and what is needed to give back untouched what did not change.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The colours, in 1 (grey) or 3 (RGB) channels: display-encoded, not premultiplied, through the shoulder, in 0..1.
    /// Missing samples are filled from their neighbours.
    pub colour: Picture,
    /// How far each sample of `colour` is observed: 1 observed, 0 missing (NaN, infinite, alpha 0). `None` where
    /// everything is observed.
    pub weight: Option<Picture>,
    /// Alpha, as one channel in 0..1.
    pub alpha: Option<Picture>,
    pub shoulder: Shoulder,
    pub original: Original,
}

/// The samples of a picture as they were given (alpha as the last channel), u8 and u16 divided by their maximum.
#[derive(Debug, Clone)]
pub struct Original {
    pub samples: Picture,
    pub transfer: Transfer,
    /// Whether colours are multiplied by alpha; false without alpha, whatever the layout says.
    pub premultiplied: bool,
}

/// Copies a picture out of a host's buffer. `origin` is the offset in `buffer` of channel 0 of the top-left pixel.
///
/// # Errors
/// `InvalidArgument` for a bad layout or a buffer too small for it; `OutOfMemory` where the copy has no room.
pub fn import(layout: &Layout, origin: usize, buffer: &[u8]) -> Result<Imported> {
    let original = original(layout, origin, buffer)?;
    let alpha = original.alpha()?;
    let mut colour = original.encoded()?;
    let shoulder = Shoulder::of(&colour.samples);
    if shoulder != Shoulder::none() {
        colour.samples.iter_mut().for_each(|sample| *sample = shoulder.compress(*sample));
    }
    let weight = weights(&colour)?;
    fill_missing(&mut colour)?;
    Ok(Imported { colour, weight, alpha, shoulder, original })
}

/// Copies the samples alone, as they were given.
///
/// # Errors
/// `InvalidArgument` for a bad layout or a buffer too small for it; `OutOfMemory` where the copy has no room.
pub fn original(layout: &Layout, origin: usize, buffer: &[u8]) -> Result<Original> {
    layout.check_buffer("image", origin, buffer.len())?;
    let samples = read(layout, origin, buffer)?;
    Ok(Original { samples, transfer: layout.transfer, premultiplied: layout.premultiplies() })
}

/// Copies a one-channel mask: 0 is missing, the maximum is observed, between is a weight (0..1).
///
/// # Errors
/// `InvalidArgument` for a bad layout, a buffer too small for it, more than one channel, or NaN; `OutOfMemory` where
/// the copy has no room.
pub fn import_mask(layout: &Layout, origin: usize, buffer: &[u8]) -> Result<Picture> {
    if layout.channels != 1 {
        return Err(Error::invalid(format!("mask has {} channels, must have 1", layout.channels)));
    }
    layout.check_buffer("mask", origin, buffer.len())?;
    let mut mask = read(layout, origin, buffer)?;
    if let Some(at) = mask.samples.iter().position(|sample| sample.is_nan()) {
        let (x, y) = (at % layout.size.width, at / layout.size.width);
        return Err(Error::invalid(format!("mask at {x}, {y} is NaN, must be 0 to 1")));
    }
    for sample in &mut mask.samples {
        *sample = sample.clamp(0.0, 1.0);
    }
    Ok(mask)
}

impl Original {
    /// Gives the number of channels without alpha: 1 or 3.
    pub fn colours(&self) -> usize {
        if self.samples.channels > 2 { 3 } else { 1 }
    }

    /// Copies alpha, in 0..1; `None` where there is none.
    fn alpha(&self) -> Result<Option<Picture>> {
        if self.samples.channels == self.colours() {
            return Ok(None);
        }
        let plane = self.samples.plane(self.colours());
        let samples = room::collect(plane.len(), plane.iter().map(|&sample| clean_alpha(sample)))?;
        Ok(Some(Picture { size: self.samples.size, channels: 1, samples }))
    }

    /// Gives a pixel's colour in the original's transfer, but not premultiplied; NaN where it is missing.
    pub(super) fn straight(&self, channel: usize, pixel: usize) -> f32 {
        let sample = self.samples.plane(channel)[pixel];
        if !sample.is_finite() {
            return f32::NAN;
        }
        if !self.premultiplied {
            return sample;
        }
        match clean_alpha(self.samples.plane(self.colours())[pixel]) {
            0.0 => f32::NAN,
            alpha => saturated(f64::from(sample) / f64::from(alpha)),
        }
    }

    /// Converts the colour to display-encoded samples that are not premultiplied; missing samples are NaN.
    fn encoded(&self) -> Result<Picture> {
        let (size, channels) = (self.samples.size, self.colours());
        let convert = |sample| if self.transfer == Transfer::Linear { encode(sample) } else { sample };
        let mut samples = room::vector(size.area() * channels)?;
        for channel in 0..channels {
            if self.premultiplied {
                samples.extend((0..size.area()).map(|pixel| convert(self.straight(channel, pixel))));
            } else {
                let known = |sample: f32| if sample.is_finite() { convert(sample) } else { f32::NAN };
                samples.extend(self.samples.plane(channel).iter().map(|sample| known(*sample)));
            }
        }
        Ok(Picture { size, channels, samples })
    }
}

/// Brings alpha into 0..1; alpha that is no number hides nothing.
fn clean_alpha(alpha: f32) -> f32 {
    if alpha.is_finite() { alpha.clamp(0.0, 1.0) } else { 1.0 }
}

/// Makes a weight that is 1 where a sample is a number and 0 where it is NaN; `None` where all are numbers.
fn weights(colour: &Picture) -> Result<Option<Picture>> {
    if !colour.samples.iter().any(|sample| sample.is_nan()) {
        return Ok(None);
    }
    let weights = colour.samples.iter().map(|sample| if sample.is_nan() { 0.0 } else { 1.0 });
    let samples = room::collect(colour.samples.len(), weights)?;
    Ok(Some(Picture { samples, ..*colour }))
}

/// Reads every channel of a buffer that was checked; u8 and u16 are divided by their maximum.
fn read(layout: &Layout, origin: usize, buffer: &[u8]) -> Result<Picture> {
    let mut samples = room::vector(layout.size.area() * layout.channels)?;
    let to = &mut samples;
    match layout.sample {
        Sample::U8 => read_as(layout, origin, buffer, to, |[byte]: [u8; 1]| f32::from(byte) / 255.0),
        Sample::U16 => read_as(layout, origin, buffer, to, |bytes| f32::from(u16::from_ne_bytes(bytes)) / 65535.0),
        Sample::F16 => read_as(layout, origin, buffer, to, |bytes| half::f16::from_ne_bytes(bytes).to_f32()),
        Sample::F32 => read_as(layout, origin, buffer, to, f32::from_ne_bytes),
    }
    Ok(Picture { size: layout.size, channels: layout.channels, samples })
}

/// Reads samples of N bytes. There is a loop for each type of sample: pictures have hundreds of millions of them.
fn read_as<const N: usize>(
    layout: &Layout,
    origin: usize,
    buffer: &[u8],
    samples: &mut Vec<f32>,
    number: impl Fn([u8; N]) -> f32,
) {
    for channel in 0..layout.channels {
        for y in 0..layout.size.height {
            let mut at = layout.range(origin, channel, 0, y).start;
            samples.extend((0..layout.size.width).map(|_| {
                let mut bytes = [0; N];
                bytes.copy_from_slice(&buffer[at..at + N]);
                at = at.wrapping_add_signed(layout.pixel_stride);
                number(bytes)
            }));
        }
    }
}

//! Which of a file's numbers are black and white. Scientific programs write floats of 0 to 255 or 0 to 65535, and
//! cameras 12 bits in 16; such a picture is restored as its twin of 0 to 1 would be, and comes back in its own range.

use crate::failure::{Failure, Result};
use crate::picture::raster::Raster;
use dipkit::pixels::{Sample, Transfer};
use std::fmt;

/// The numbers of black and white in a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberRange {
    pub black: f64,
    pub white: f64,
}

/// The numbers that programs and sensors take for white: those of 8, 10, 12, 14 and 16 bits.
const WHITES: [f64; 5] = [255.0, 1023.0, 4095.0, 16383.0, 65535.0];
/// The share of float samples that lie below white; noise and highlights may lie beyond.
const BRIGHT_SHARE: f64 = 0.99;
/// How many times white the brightest float sample may be.
const NOISE_BEYOND: f64 = 1.5;
/// The most that the median of floats from 0 to 1 can be. Such floats are light, whose highlights may have any number.
const USUAL_MEDIAN: f64 = 1.0;
/// Floats that all lie below this have a range of their own.
const LEAST_WHITE: f64 = 1.0 / 64.0;
/// How far below black noise may reach, as a share of white.
const NOISE_BELOW: f64 = 0.1;

impl fmt::Display for NumberRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.black, self.white)
    }
}

impl std::str::FromStr for NumberRange {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<NumberRange, String> {
        let refuse = || format!("\"{text}\" must be the numbers of black and white, such as 0..4095");
        let (black, white) = text.split_once("..").ok_or_else(refuse)?;
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let range = NumberRange { black: number(black).ok_or_else(refuse)?, white: number(white).ok_or_else(refuse)? };
        if range.black < range.white { Ok(range) } else { Err(refuse()) }
    }
}

/// How a file's numbers became samples of the raster, and how they become numbers again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RangeMapping {
    pub range: NumberRange,
    /// The type of the samples that the numbers became.
    pub sample: Sample,
    /// The file's number of an integer sample of 0, which is below 0 if the file's numbers are signed.
    zero: f64,
}

/// The number that an integer sample of 0 stands for in a file of signed numbers of `signed_bits` bits.
fn zero(signed_bits: Option<u32>) -> f64 {
    signed_bits.map_or(0.0, |bits| -f64::from(1u32 << (bits - 1)))
}

/// The largest number that integer samples can have.
fn most(sample: Sample) -> Option<f64> {
    match sample {
        Sample::U8 => Some(255.0),
        Sample::U16 => Some(65535.0),
        Sample::F16 | Sample::F32 => None,
    }
}

impl NumberRange {
    /// Whether all colours of a raster are black or white of this range, and at least one is white.
    pub fn holds_all(&self, raster: &Raster) -> bool {
        let numbers = colours(raster, 0.0);
        numbers.iter().all(|number| *number == self.black || *number == self.white) && numbers.contains(&self.white)
    }

    /// The range of a raster's numbers, if it is neither the whole of their type nor 0 to 1.
    pub fn find(raster: &Raster, signed_bits: Option<u32>) -> Option<NumberRange> {
        let layout = &raster.layout;
        if layout.transfer == Transfer::Linear {
            return None;
        }
        let mut numbers = colours(raster, zero(signed_bits));
        let count = numbers.len();
        if count == 0 {
            return None;
        }
        let mut at = |share: f64| {
            let index = ((count - 1) as f64 * share) as usize;
            *numbers.select_nth_unstable_by(index, f64::total_cmp).1
        };
        let (least, dark, median, bright, largest) =
            (at(0.0), at(1.0 - BRIGHT_SHARE), at(0.5), at(BRIGHT_SHARE), at(1.0));
        match (layout.sample, signed_bits) {
            (Sample::U8, None) => None,
            (Sample::U8 | Sample::U16, Some(_)) => {
                let below = if least < 0.0 { -first_power(-least) } else { 0.0 };
                let most = -zero(signed_bits) - 1.0;
                Some(NumberRange {
                    black: below,
                    white: (first_power(largest.max(1.0) + 1.0).max(256.0) - 1.0).min(most),
                })
            }
            (Sample::U16, None) => {
                let white = WHITES.into_iter().find(|white| largest <= *white)?;
                (white < 65535.0 && largest > 0.0).then_some(NumberRange { black: 0.0, white })
            }
            (Sample::F16 | Sample::F32, _) => range_of_floats([least, dark, median, bright, largest]),
        }
    }
}

/// The range of float samples, from their least and largest number, their median, and the ends of what is not noise.
fn range_of_floats([least, dark, median, bright, largest]: [f64; 5]) -> Option<NumberRange> {
    let is_small = largest > 0.0 && largest < LEAST_WHITE && least > -LEAST_WHITE;
    if !is_small && median.abs().max(-dark) <= USUAL_MEDIAN {
        return None;
    }
    let above = if is_small {
        first_power(largest)
    } else {
        let fits = |white: &f64| bright <= *white && largest <= white * NOISE_BEYOND;
        WHITES.into_iter().find(fits).unwrap_or_else(|| first_power(largest.max(1.0)))
    };
    let black = if dark < -NOISE_BELOW * above { -first_power(-least) } else { 0.0 };
    Some(NumberRange { black, white: above })
}

/// The least power of two that is not below a positive number.
fn first_power(number: f64) -> f64 {
    2f64.powi(number.log2().ceil() as i32)
}

/// The file's numbers of all colours, without those that are NaN or infinite.
fn colours(raster: &Raster, zero: f64) -> Vec<f64> {
    let (layout, samples) = (&raster.layout, numbers(raster));
    let colours = samples.chunks_exact(layout.channels).flat_map(|pixel| &pixel[..layout.colours()]);
    colours.filter(|number| number.is_finite()).map(|number| number + zero).collect()
}

fn numbers(raster: &Raster) -> Vec<f64> {
    match raster.layout.sample {
        Sample::U8 => raster.bytes.iter().map(|byte| f64::from(*byte)).collect(),
        Sample::U16 => raster.bytes.as_chunks().0.iter().map(|bytes| f64::from(u16::from_ne_bytes(*bytes))).collect(),
        Sample::F16 | Sample::F32 => {
            raster.bytes.as_chunks().0.iter().map(|bytes| f64::from(f32::from_ne_bytes(*bytes))).collect()
        }
    }
}

impl RangeMapping {
    /// Spreads a raster's colours over the whole of their type, or over 0 to 1 for floats.
    ///
    /// # Errors
    /// Some integers lie beyond the range and would be cut.
    pub fn apply(range: NumberRange, raster: &mut Raster, signed_bits: Option<u32>) -> Result<RangeMapping> {
        let scale = RangeMapping { range, sample: raster.layout.sample, zero: zero(signed_bits) };
        let most = most(raster.layout.sample);
        let cut = most.map_or(0, |_| {
            let is_beyond = |number: &&f64| **number < range.black || **number > range.white;
            colours(raster, scale.zero).iter().filter(is_beyond).count()
        });
        if cut > 0 {
            return Err(Failure::wrong_input(format!("has {cut} samples beyond --range {range}: widen the range")));
        }
        let (whole, span) = (most.unwrap_or(1.0), range.white - range.black);
        rewrite(raster, |number| (number + scale.zero - range.black) / span * whole);
        Ok(scale)
    }

    /// The raster, of the same type, with the file's numbers instead of samples.
    pub fn undo(&self, raster: &Raster) -> Raster {
        let whole = most(raster.layout.sample).unwrap_or(1.0);
        let NumberRange { black, white } = self.range;
        let mut given = raster.clone();
        rewrite(&mut given, |sample| sample / whole * (white - black) + black - self.zero);
        given
    }
}

/// Changes the numbers of a raster's colours and leaves its transparency as it is.
fn rewrite(raster: &mut Raster, change: impl Fn(f64) -> f64) {
    let (sample, channels, colours) = (raster.layout.sample, raster.layout.channels, raster.layout.colours());
    for pixel in raster.bytes.chunks_exact_mut(channels * sample.bytes()) {
        let places = pixel[..colours * sample.bytes()].chunks_exact_mut(sample.bytes());
        places.for_each(|place| rewrite_sample(place, &change));
    }
}

fn rewrite_sample(place: &mut [u8], change: impl Fn(f64) -> f64) {
    match place {
        [byte] => *byte = change(f64::from(*byte)).round() as u8,
        [a, b] => [*a, *b] = (change(f64::from(u16::from_ne_bytes([*a, *b]))).round() as u16).to_ne_bytes(),
        [a, b, c, d] => {
            let changed = change(f64::from(f32::from_ne_bytes([*a, *b, *c, *d]))) as f32;
            [*a, *b, *c, *d] = changed.to_ne_bytes();
        }
        _ => {}
    }
}

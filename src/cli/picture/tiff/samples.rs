//! From a TIFF page's bytes to samples of a kind that the engine knows: integers of 1 to 16 bits, signed ones too, and
//! floating point.

use crate::failure::{Failure, Result};
use crate::picture::tiff::chunks::StoredSamples;
use crate::picture::tiff::directory::{Directory, Order};
use dipkit::pixels::{Sample, Size};

const SAMPLE_FORMAT: u16 = 339;
const COLOUR_MAP: u16 = 320;

/// What a page's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    Unsigned,
    Signed,
    Float,
}

impl NumberFormat {
    /// As the page says.
    ///
    /// # Errors
    /// A kind that is not read.
    pub fn of(page: &Directory, bits: usize) -> Result<NumberFormat> {
        let formats = page.numbers(SAMPLE_FORMAT).unwrap_or_default();
        let first = formats.first().copied().unwrap_or(1);
        if formats.iter().any(|format| *format != first) {
            return Err(not_read("channels of different kinds"));
        }
        match (first, bits) {
            // 4: nothing is said, which old programs wrote.
            (1 | 4, 1..=16) => Ok(NumberFormat::Unsigned),
            (2, 8 | 16) => Ok(NumberFormat::Signed),
            (3, 16 | 32 | 64) => Ok(NumberFormat::Float),
            (1 | 2 | 4, _) => Err(not_read(&format!("{bits}-bit integers"))),
            (3, _) => Err(not_read(&format!("{bits}-bit floats"))),
            (_, _) => Err(not_read("complex numbers")),
        }
    }
}

fn not_read(what: &str) -> Failure {
    Failure::wrong_input(format!("holds {what}, which are not read: save it with 8, 16 or 32 (float) bits first"))
}

/// Samples side by side in native byte order, channels beyond `kept` left out, and their type. Signed ones are moved up
/// by half of their range.
pub fn packed(
    bytes: &[u8],
    size: Size,
    samples: StoredSamples,
    kept: usize,
    kind: NumberFormat,
    order: Order,
) -> (Sample, Vec<u8>) {
    let row = samples.row_bytes(size.width);
    let number = |plane: usize, y: usize, index: usize| {
        let line = &bytes[(plane * size.height + y) * row..][..row];
        bits(line, index * samples.bits, samples.bits, order)
    };
    let sample = match (kind, samples.bits) {
        (NumberFormat::Float, _) => Sample::F32,
        (_, 1..=8) => Sample::U8,
        (_, _) => Sample::U16,
    };
    let mut out = Vec::with_capacity(size.area() * kept * sample.bytes());
    for y in 0..size.height {
        for x in 0..size.width {
            for channel in 0..kept {
                let number = if samples.planes > 1 {
                    number(channel, y, x)
                } else {
                    number(0, y, x * samples.channels + channel)
                };
                match kind {
                    NumberFormat::Float => out.extend_from_slice(&float(number, samples.bits).to_ne_bytes()),
                    NumberFormat::Signed if samples.bits == 16 => {
                        out.extend_from_slice(&(number as u16 ^ 0x8000).to_ne_bytes())
                    }
                    NumberFormat::Signed => out.push(number as u8 ^ 0x80),
                    NumberFormat::Unsigned if samples.bits > 8 => out.extend_from_slice(&(number as u16).to_ne_bytes()),
                    NumberFormat::Unsigned => out.push(spread(number, samples.bits)),
                }
            }
        }
    }
    (sample, out)
}

/// Over 8 bits.
fn spread(number: u64, bits: usize) -> u8 {
    let most = (1 << bits) - 1;
    ((number * 255 + most / 2) / most) as u8
}

/// Numbers of whole bytes stand in the file's order, others from the highest bit on.
#[inline]
fn bits(line: &[u8], start: usize, count: usize, order: Order) -> u64 {
    if count.is_multiple_of(8) {
        return order.number(&line[start / 8..][..count / 8]);
    }
    let end = start + count;
    let joined = line[start / 8..end.div_ceil(8)].iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    joined >> ((8 - end % 8) % 8) & ((1 << count) - 1)
}

fn float(number: u64, bits: usize) -> f32 {
    match bits {
        16 => half::f16::from_bits(number as u16).to_f32(),
        32 => f32::from_bits(number as u32),
        _ => f64::from_bits(number) as f32,
    }
}

/// The colours that numbers of a palette stand for, as 8-bit red, green and blue.
///
/// # Errors
/// A page without a map of its size.
pub fn colours(page: &Directory, indices: &[u8], bits: usize) -> Result<Vec<u8>> {
    let map = page.numbers(COLOUR_MAP).filter(|map| bits <= 8 && map.len() == 3 << bits);
    let map = map.ok_or_else(|| Failure::wrong_input("is damaged: its palette is missing; get a whole copy of it"))?;
    // Some writers fill the map with 8 bits instead of 16.
    let shift = if map.iter().all(|value| *value < 256) { 0 } else { 8 };
    let maximum = (1usize << bits) - 1;
    let colour = |index: &u8| {
        // As `packed` spread it.
        let index = (usize::from(*index) * maximum + 127) / 255;
        [0, 1, 2].map(|channel| (map[(channel << bits) + index] >> shift) as u8)
    };
    Ok(indices.iter().flat_map(colour).collect())
}

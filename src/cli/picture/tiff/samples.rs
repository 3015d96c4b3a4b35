//! From a TIFF page's unpacked bytes to samples of a kind that the engine knows: integers of 1 to 16 bits, signed ones
//! too, and floating point.

use crate::failure::{Failure, Result};
use crate::picture::tiff::directory::{Directory, Order};
use crate::picture::tiff::pixel_format::{NumberFormat, StoredSamples};
use crate::picture::tiff::tags::COLOUR_MAP;
use dipkit::pixels::{Sample, Size};

/// A page's samples as they stand in the file, unpacked.
#[derive(Debug)]
pub struct UnpackedPage {
    pub bytes: Vec<u8>,
    pub size: Size,
    pub stored: StoredSamples,
    pub numbers: NumberFormat,
    pub order: Order,
}

impl UnpackedPage {
    /// Whether there are as many bytes as the size and the format need.
    pub fn is_complete(&self) -> bool {
        self.bytes.len() == self.stored.row_bytes(self.size.width) * self.size.height * self.stored.planes
    }

    /// The first `kept` channels of each pixel side by side in native byte order, and the type of their samples. Signed
    /// numbers are moved up by half of their range.
    pub fn packed(&self, kept: usize) -> (Sample, Vec<u8>) {
        let sample = match (self.numbers, self.stored.bits) {
            (NumberFormat::Float, _) => Sample::F32,
            (_, 1..=8) => Sample::U8,
            (_, _) => Sample::U16,
        };
        let mut packed = Vec::with_capacity(self.size.area() * kept * sample.bytes());
        for y in 0..self.size.height {
            for x in 0..self.size.width {
                (0..kept).for_each(|channel| self.append(self.number(x, y, channel), &mut packed));
            }
        }
        (sample, packed)
    }

    /// The number of a pixel in one channel.
    #[inline]
    fn number(&self, x: usize, y: usize, channel: usize) -> u64 {
        let StoredSamples { bits, channels, planes } = self.stored;
        let (plane, index) = if planes > 1 { (channel, x) } else { (0, x * channels + channel) };
        let row = self.stored.row_bytes(self.size.width);
        let line = &self.bytes[(plane * self.size.height + y) * row..][..row];
        number_at(line, index * bits, bits, self.order)
    }

    /// Appends a number as a sample of the type that [`UnpackedPage::packed`] returns.
    #[inline]
    fn append(&self, number: u64, packed: &mut Vec<u8>) {
        match (self.numbers, self.stored.bits) {
            (NumberFormat::Float, bits) => packed.extend_from_slice(&float(number, bits).to_ne_bytes()),
            (NumberFormat::Signed, 16) => packed.extend_from_slice(&(number as u16 ^ 0x8000).to_ne_bytes()),
            (NumberFormat::Signed, _) => packed.push(number as u8 ^ 0x80),
            (NumberFormat::Unsigned, 9..) => packed.extend_from_slice(&(number as u16).to_ne_bytes()),
            (NumberFormat::Unsigned, bits) => packed.push(spread(number, bits)),
        }
    }
}

/// A number of `bits` bits, spread over 8 bits.
fn spread(number: u64, bits: usize) -> u8 {
    let most = (1 << bits) - 1;
    ((number * 255 + most / 2) / most) as u8
}

/// The number of `count` bits that starts at bit `start` of a line. Whole bytes stand in the file's order, other numbers
/// from their highest bit on.
#[inline]
fn number_at(line: &[u8], start: usize, count: usize, order: Order) -> u64 {
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

/// The colours that the indices of a palette stand for, as 8-bit red, green and blue.
///
/// # Errors
/// The page has no map of the palette's size.
pub fn colours(page: &Directory, indices: &[u8], bits: usize) -> Result<Vec<u8>> {
    let map = page.numbers(COLOUR_MAP).filter(|map| bits <= 8 && map.len() == 3 << bits);
    let map = map.ok_or_else(|| Failure::wrong_input("is damaged: its palette is missing; get a whole copy of it"))?;
    // Some writers fill the map with 8 bits instead of 16.
    let shift = if map.iter().all(|value| *value < 256) { 0 } else { 8 };
    let maximum = (1usize << bits) - 1;
    let colour = |index: &u8| {
        // Undoes the spreading over 8 bits.
        let index = (usize::from(*index) * maximum + 127) / 255;
        [0, 1, 2].map(|channel| (map[(channel << bits) + index] >> shift) as u8)
    };
    Ok(indices.iter().flat_map(colour).collect())
}

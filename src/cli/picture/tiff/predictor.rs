//! TIFF's predictors: samples stored as differences from those before them in a row (TIFF 6.0, section 14, and Adobe
//! Photoshop TIFF Technical Note 3).

use crate::failure::{Failure, Result};
use crate::picture::tiff::directory::{Directory, Order};
use crate::picture::tiff::pixel_format::StoredSamples;
use crate::picture::tiff::tags::PREDICTOR;

/// How samples follow from those before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predictor {
    None,
    Difference,
    Float,
}

impl Predictor {
    /// The predictor of a page whose samples have `bits` bits.
    ///
    /// # Errors
    /// There is no such predictor for so many bits.
    pub fn new(page: &Directory, bits: usize) -> Result<Predictor> {
        match page.number(PREDICTOR).unwrap_or(1) {
            1 => Ok(Predictor::None),
            2 if matches!(bits, 8 | 16 | 32 | 64) => Ok(Predictor::Difference),
            3 if matches!(bits, 16 | 32 | 64) => Ok(Predictor::Float),
            other => Err(Failure::wrong_input(format!(
                "is a TIFF with predictor {other} for {bits} bits, which is not read: save it without"
            ))),
        }
    }

    /// Turns the differences in a row into samples.
    pub fn undo(self, row: &mut [u8], samples: StoredSamples, order: Order) {
        let bytes = samples.bits / 8;
        match (self, bytes) {
            (Predictor::None, _) => {}
            (Predictor::Difference, 1) => add_bytes(row, samples.channels),
            (Predictor::Difference, _) => add_numbers(row, samples.channels, bytes, order),
            (Predictor::Float, _) => {
                add_bytes(row, samples.channels);
                join_bytes(row, bytes, order);
            }
        }
    }
}

/// Adds to each byte the one `channels` before it.
fn add_bytes(row: &mut [u8], channels: usize) {
    (channels..row.len()).for_each(|i| row[i] = row[i].wrapping_add(row[i - channels]));
}

/// Adds to each number of several bytes the one `channels` before it.
fn add_numbers(row: &mut [u8], channels: usize, bytes: usize, order: Order) {
    for i in channels..row.len() / bytes {
        let before = order.number(&row[(i - channels) * bytes..][..bytes]);
        let sum = before.wrapping_add(order.number(&row[i * bytes..][..bytes]));
        order.put(sum, &mut row[i * bytes..][..bytes]);
    }
}

/// Joins the bytes of each number; the highest bytes of all numbers of a row stand first, the lowest last.
fn join_bytes(row: &mut [u8], bytes: usize, order: Order) {
    let count = row.len() / bytes;
    let apart = row.to_vec();
    for (i, sample) in row.chunks_exact_mut(bytes).enumerate() {
        for (byte, place) in sample.iter_mut().enumerate() {
            let from = if order.is_little_endian { bytes - 1 - byte } else { byte };
            *place = apart[from * count + i];
        }
    }
}

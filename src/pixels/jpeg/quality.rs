//! The quality of the Independent JPEG Group's library that a picture was saved at, from how well its blocks are what
//! that quality's tables would leave of them. Other than a step for each frequency, this is also seen on white paper,
//! where most blocks were clipped after they were decoded.

use super::block::{Block8x8, COEFFICIENTS};
use super::dct::Dct;
use super::table::{QUALITIES, at_quality};

/// Blocks that are looked at, at most, and how far the samples of one lie apart, in levels of 0..255: flat ones fit all
/// tables.
const MOST_BLOCKS: usize = 400;
const LEAST_RANGE: f32 = 8.0;
const LEAST_BLOCKS: usize = 8;
/// Squared distance between blocks and their copies by the right table, over what chance would leave. Photographs that
/// were saved at qualities up to 97 have 0.001 to 0.1, pictures that were not 0.2 to 0.7.
const LARGEST_RATIO: f32 = 0.14;
const WHITE: f32 = 255.0;
const MIDDLE: f32 = 128.0;

/// Finds the luma table of a picture's blocks, in levels of 0..255; none where no quality explains them.
pub fn table(blocks: &[Block8x8], dct: &Dct) -> Option<[f32; COEFFICIENTS]> {
    let range = |block: &&Block8x8| {
        let [least, largest] = [f32::min, f32::max].map(|of| block.iter().copied().fold(block[0], of));
        largest - least >= LEAST_RANGE
    };
    let active: Vec<&Block8x8> = blocks.iter().filter(range).collect();
    if active.len() < LEAST_BLOCKS {
        return None;
    }
    let some: Vec<CodedBlock> =
        active.iter().step_by(active.len().div_ceil(MOST_BLOCKS)).map(|block| CodedBlock::of(block, dct)).collect();
    let mut energy = [0.0; COEFFICIENTS];
    for block in &some {
        energy.iter_mut().zip(&block.coefficients).for_each(|(sum, x)| *sum += x * x / some.len() as f32);
    }
    let tables = QUALITIES.map(at_quality);
    let ratios = tables.map(|table| (ratio(&some, &table, &energy, dct), table));
    let best = ratios.min_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 <= LARGEST_RATIO).then_some(best.1)
}

/// A block and its coefficients.
struct CodedBlock {
    samples: Block8x8,
    coefficients: Block8x8,
}

impl CodedBlock {
    fn of(block: &Block8x8, dct: &Dct) -> CodedBlock {
        CodedBlock { samples: *block, coefficients: dct.forward(&block.map(|x| x - MIDDLE)) }
    }

    /// Measures the mean squared distance of the block from what is decoded of it with this table.
    fn distance(&self, table: &[f32; COEFFICIENTS], dct: &Dct) -> f32 {
        let mut rounded = [0.0; COEFFICIENTS];
        for (to, (x, step)) in rounded.iter_mut().zip(self.coefficients.iter().zip(table)) {
            *to = (x / step).round() * step;
        }
        let decoded = dct.inverse(&rounded).map(|x| (x + MIDDLE).clamp(0.0, WHITE));
        decoded.iter().zip(&self.samples).map(|(x, y)| (x - y).powi(2)).sum::<f32>() / COEFFICIENTS as f32
    }
}

/// Measures the median block's distance, over what rounding to the table's steps does to coefficients of any size.
fn ratio(some: &[CodedBlock], table: &[f32; COEFFICIENTS], energy: &Block8x8, dct: &Dct) -> f32 {
    let mut distances: Vec<f32> = some.iter().map(|block| block.distance(table, dct)).collect();
    let middle = distances.len() / 2;
    let median = *distances.select_nth_unstable_by(middle, f32::total_cmp).1;
    // The square of what is rounded to a step is evenly spread over it.
    let chance = |(step, energy): (&f32, &f32)| (step * step / 12.0).min(*energy);
    let by_chance = table.iter().zip(energy).map(chance).sum::<f32>() / COEFFICIENTS as f32;
    median / by_chance.max(f32::MIN_POSITIVE)
}

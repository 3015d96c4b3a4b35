//! At which quality of the Independent JPEG Group's library a picture was saved, from how well its blocks are what that
//! quality's tables would leave of them. Other than a step for each frequency, this is also seen on white paper, where
//! most blocks were clipped after they were decoded.

use super::jpeg::{Block, COEFFICIENTS, Dct};
use super::jpeg_table;

/// Blocks that are looked at, at most, and how far the samples of one lie apart, in levels of 0..255: flat ones fit all
/// tables.
const MOST_BLOCKS: usize = 400;
const LEAST_RANGE: f32 = 8.0;
const LEAST_BLOCKS: usize = 8;
/// Of the squared distance that chance would leave between blocks and their copies by the right table. Photographs that
/// were saved at qualities up to 97 have 0.001 to 0.1, pictures that were not 0.2 to 0.7.
const LARGEST_RATIO: f32 = 0.14;
const WHITE: f32 = 255.0;
const MIDDLE: f32 = 128.0;

/// The luma table of a picture's blocks, in levels of 0..255; none where no quality explains them.
pub(super) fn table(blocks: &[Block], dct: &Dct) -> Option<[f32; COEFFICIENTS]> {
    let range = |block: &&Block| {
        let [least, largest] = [f32::min, f32::max].map(|of| block.iter().copied().fold(block[0], of));
        largest - least >= LEAST_RANGE
    };
    let active: Vec<&Block> = blocks.iter().filter(range).collect();
    if active.len() < LEAST_BLOCKS {
        return None;
    }
    let some: Vec<Sample> =
        active.iter().step_by(active.len().div_ceil(MOST_BLOCKS)).map(|block| Sample::of(block, dct)).collect();
    let mut energy = [0.0; COEFFICIENTS];
    for sample in &some {
        energy.iter_mut().zip(&sample.coefficients).for_each(|(sum, x)| *sum += x * x / some.len() as f32);
    }
    let tables = jpeg_table::QUALITIES.map(jpeg_table::at_quality);
    let ratios = tables.map(|table| (ratio(&some, &table, &energy, dct), table));
    let best = ratios.min_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 <= LARGEST_RATIO).then_some(best.1)
}

struct Sample {
    block: Block,
    coefficients: Block,
}

impl Sample {
    fn of(block: &Block, dct: &Dct) -> Sample {
        Sample { block: *block, coefficients: dct.forward(&block.map(|x| x - MIDDLE)) }
    }

    /// Mean squared distance from what is decoded of it with this table.
    fn distance(&self, table: &[f32; COEFFICIENTS], dct: &Dct) -> f32 {
        let mut rounded = [0.0; COEFFICIENTS];
        for (to, (x, step)) in rounded.iter_mut().zip(self.coefficients.iter().zip(table)) {
            *to = (x / step).round() * step;
        }
        let decoded = dct.inverse(&rounded).map(|x| (x + MIDDLE).clamp(0.0, WHITE));
        decoded.iter().zip(&self.block).map(|(x, y)| (x - y).powi(2)).sum::<f32>() / COEFFICIENTS as f32
    }
}

/// The median block's distance, over what rounding to the table's steps does to coefficients of any size.
fn ratio(some: &[Sample], table: &[f32; COEFFICIENTS], energy: &Block, dct: &Dct) -> f32 {
    let mut distances: Vec<f32> = some.iter().map(|sample| sample.distance(table, dct)).collect();
    let middle = distances.len() / 2;
    let median = *distances.select_nth_unstable_by(middle, f32::total_cmp).1;
    // The square of what is rounded to a step is evenly spread over it.
    let chance = |(step, energy): (&f32, &f32)| (step * step / 12.0).min(*energy);
    let by_chance = table.iter().zip(energy).map(chance).sum::<f32>() / COEFFICIENTS as f32;
    median / by_chance.max(f32::MIN_POSITIVE)
}

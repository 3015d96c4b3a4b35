//! JPEG's quantisation, as decoded pixels show it: the luma's coefficients lie at multiples of the table's steps.

use super::block::{Block8x8, COEFFICIENTS, SIDE, read, starts};
use super::dct::Dct;
use super::luma::luma_levels;
use super::{quality, table};
use crate::pixels::picture::Picture;
use crate::pixels::region::Region;

/// Frequencies of at most two half waves in all.
const LOWEST: [usize; 6] = [0, 1, 2, SIDE, SIDE + 1, 2 * SIDE];
/// Blocks that are looked at for the steps, and for the place of the grid, at most.
const MOST_BLOCKS: usize = 4000;
const MOST_BLOCKS_OF_GRID: usize = 300;
/// Rounding to 8 bits and back moves a coefficient by less than this, in levels of 0..255.
const ROUNDING: f32 = 2.0;
/// Coefficients other than 0 that a step needs.
const LEAST_COEFFICIENTS: usize = 16;
/// A step is found where the coefficients lie this much nearer to its multiples than chance has them, by mean square.
const LARGEST_SCORE: f32 = 0.15;
/// Smallest and largest step that is looked for; smaller ones cannot be told from rounding.
const LEAST_STEP: u32 = 4;
const LARGEST_STEP: u32 = 255;
/// Known steps that make a table, at least.
const LEAST_STEPS: usize = 4;

/// The table of luma's steps that a picture was quantised with, and the grid of its blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantisation {
    /// Steps of the coefficients in levels of 0..255, the horizontal frequency running; 0 is unknown.
    pub steps: [f32; COEFFICIENTS],
    /// Where the first whole block lies, 0..7.
    pub x: usize,
    pub y: usize,
}

impl Quantisation {
    /// Finds what `image`, encoded samples in 0..1, was quantised with; none where it was not or was changed since.
    pub fn find(image: &Picture) -> Option<Quantisation> {
        let dct = Dct::new();
        let at = |[x, y]: [usize; 2]| {
            let steps = steps(image, [x, y], &dct).or_else(|| standard(image, [x, y], &dct))?;
            Some(Quantisation { steps, x, y })
        };
        at([0, 0]).or_else(|| at(grid(image, &dct)))
    }

    /// Averages the known steps among the lowest frequencies; NaN where none is known.
    pub fn low_step(&self) -> f32 {
        let known = LOWEST.iter().map(|i| self.steps[*i]).filter(|step| *step > 0.0);
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), step| (sum + step, count + 1.0));
        sum / count
    }

    /// Gives the quantisation of a part of the picture.
    #[must_use]
    pub fn within(&self, part: Region) -> Quantisation {
        let first = |at: usize, start: usize| (at + SIDE - start % SIDE) % SIDE;
        Quantisation { steps: self.steps, x: first(self.x, part.x), y: first(self.y, part.y) }
    }
}

/// Finds the place of the grid where the coefficients are 0 most often.
fn grid(image: &Picture, dct: &Dct) -> [usize; 2] {
    let luma = luma_levels(image);
    let zeros = |place: [usize; 2]| {
        let starts: Vec<usize> = starts(image.size, place).collect();
        let step = starts.len().div_ceil(MOST_BLOCKS_OF_GRID).max(1);
        let of_block = |start: &usize| {
            let coefficients = dct.forward(&read(&luma, image.size, *start));
            coefficients.iter().filter(|x| x.abs() < ROUNDING).count()
        };
        let looked_at = starts.iter().step_by(step);
        let count = looked_at.len().max(1);
        looked_at.map(of_block).sum::<usize>() as f64 / count as f64
    };
    let places = (0..COEFFICIENTS).map(|i| [i % SIDE, i / SIDE]);
    places.map(|place| (zeros(place), place)).max_by(|a, b| a.0.total_cmp(&b.0)).map_or([0, 0], |best| best.1)
}

/// Finds the table that nearly all programs write at some quality, where it explains blocks that show no step, as those
/// of white paper and of fine qualities.
fn standard(image: &Picture, place: [usize; 2], dct: &Dct) -> Option<[f32; COEFFICIENTS]> {
    let luma = luma_levels(image);
    let starts: Vec<usize> = starts(image.size, place).collect();
    let some = starts.iter().step_by(starts.len().div_ceil(MOST_BLOCKS).max(1));
    let blocks: Vec<Block8x8> = some.map(|start| read(&luma, image.size, *start)).collect();
    quality::table(&blocks, dct)
}

/// Finds the steps of single coefficients; none where there are too few.
fn steps(image: &Picture, place: [usize; 2], dct: &Dct) -> Option<[f32; COEFFICIENTS]> {
    let luma = luma_levels(image);
    let starts: Vec<usize> = starts(image.size, place).collect();
    let mut found: Vec<Vec<f32>> = vec![Vec::new(); COEFFICIENTS];
    for start in starts.iter().step_by(starts.len().div_ceil(MOST_BLOCKS).max(1)) {
        let is_clipped = (0..image.channels)
            .any(|channel| read(image.plane(channel), image.size, *start).iter().any(|x| *x <= 0.0 || *x >= 1.0));
        if !is_clipped {
            let coefficients = dct.forward(&read(&luma, image.size, *start));
            found.iter_mut().zip(coefficients).for_each(|(found, x)| found.push(x));
        }
    }
    let mut steps = [0.0; COEFFICIENTS];
    steps.iter_mut().zip(&found).for_each(|(step, found)| *step = step_of(found).unwrap_or(0.0));
    (steps.iter().filter(|step| **step > 0.0).count() >= LEAST_STEPS).then(|| completed(steps))
}

/// Adds steps that too few coefficients show, where the others are those of a common table.
fn completed(steps: [f32; COEFFICIENTS]) -> [f32; COEFFICIENTS] {
    table::whole(&steps).unwrap_or(steps)
}

/// Finds the step whose multiples lie nearest to these coefficients, against a third of half a step squared, which is
/// what chance gives.
fn step_of(coefficients: &[f32]) -> Option<f32> {
    let some: Vec<f32> = coefficients.iter().copied().filter(|x| x.abs() > ROUNDING).collect();
    if some.len() < LEAST_COEFFICIENTS {
        return None;
    }
    let score = |step: f32| {
        // None of them was 0, so none is near that.
        let squares = some.iter().map(|x| (x.abs() - (x.abs() / step).round().max(1.0) * step).powi(2)).sum::<f32>();
        12.0 * squares / (some.len() as f32 * step * step)
    };
    // A part of the step fits as well, so the largest one counts, or the best of those just below it, which the same
    // multiples make fit.
    let largest = (LEAST_STEP..=LARGEST_STEP).rev().find(|step| score(*step as f32) < LARGEST_SCORE)?;
    let near = (largest * 7 / 8).max(LEAST_STEP)..=largest;
    near.map(|step| step as f32).min_by(|a, b| score(*a).total_cmp(&score(*b)))
}

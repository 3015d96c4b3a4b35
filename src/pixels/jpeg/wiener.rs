//! How far a fit to a JPEG file is to be trusted: where it lies farther from the decoded picture than rounding to the
//! file's steps can have moved that, the decoded picture is nearer to the truth.
//!
//! The errors of both are taken to be independent, so the mean square of their difference is the sum of their
//! variances, and the best share of the fit is the variance of the decoded picture over that sum (Wiener).
//!
//! What a network draws best is what photographs are made of. Letters and lines, black on white, it draws no better
//! than the file has them, and does not know it: where much of a picture is so, blocks of high contrast stay as they
//! are.

use super::block::{Block8x8, COEFFICIENTS, SIDE, add, read};
use super::dct::Dct;
use super::luma::{LUMA_AND_CHROMA, luma_levels};
use crate::pixels::picture::Picture;

/// Shares of coefficients that were rounded to 0 are never all or nothing, in a finite number of blocks.
const LEAST_SHARE: f32 = 1e-3;

/// Variance that rounding took from chroma, as a part of luma's: the rest of chroma's error is what half the size lost.
const CHROMA_PART: f32 = 0.25;

/// Deviation of a block's luma, in levels of 0..255, below which it is flat, from which it may be of letters or lines,
/// and from which it is all of them.
const FLAT: f32 = 4.0;
const LETTERS: [f32; 2] = [40.0, 80.0];
/// Share of the blocks that are not flat whose deviation lies above the middle of [`LETTERS`]: from the first on a
/// picture begins to be writing or a drawing, at the second it is one. Photographs have up to 0.09, screens 0.15 to
/// 0.24, writing and drawings 0.44 to 0.88.
const DRAWING: [f32; 2] = [0.25, 0.45];

/// Blends a decoded picture into a fit by what is known of the errors of both.
pub struct WienerBlend {
    given: Picture,
    /// Variance by frequency, in squared levels of 0..255; NaN where the step is not known.
    variances: Block8x8,
    /// Largest share of the fit in each block, 0..1.
    limits: Vec<f32>,
}

impl WienerBlend {
    /// Estimates the errors of a decoded picture from the steps of its luma and its blocks' coefficients.
    pub fn of(given: &Picture, steps: &Block8x8, blocks: impl Iterator<Item = Block8x8>) -> WienerBlend {
        let (mut zeros, mut count) = ([0.0; COEFFICIENTS], 0.0f32);
        let mut deviations = Vec::new();
        for block in blocks {
            deviations.push((block[1..].iter().map(|x| x * x).sum::<f32>() / COEFFICIENTS as f32).sqrt());
            let are_zero = block.iter().zip(steps).map(|(x, step)| f32::from(x.abs() < step / 2.0));
            zeros.iter_mut().zip(are_zero).for_each(|(sum, is_zero)| *sum += is_zero);
            count += 1.0;
        }
        let mut variances = [f32::NAN; COEFFICIENTS];
        for ((variance, step), zeros) in variances.iter_mut().zip(steps).zip(zeros) {
            if *step > 0.0 && count > 0.0 {
                *variance = rounding_variance(*step, zeros / count);
            }
        }
        WienerBlend { given: given.clone(), variances, limits: limits(&deviations) }
    }

    /// Blends what was given into a fit, frequency by frequency and block by block in luma, block by block in chroma.
    /// `starts` are the first pixels of the blocks.
    pub fn blend(&self, fitted: &mut Picture, starts: &[usize], dct: &Dct) {
        let size = fitted.size;
        let mut change = luma_levels(fitted);
        change.iter_mut().zip(luma_levels(&self.given)).for_each(|(x, y)| *x -= y);
        let mut distances = [0.0; COEFFICIENTS];
        for start in starts {
            let squares = dct.forward(&read(&change, size, *start)).map(|x| x * x / starts.len() as f32);
            distances.iter_mut().zip(squares).for_each(|(sum, square)| *sum += square);
        }
        let (shares, mean_variance) = self.shares(&distances);
        let mut of_blocks = Vec::with_capacity(starts.len());
        for (start, limit) in starts.iter().zip(&self.limits) {
            let mut back = dct.forward(&read(&change, size, *start));
            // Letters and lines are often worse than all else.
            let distance = back.iter().map(|x| x * x).sum::<f32>() / COEFFICIENTS as f32;
            let of_block = limit * share(mean_variance, distance);
            of_blocks.push(of_block);
            back.iter_mut().zip(&shares).for_each(|(x, share)| *x *= share * of_block - 1.0);
            add(fitted, *start, &dct.inverse(&back));
        }
        self.blend_chroma(fitted, starts, &of_blocks, mean_variance);
    }

    /// Gives the fit's share at each frequency, and the mean variance; frequencies whose steps are unknown have the
    /// share of all others together.
    fn shares(&self, distances: &Block8x8) -> (Block8x8, f32) {
        let known = || self.variances.iter().zip(distances).filter(|(variance, _)| !variance.is_nan());
        let count = known().count().max(1) as f32;
        let [variance, distance] =
            known().fold([0.0, 0.0], |[v, d], (variance, distance)| [v + variance, d + distance]);
        let of_all = share(variance, distance);
        let mut shares = [of_all; COEFFICIENTS];
        for ((to, own), distance) in shares.iter_mut().zip(&self.variances).zip(distances) {
            if !own.is_nan() {
                *to = share(*own, *distance);
            }
        }
        (shares, variance / count)
    }

    /// Blends chroma. What a fit lacks of chroma a decoded picture mostly lacks as well, since it is stored at half the
    /// size. So luma tells better where a fit is bad: `of_luma` is its share in each block.
    fn blend_chroma(&self, fitted: &mut Picture, starts: &[usize], of_luma: &[f32], variance: f32) {
        if fitted.channels == 1 {
            return;
        }
        let variance = CHROMA_PART * variance;
        let (area, width) = (fitted.size.area(), fitted.size.width);
        for (start, of_luma) in starts.iter().zip(of_luma) {
            let pixels = || (0..COEFFICIENTS).map(|i| start + i / SIDE * width + i % SIDE);
            let changes: Vec<[f32; 3]> = pixels().map(|pixel| self.chroma_change(fitted, pixel)).collect();
            let squares = changes.iter().flatten().map(|x| (255.0 * x).powi(2)).sum::<f32>();
            let share = of_luma * of_luma * share(variance, squares / (3 * COEFFICIENTS) as f32);
            for (pixel, change) in pixels().zip(changes) {
                let channels = change.into_iter().enumerate();
                channels.for_each(|(channel, x)| fitted.samples[channel * area + pixel] += (share - 1.0) * x);
            }
        }
    }

    /// Gives the difference of fit and decoded picture in red, green and blue, without that of luma.
    fn chroma_change(&self, fitted: &Picture, pixel: usize) -> [f32; 3] {
        let area = fitted.size.area();
        let places = [0, 1, 2].map(|channel| channel * area + pixel);
        let change = places.map(|i| fitted.samples[i] - self.given.samples[i]);
        let in_luma: f32 = change.iter().zip(LUMA_AND_CHROMA[0]).map(|(x, by)| x * by).sum();
        change.map(|x| x - in_luma)
    }
}

/// Gives the largest share that a fit has in blocks of these deviations.
fn limits(deviations: &[f32]) -> Vec<f32> {
    let ramp = |x: f32, [from, to]: [f32; 2]| ((x - from) / (to - from)).clamp(0.0, 1.0);
    let count = |least: f32| deviations.iter().filter(|deviation| **deviation > least).count() as f32;
    let high = (LETTERS[0] + LETTERS[1]) / 2.0;
    let is_drawing = ramp(count(high) / count(FLAT).max(1.0), DRAWING);
    deviations.iter().map(|deviation| 1.0 - is_drawing * ramp(*deviation, LETTERS)).collect()
}

/// Gives the fit's share from the variance of the decoded picture's error and the mean square of the difference of
/// both.
fn share(variance: f32, distance: f32) -> f32 {
    if distance > variance { variance / distance } else { 1.0 }
}

/// Gives the variance of what rounding to a step took from coefficients, of which a share became 0. Those are Laplacian
/// (Reininger and Gibson, "Distributions of the two-dimensional DCT coefficients for images", IEEE Transactions on
/// Communications 1983), all others evenly spread.
fn rounding_variance(step: f32, zeros: f32) -> f32 {
    let even = step * step / 12.0;
    let zeros = zeros.clamp(LEAST_SHARE, 1.0 - LEAST_SHARE);
    let half = step / 2.0;
    // The share of a Laplacian within half a step is 1 - exp(-rate half).
    let rate = -(1.0 - zeros).ln() / half;
    let beyond = (1.0 - zeros) / zeros;
    let of_zeros = 2.0 / (rate * rate) - (half * half + 2.0 * half / rate) * beyond;
    zeros * of_zeros.clamp(0.0, even) + (1.0 - zeros) * even
}

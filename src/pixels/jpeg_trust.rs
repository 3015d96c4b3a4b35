//! How far a fit to a JPEG file is to be trusted: where it lies farther from the decoded picture than rounding to the
//! file's steps can have moved that, the decoded picture is nearer to the truth.
//!
//! The errors of both are taken to be independent, so the mean square of their difference is the sum of their variances,
//! and the best share of the fit is the variance of the decoded picture over that sum (Wiener).

use super::Picture;
use super::jpeg::{Block, COEFFICIENTS, Dct, LUMA_AND_CHROMA, add, luma, read};

/// Shares of coefficients that were rounded to 0 are never all or nothing, in a finite number of blocks.
const LEAST_SHARE: f32 = 1e-3;

/// What is known of a decoded picture's errors.
pub(super) struct JpegTrust {
    given: Picture,
    /// Variance by frequency, in squared levels of 0..255; NaN where the step is not known.
    variances: Block,
}

impl JpegTrust {
    /// Of a decoded picture, the steps of its luma, and its blocks' coefficients.
    pub fn of(given: &Picture, steps: &Block, blocks: impl Iterator<Item = Block>) -> JpegTrust {
        let (mut zeros, mut count) = ([0.0; COEFFICIENTS], 0.0f32);
        for block in blocks {
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
        JpegTrust { given: given.clone(), variances }
    }

    /// Blends what was given into a fit, frequency by frequency and block by block in luma, as a whole in chroma. `starts` are the first
    /// pixels of the blocks.
    pub fn blend(&self, fitted: &mut Picture, starts: &[usize], dct: &Dct) {
        let size = fitted.size;
        let mut change = luma(fitted);
        change.iter_mut().zip(luma(&self.given)).for_each(|(x, y)| *x -= y);
        let mut distances = [0.0; COEFFICIENTS];
        for start in starts {
            let squares = dct.forward(&read(&change, size, *start)).map(|x| x * x / starts.len() as f32);
            distances.iter_mut().zip(squares).for_each(|(sum, square)| *sum += square);
        }
        let (shares, mean_variance) = self.shares(&distances);
        for start in starts {
            let mut back = dct.forward(&read(&change, size, *start));
            // Letters and lines are often worse than all else.
            let distance = back.iter().map(|x| x * x).sum::<f32>() / COEFFICIENTS as f32;
            let of_block = share(mean_variance, distance);
            back.iter_mut().zip(&shares).for_each(|(x, share)| *x *= share * of_block - 1.0);
            add(fitted, *start, &dct.inverse(&back));
        }
        self.blend_chroma(fitted, mean_variance);
    }

    /// Of the fit at each frequency, and the mean variance; unknown steps are trusted as the others are.
    fn shares(&self, distances: &Block) -> (Block, f32) {
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

    /// Chroma's errors are at least as large as luma's, since its steps are coarser and it often has half the size.
    fn blend_chroma(&self, fitted: &mut Picture, variance: f32) {
        if fitted.channels == 1 {
            return;
        }
        let area = fitted.size.area();
        let weights = LUMA_AND_CHROMA[0];
        let change = |fitted: &Picture, i: usize| {
            let change =
                [0, 1, 2].map(|channel| fitted.samples[channel * area + i] - self.given.samples[channel * area + i]);
            let in_luma: f32 = change.iter().zip(weights).map(|(x, by)| x * by).sum();
            change.map(|x| x - in_luma)
        };
        let squares = |i| change(fitted, i).iter().map(|x| f64::from(255.0 * x).powi(2)).sum::<f64>();
        let distance = (0..area).map(squares).sum::<f64>() / (3 * area) as f64;
        let share = share(variance, distance as f32);
        for i in 0..area {
            let back = change(fitted, i).map(|x| (share - 1.0) * x);
            back.iter().enumerate().for_each(|(channel, x)| fitted.samples[channel * area + i] += x);
        }
    }
}

/// Of the fit, from the variance of the decoded picture's error and the mean square of their difference.
fn share(variance: f32, distance: f32) -> f32 {
    if distance > variance { variance / distance } else { 1.0 }
}

/// Variance of what rounding to a step took from coefficients, of which a share became 0. Those are Laplacian (Reininger
/// and Gibson, "Distributions of the two-dimensional DCT coefficients for images", IEEE Transactions on Communications
/// 1983), all others evenly spread.
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

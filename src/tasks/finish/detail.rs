//! Detail that a fit from random numbers has not reached, in a picture of which it is not known how much is noise.
//!
//! Two things tell detail from noise in what a fit took out. It is stronger than noise, which is not much more anywhere
//! than where the picture is smoothest, and it has directions, as hair, wood and edges have: the coherence of the
//! structure tensor (Bigun and Granlund, "Optimal orientation detection of linear symmetry", ICCV 1987), which is the
//! difference of its eigenvalues over their sum. Where something much stronger than noise was taken out at one place,
//! as around letters, it is given back there.

use super::step::{FinishingStep, FitProgress, Scope};
use crate::error::Result;
use crate::graph::Padding;
use crate::pixels::{Picture, Size};

/// Noise in the middle of a picture, over that of its smoothest part.
const NOISE_OVER_SMOOTHEST: f64 = 1.2;
/// Coherence that noise has in blocks of so few pixels, and how much another one counts.
const COHERENCE_OF_NOISE: f64 = 0.2;
const COHERENCE_POWER: f64 = 1.5;
/// Side of the blocks in which directions are looked for.
const BLOCK: usize = 16;
/// Share of what was taken out that is given back at most: more of it makes nothing better.
const LARGEST_SHARE: f64 = 0.85;
/// What is taken out around a pixel is given back from this deviation on, in those of the smoothest noise, and all of
/// it where the variance is so many times as large.
const LEAST_AT_PIXEL: f32 = 2.4;
const VARIANCES_TO_ALL: f32 = 4.0;
/// Pixels to each side of a pixel that are around it.
const RADIUS: usize = 3;

/// Gives a restored picture the detail back that its fit took out with the noise.
pub struct Detail {
    pub given: Picture,
    /// How far each sample of `given` was observed; where it is 0 there is nothing to give back.
    pub weight: Picture,
    /// The noise's standard deviation where the picture is smoothest, 0..1.
    pub smoothest: f32,
}

impl Detail {
    fn share_of_whole(&self, residual: &Picture) -> f64 {
        let weights: f64 = self.weight.samples.iter().map(|weight| f64::from(*weight)).sum();
        let strength = (residual.samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / weights).sqrt();
        let directed = coherence(residual) / COHERENCE_OF_NOISE;
        let noise = NOISE_OVER_SMOOTHEST * f64::from(self.smoothest) / directed.powf(COHERENCE_POWER);
        LARGEST_SHARE * (1.0 - (noise / strength).powi(2))
    }

    fn residual(&self, restored: &Picture) -> Picture {
        let pairs = restored.samples.iter().zip(&self.given.samples).zip(&self.weight.samples);
        Picture { samples: pairs.map(|((x, y), weight)| weight * (y - x)).collect(), ..*restored }
    }
}

impl FinishingStep for Detail {
    fn scope(&self) -> Scope {
        Scope::Result
    }

    /// Blends what was given into a restored picture, if that lacks more than noise could be: as Wiener's filter does,
    /// by the share that is not noise in the variance of what was taken out, over the whole and at each pixel.
    fn apply(&self, restored: &mut Picture, _: &FitProgress) -> Result<()> {
        let residual = self.residual(restored);
        let of_whole = self.share_of_whole(&residual).max(0.0) as f32;
        let least = (LEAST_AT_PIXEL * self.smoothest).powi(2);
        let at_pixel = |variance: f32| ((variance / least - 1.0) / (VARIANCES_TO_ALL - 1.0)).clamp(0.0, 1.0);
        let shares: Vec<f32> =
            variances(&residual).into_iter().map(|variance| of_whole.max(at_pixel(variance))).collect();
        for channel in 0..restored.channels {
            let taken = residual.plane(channel).iter().zip(&shares);
            restored.plane_mut(channel).iter_mut().zip(taken).for_each(|(x, (residual, share))| *x += share * residual);
        }
        Ok(())
    }
}

/// Gives the mean square around each pixel over all channels; the picture is mirrored at its sides.
fn variances(residual: &Picture) -> Vec<f32> {
    let Size { width, height } = residual.size;
    let mut squares = vec![0.0; residual.size.area()];
    for channel in 0..residual.channels {
        squares.iter_mut().zip(residual.plane(channel)).for_each(|(sum, x)| *sum += x * x / residual.channels as f32);
    }
    let mean = |length: usize, at: usize, sample: &dyn Fn(usize) -> f32| {
        let places = at as isize - RADIUS as isize..=(at + RADIUS) as isize;
        let sources = places.filter_map(|place| Padding::Reflection.source(place, length));
        sources.map(sample).sum::<f32>() / (2 * RADIUS + 1) as f32
    };
    let rows: Vec<f32> =
        (0..squares.len()).map(|i| mean(width, i % width, &|x| squares[i / width * width + x])).collect();
    (0..rows.len()).map(|i| mean(height, i / width, &|y| rows[y * width + i % width])).collect()
}

/// Measures how far the slopes of a picture's mean channel have one direction in each block: 0 for none, 1 for stripes.
fn coherence(picture: &Picture) -> f64 {
    let Size { width, height } = picture.size;
    let mut mean = vec![0.0; picture.size.area()];
    for channel in 0..picture.channels {
        mean.iter_mut().zip(picture.plane(channel)).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    // A pixel at each side has no slope.
    let starts = |length: usize| (1..length.saturating_sub(BLOCK)).step_by(BLOCK);
    let (mut directed, mut all) = (0.0, 0.0);
    for start in starts(height).flat_map(|top| starts(width).map(move |left| top * width + left)) {
        let [xx, xy, yy] = structure_tensor(&mean, width, start);
        // Difference and sum of its eigenvalues.
        directed += f64::hypot(xx - yy, 2.0 * xy);
        all += xx + yy;
    }
    if all > 0.0 { directed / all } else { 0.0 }
}

/// Gives the structure tensor of the block that starts there: xx, xy, yy. Slopes are from neighbour to neighbour across
/// each pixel, since two that share the pixel itself look like a direction.
fn structure_tensor(plane: &[f64], width: usize, start: usize) -> [f64; 3] {
    let mut tensor = [0.0; 3];
    for at in (0..BLOCK * BLOCK).map(|i| start + i / BLOCK * width + i % BLOCK) {
        let (across, down) = (plane[at + 1] - plane[at - 1], plane[at + width] - plane[at - width]);
        let products = [across * across, across * down, down * down];
        tensor.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
    }
    tensor
}

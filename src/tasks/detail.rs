//! Detail that a fit from random numbers has not reached, in a picture of which it is not known how much is noise.
//!
//! Two things tell detail from noise in what a fit took out. It is stronger than noise, which is not much more anywhere
//! than where the picture is smoothest, and it has directions, as hair, wood and edges have: the coherence of the
//! structure tensor (Bigun and Granlund, "Optimal orientation detection of linear symmetry", ICCV 1987), which is the
//! difference of its eigenvalues over their sum.

use crate::pixels::{Picture, Size};

/// Noise in the middle of a picture, over that of its smoothest part.
const NOISE_OVER_SMOOTHEST: f64 = 1.2;
/// Coherence that noise has in blocks of so few pixels, and how much another one counts.
const COHERENCE_OF_NOISE: f64 = 0.2;
const COHERENCE_POWER: f64 = 1.5;
/// Side of the blocks in which directions are looked for.
const BLOCK: usize = 16;

/// What can be given back.
pub struct Detail {
    pub given: Picture,
    /// Of `given`; where it is 0 there is nothing to give back.
    pub weight: Picture,
    /// The noise's standard deviation where the picture is smoothest, 0..1.
    pub smoothest: f32,
}

impl Detail {
    /// Blends what was given into a restored picture, if that lacks more than noise could be: as Wiener's filter does, by
    /// the share that is not noise in the variance of what was taken out.
    pub fn give_back(&self, restored: &mut Picture) {
        let residual = self.residual(restored);
        let weights: f64 = self.weight.samples.iter().map(|weight| f64::from(*weight)).sum();
        let strength = (residual.samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / weights).sqrt();
        let directed = coherence(&residual) / COHERENCE_OF_NOISE;
        let noise = NOISE_OVER_SMOOTHEST * f64::from(self.smoothest) / directed.powf(COHERENCE_POWER);
        let share = 1.0 - (noise / strength).powi(2);
        if share > 0.0 {
            restored.samples.iter_mut().zip(&residual.samples).for_each(|(x, residual)| *x += share as f32 * residual);
        }
    }

    fn residual(&self, restored: &Picture) -> Picture {
        let pairs = restored.samples.iter().zip(&self.given.samples).zip(&self.weight.samples);
        Picture { samples: pairs.map(|((x, y), weight)| weight * (y - x)).collect(), ..*restored }
    }
}

/// How far the slopes of a picture's mean channel have one direction in each block: 0 for none, 1 for stripes.
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

/// Of the block that starts there: xx, xy, yy. Slopes are from neighbour to neighbour across each pixel, since two that
/// share the pixel itself look like a direction.
fn structure_tensor(plane: &[f64], width: usize, start: usize) -> [f64; 3] {
    let mut tensor = [0.0; 3];
    for at in (0..BLOCK * BLOCK).map(|i| start + i / BLOCK * width + i % BLOCK) {
        let (across, down) = (plane[at + 1] - plane[at - 1], plane[at + width] - plane[at - width]);
        let products = [across * across, across * down, down * down];
        tensor.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
    }
    tensor
}

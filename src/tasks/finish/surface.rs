//! A second fill of holes, the smoothest surface through what is known, in the mean with the network's. Where a picture
//! is smooth no network is better, and where both err they err differently.
//!
//! Both errors are known from the same copies of the holes at other places: the network's is its risk, the surface's is
//! measured on the copies that the network was last asked for. Where these errors are R and S, and D is the mean
//! squared distance of the two fills, the best share of the network's is (S - R + D) / 2D. The network is shown what lies
//! under the copies, so its risk is taken from early iterations, before it knows that by heart; and since copies lie
//! elsewhere and are few, their answer is heeded in part, until one of the errors is several times the other.

use super::step::{FinishingStep, FitProgress, Scope};
use crate::error::Result;
use crate::graph::{self, Hiding};
use crate::options::ResolvedOptions;
use crate::pixels::{Picture, Size, fill_smoothly};
use crate::rng::{Draws, Stream};
use crate::tasks::estimate::remasked;
use crate::tasks::frame::PaddingFrame;

/// The network's share is this, and so much of the best one: on twenty holes in photographs, at `fast`, 21.29 dB by the
/// network alone became 21.45; half and half are 21.32, the best shares 21.50.
const LEAST_SHARE: f64 = 0.4;
const OF_BEST_SHARE: f64 = 0.4;
/// A fill whose error is this many times the other's begins to lose its share, and has none at twice as many.
const CLEARLY_WORSE: f64 = 3.0;
/// Iterations whose hidden copies the surface's error is measured on, and how far they are apart: the risk is a mean
/// over some twenty.
const DRAWS: u32 = 4;
const ITERATIONS_APART: u32 = 5;
/// Pixels between a copy and a hole from which on they are not one hole.
const DISTANCE: usize = 6;

/// Blends the smoothest surface through what is known into a finished fill.
pub struct Surface {
    given: Picture,
    weight: Picture,
    /// Where the picture lies in the padded one that the network is given.
    frame: PaddingFrame,
    /// The weight of the padded picture, of one channel.
    padded_weight: Vec<f32>,
    held_out: f32,
    seed: u32,
    job: u32,
}

impl Surface {
    /// Prepares the blend; none where the network was not asked for copies of the holes, so that it has no error to
    /// compare with.
    pub fn of(
        options: &ResolvedOptions,
        frame: &PaddingFrame,
        [given, weight]: [&Picture; 2],
        job: u32,
    ) -> Option<Surface> {
        if options.estimator.held_out == 0.0 || remasked::hiding(options, weight) != Hiding::Holes {
            return None;
        }
        let (given, weight) = (given.clone(), weight.clone());
        let padded_weight = frame.pad(&weight).plane(0).to_vec();
        let (held_out, seed) = (options.estimator.held_out, options.seed);
        Some(Surface { given, weight, frame: *frame, padded_weight, held_out, seed, job })
    }

    /// Measures the mean squared error of surfaces through the copies that were hidden up to an iteration, away from
    /// the holes, since a copy and a hole together would be larger than either. NaN where there are no copies.
    fn surface_error(&self, last: u32) -> Result<f64> {
        let (area, is_near) = (self.weight.size.area(), is_near_hole(&self.weight));
        let (mut sum, mut count) = (0.0, 0.0);
        for iteration in (0..DRAWS).map(|back| last.saturating_sub(ITERATIONS_APART * back).max(1)) {
            let hidden = self.hidden_pixels(iteration);
            let surface = self.fitted_to_known(&|pixel| hidden[pixel])?;
            let counts = |i: usize| hidden[i % area] && !is_near[i % area] && self.weight.samples[i] == 1.0;
            for i in (0..surface.samples.len()).filter(|i| counts(*i)) {
                sum += f64::from(surface.samples[i] - self.given.samples[i]).powi(2);
                count += 1.0;
            }
        }
        Ok(sum / count)
    }

    fn hidden_pixels(&self, iteration: u32) -> Vec<bool> {
        let draws = Draws::new(self.seed, self.job, Stream::HeldOut, iteration);
        let Size { width, height } = self.frame.outer();
        let kept = graph::kept(Hiding::Holes, &draws, self.held_out, &self.padded_weight, [width, height]);
        let kept: Vec<f32> = kept.into_iter().map(|kept| if kept { 1.0 } else { 0.0 }).collect();
        self.frame.crop(&kept, 1).samples.into_iter().map(|kept| kept == 0.0).collect()
    }

    /// Makes the surface through what is known and not hidden, no darker or brighter than all of that.
    fn fitted_to_known(&self, is_hidden: &dyn Fn(usize) -> bool) -> Result<Picture> {
        let mut surface = self.given.try_clone()?;
        let area = surface.size.area();
        for channel in 0..surface.channels {
            let weight = self.weight.plane(channel);
            let is_known = |i: usize| weight[i] == 1.0 && !is_hidden(i);
            let plane = surface.plane_mut(channel);
            (0..area).filter(|i| !is_known(*i)).for_each(|i| plane[i] = f32::NAN);
        }
        let known = surface.samples.iter().filter(|sample| !sample.is_nan());
        let [least, largest] = known.fold([1.0f32, 0.0f32], |[low, high], x| [low.min(*x), high.max(*x)]);
        fill_smoothly(&mut surface)?;
        surface.samples.iter_mut().for_each(|sample| *sample = sample.max(least).min(largest));
        Ok(surface)
    }
}

impl FinishingStep for Surface {
    fn scope(&self) -> Scope {
        Scope::LastResult
    }

    /// Blends the surface into the holes.
    fn apply(&self, restored: &mut Picture, progress: &FitProgress) -> Result<()> {
        let surface = self.fitted_to_known(&|_| false)?;
        let is_hole = |i: &usize| self.weight.samples[*i] != 1.0;
        let holes = || (0..restored.samples.len()).filter(is_hole);
        let difference = |i: usize| f64::from(restored.samples[i] - surface.samples[i]).powi(2);
        let distance = holes().map(difference).sum::<f64>() / holes().count() as f64;
        let share = network_share(progress.early_risk, self.surface_error(progress.iteration)?, distance) as f32;
        if share.is_finite() {
            for i in (0..restored.samples.len()).filter(is_hole) {
                let x = &mut restored.samples[i];
                *x = surface.samples[i] + share * (*x - surface.samples[i]);
            }
        }
        Ok(())
    }
}

/// Gives the network's share from its early risk, the surface's error, and the mean squared distance of the two fills.
fn network_share(risk: f64, error: f64, distance: f64) -> f64 {
    let best = (error - risk + distance) / (2.0 * distance);
    let share = (LEAST_SHARE + OF_BEST_SHARE * best).clamp(0.0, 1.0);
    let is_worse = |times: f64| (times / CLEARLY_WORSE - 1.0).clamp(0.0, 1.0);
    share + is_worse(error / risk) * (1.0 - share) - is_worse(risk / error) * share
}

/// Marks the pixels in holes and near them.
fn is_near_hole(weight: &Picture) -> Vec<bool> {
    let Size { width, height } = weight.size;
    let around = |at: usize, length: usize| at.saturating_sub(DISTANCE)..(at + DISTANCE + 1).min(length);
    let plane = weight.plane(0);
    let beside = |i: usize| around(i % width, width).any(|x| plane[i / width * width + x] == 0.0);
    let rows: Vec<bool> = (0..plane.len()).map(beside).collect();
    (0..plane.len()).map(|i| around(i / width, height).any(|y| rows[y * width + i % width])).collect()
}

//! sum(w (f - y)^2) / number of samples, and its gradient.

use rayon::prelude::*;

use super::planes::of_block;
use super::{LANES, Run};

/// What the prediction is compared with: planes (C, H, W).
pub struct Given<'a> {
    pub degraded: &'a [f32],
    pub observed: &'a [f32],
    pub lanes: &'a [usize],
    pub size: [usize; 2],
}

/// The data term. `sums` holds one f64 for each row and block.
pub fn forward(run: &Run, given: &Given, predicted: &[f32], sums: &mut [f64]) -> f32 {
    let [height, width] = given.size;
    let row = width * LANES;
    let sums = &mut sums[..predicted.len() / row];
    sums.par_iter_mut().enumerate().for_each(|(index, sum)| {
        if run.is_cancelled() {
            return;
        }
        let f = &predicted[index * row..][..row];
        let of_channel = |(channel, lane): (usize, usize)| {
            let (y, w) = given.row(channel, index % height);
            f[lane..]
                .iter()
                .step_by(LANES)
                .zip(y)
                .zip(w)
                .map(|((f, y), w)| f64::from(w * (f - y) * (f - y)))
                .sum::<f64>()
        };
        *sum = of_block(given.lanes, index / height).map(of_channel).sum();
    });
    (sums.iter().sum::<f64>() / given.degraded.len() as f64) as f32
}

/// `gradient` (+)= `weight` 2 w (f - y) / number of samples.
pub fn back(run: &Run, given: &Given, predicted: &[f32], weight: f32, gradient: &mut [f32], adds: bool) {
    let [height, width] = given.size;
    let row = width * LANES;
    let factor = 2.0 * weight / given.degraded.len() as f32;
    gradient.par_chunks_mut(row).enumerate().for_each(|(index, gradient)| {
        if run.is_cancelled() {
            return;
        }
        if !adds {
            gradient.fill(0.0);
        }
        let f = &predicted[index * row..][..row];
        for (channel, lane) in of_block(given.lanes, index / height) {
            let (y, w) = given.row(channel, index % height);
            let samples = gradient[lane..].iter_mut().step_by(LANES).zip(f[lane..].iter().step_by(LANES));
            samples.zip(y.iter().zip(w)).for_each(|((gradient, f), (y, w))| *gradient += factor * w * (f - y));
        }
    });
}

impl Given<'_> {
    fn row(&self, channel: usize, y: usize) -> (&[f32], &[f32]) {
        let [height, width] = self.size;
        let start = (channel * height + y) * width;
        (&self.degraded[start..][..width], &self.observed[start..][..width])
    }
}

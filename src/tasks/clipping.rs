//! Noise that was clipped at black and white: there it deviates less, and its mean is not 0.

use crate::pixels::Picture;

/// Brightnesses that are tabulated, and how far beyond black and white, in standard deviations.
const BRIGHTNESSES: usize = 512;
const BEYOND: f32 = 4.0;
/// Points of the normal distribution, from -5 to 5.
const POINTS: usize = 200;
const RANGE: f32 = 10.0;

/// Mean and standard deviation of clipped samples by the brightness without noise.
#[derive(Debug, Clone)]
pub struct Clipping {
    /// Brightness, mean and deviation; the first two grow from row to row.
    rows: Vec<[f32; 3]>,
}

impl Clipping {
    /// Of noise of this standard deviation at a brightness, where `y` shows that it was clipped: a camera's and a
    /// file's samples stay within 0..1, a compositor's need not.
    pub fn of(y: &Picture, sigma: impl Fn(f32) -> f32) -> Option<Clipping> {
        let [least, largest] =
            y.samples.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], x| [low.min(*x), high.max(*x)]);
        if least < 0.0 || largest > 1.0 || (least > 0.0 && largest < 1.0) {
            return None;
        }
        let [first, last] = [-BEYOND * sigma(0.0), 1.0 + BEYOND * sigma(1.0)];
        let row = |i: usize| {
            let x = first + (last - first) * i as f32 / (BRIGHTNESSES - 1) as f32;
            clipped(x, sigma(x.clamp(0.0, 1.0)))
        };
        Some(Clipping { rows: (0..BRIGHTNESSES).map(row).collect() })
    }

    /// The deviation where clipped samples have this mean.
    pub fn deviation(&self, mean: f32) -> f32 {
        self.at(mean)[2]
    }

    /// Undoes what clipping did to the mean of what a network expects.
    pub fn undo(&self, picture: &mut Picture) {
        picture.samples.iter_mut().for_each(|x| *x = self.at(*x)[0].clamp(0.0, 1.0));
    }

    fn at(&self, mean: f32) -> [f32; 3] {
        let index = self.rows.partition_point(|row| row[1] < mean).clamp(1, self.rows.len() - 1);
        let [before, after] = [self.rows[index - 1], self.rows[index]];
        let part = ((mean - before[1]) / (after[1] - before[1]).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        [0, 1, 2].map(|i| before[i] + part * (after[i] - before[i]))
    }
}

/// x, and mean and deviation of x + sigma n clipped to 0..1, summed over the normal distribution of n.
fn clipped(x: f32, sigma: f32) -> [f32; 3] {
    let (mut weights, mut sum, mut squares) = (0.0f64, 0.0, 0.0);
    for point in 0..POINTS {
        let n = RANGE * ((point as f32 + 0.5) / POINTS as f32 - 0.5);
        let weight = f64::from(-n * n / 2.0).exp();
        let sample = f64::from((x + sigma * n).clamp(0.0, 1.0));
        weights += weight;
        sum += weight * sample;
        squares += weight * sample * sample;
    }
    let mean = sum / weights;
    [x, mean as f32, (squares / weights - mean * mean).max(0.0).sqrt() as f32]
}

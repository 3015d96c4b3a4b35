//! Noise that was clipped at black and white is not normal any more, so what a recorrupted fit rests on does not hold:
//! it copies noise where samples were cut. They get back what was cut off: a draw of the normal noise beyond the limit,
//! about the brightness that the samples around them lead to expect (imputation of censored samples; Rubin, "Multiple
//! Imputation for Nonresponse in Surveys", 1987).

use super::normal::NormalTable;
use crate::pixels::Picture;
use crate::rng::Draws;

/// Brightnesses that are tabulated, and how far beyond black and white, in standard deviations.
const BRIGHTNESSES: usize = 512;
const BEYOND: f32 = 4.0;
/// Standard deviation below which there is no noise: quotients by it would not be finite.
const LEAST_DEVIATION: f32 = 1e-6;

/// Pixels to each side over which brightness is averaged.
const BRIGHTNESS_RADIUS: usize = 3;

/// Gives clipped samples what clipping had cut off, and tells the noise's standard deviation at each sample;
/// `deviation` gives it at a brightness.
pub fn impute_clipped(given: &Picture, deviation: impl Fn(f32) -> f32, draws: Draws) -> (Picture, Vec<f32>) {
    let mut y = given.clone();
    let mut brightness: Vec<f32> = (0..y.channels).flat_map(|channel| blurred(given, channel)).collect();
    let clipping = ClippingTable::of(given, &deviation);
    if let Some(clipping) = &clipping {
        brightness.iter_mut().for_each(|mean| *mean = clipping.brightness(*mean));
    }
    let level: Vec<f32> = brightness.iter().map(|x| deviation(*x)).collect();
    if let Some(clipping) = &clipping {
        clipping.impute(&mut y, &brightness, &level, draws);
    }
    (y, level)
}

/// Averages each sample with those around it, by rows and then by columns.
fn blurred(y: &Picture, channel: usize) -> Vec<f32> {
    let (width, height) = (y.size.width, y.size.height);
    let mean = |length: usize, at: usize, sample: &dyn Fn(usize) -> f32| {
        let range = at.saturating_sub(BRIGHTNESS_RADIUS)..(at + BRIGHTNESS_RADIUS + 1).min(length);
        range.clone().map(sample).sum::<f32>() / range.len() as f32
    };
    let plane = y.plane(channel);
    let rows: Vec<f32> = (0..plane.len()).map(|i| mean(width, i % width, &|x| plane[i / width * width + x])).collect();
    (0..plane.len()).map(|i| mean(height, i / width, &|row| rows[row * width + i % width])).collect()
}

/// Expected brightnesses of samples whose noise was clipped to 0..1.
#[derive(Debug, Clone)]
struct ClippingTable {
    normal: NormalTable,
    /// Brightness without noise, and the mean of its clipped samples; both grow from row to row.
    rows: Vec<[f32; 2]>,
}

impl ClippingTable {
    /// Tabulates noise of this standard deviation at a brightness; none where no sample of `y` was clipped.
    fn of(y: &Picture, sigma: impl Fn(f32) -> f32) -> Option<ClippingTable> {
        if y.samples.iter().all(|x| *x > 0.0 && *x < 1.0) {
            return None;
        }
        let normal = NormalTable::new();
        let [first, last] = [-BEYOND * sigma(0.0), 1.0 + BEYOND * sigma(1.0)];
        let row = |i: usize| {
            let x = first + (last - first) * i as f32 / (BRIGHTNESSES - 1) as f32;
            [x, normal.clipped_mean(x, sigma(x.clamp(0.0, 1.0)))]
        };
        Some(ClippingTable { rows: (0..BRIGHTNESSES).map(row).collect(), normal })
    }

    /// Gives the brightness without noise, 0..1, of which clipped samples have this mean.
    fn brightness(&self, mean: f32) -> f32 {
        let index = self.rows.partition_point(|row| row[1] < mean).clamp(1, self.rows.len() - 1);
        let [before, after] = [self.rows[index - 1], self.rows[index]];
        let part = ((mean - before[1]) / (after[1] - before[1]).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        (before[0] + part * (after[0] - before[0])).clamp(0.0, 1.0)
    }

    /// Gives the samples that were clipped a draw of what was cut off; `brightness` and `sigma` are those of each
    /// sample.
    fn impute(&self, y: &mut Picture, brightness: &[f32], sigma: &[f32], draws: Draws) {
        let mut uniform = vec![0.0; y.samples.len()];
        draws.uniform(0, &mut uniform);
        let expected = brightness.iter().zip(sigma).zip(&uniform);
        for (y, ((x, sigma), u)) in y.samples.iter_mut().zip(expected) {
            // Without noise nothing was cut off.
            if *sigma <= LEAST_DEVIATION {
                continue;
            }
            // Black is white upside down.
            if *y >= 1.0 {
                *y = x + sigma * self.normal.truncated_quantile((1.0 - x) / sigma, *u);
            } else if *y <= 0.0 {
                *y = x - sigma * self.normal.truncated_quantile(x / sigma, *u);
            }
        }
    }
}

//! An observation: what the data term compares with.

use crate::fit::Calibration;
use crate::pixels::Picture;

/// A degraded picture and how much of each sample was observed, padded for the network.
#[derive(Debug, Clone)]
pub struct Observation {
    pub degraded: Picture,
    pub weight: Picture,
}

impl Observation {
    /// Says what the data term means where the loss compares with all that is observed: the mean weight, and the term
    /// of the weighted mean colour.
    pub fn calibration(&self) -> Calibration {
        let Observation { degraded, weight } = self;
        let (mut total, mut term) = (0.0, 0.0);
        for channel in 0..degraded.channels {
            let (y, w) = (degraded.plane(channel), weight.plane(channel));
            let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
                y.iter().zip(w).map(|(y, w)| f(f64::from(*y), f64::from(*w))).sum()
            };
            let weights = sum(&|_, w| w);
            let mean = if weights > 0.0 { sum(&|y, w| w * y) / weights } else { 0.0 };
            total += weights;
            term += sum(&|y, w| w * (y - mean) * (y - mean));
        }
        let samples = degraded.samples.len() as f64;
        Calibration { observed_share: total / samples, one_colour_term: term / samples, target_variance: 0.0 }
    }
}

//! A denoised picture in the mean with the noisy one, by what the risk says of both: where there is hardly any noise
//! its removal costs more than it is worth.

use super::step::{FinishingStep, FitProgress, Scope};
use crate::error::Result;
use crate::pixels::Picture;

/// Where the best blend has less of the given picture than this, it has none: an error of a few percent in the noise's
/// level would bring back more noise than the detail is worth.
const LEAST_OF_GIVEN: f64 = 0.1;

/// Blends a denoised picture f and the noisy y to the least expected error. From the errors R of f and v of y, and the
/// mean D of (f - y)^2, all over what is observed, the share of f is (v - R + D) / 2D: all but 1 where the noise is
/// worth its removal, 0 for a picture without noise, of which no detail is lost.
pub struct RiskBlend {
    /// The picture as it was given, but for what clipping had cut off.
    pub noisy: Picture,
    /// Whether clipping had cut anything off, which a picture within 0..1 alone can show.
    pub is_unclipped: bool,
    /// How far each sample was observed, 1 .. 0.
    pub weight: Picture,
    /// The mean variance of the noise, by weight.
    pub variance: f64,
}

impl RiskBlend {
    /// Gives the denoised picture's share.
    fn share(&self, denoised: &Picture, risk: f64) -> f64 {
        let square = |((f, y), w): ((&f32, &f32), &f32)| f64::from(*w) * f64::from(f - y).powi(2);
        let pairs = denoised.samples.iter().zip(&self.noisy.samples);
        let distance = pairs.zip(&self.weight.samples).map(square).sum::<f64>();
        let distance = distance / self.weight.samples.iter().map(|w| f64::from(*w)).sum::<f64>();
        let share = (self.variance - risk + distance) / (2.0 * distance);
        (share / (1.0 - LEAST_OF_GIVEN)).clamp(0.0, 1.0)
    }
}

impl FinishingStep for RiskBlend {
    fn scope(&self) -> Scope {
        Scope::Result
    }

    fn apply(&self, restored: &mut Picture, progress: &FitProgress) -> Result<()> {
        let share = self.share(restored, progress.risk) as f32;
        if !share.is_finite() {
            return Ok(());
        }
        let given = |y: f32| if self.is_unclipped { y.clamp(0.0, 1.0) } else { y };
        let pairs = self.noisy.samples.iter().zip(&self.weight.samples);
        for (f, (y, weight)) in restored.samples.iter_mut().zip(pairs) {
            if *weight > 0.0 {
                let y = given(*y);
                *f = y + share * (*f - y);
            }
        }
        Ok(())
    }
}

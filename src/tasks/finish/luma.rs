//! The luma that a picture was given with, where only its chroma is noisy.

use super::step::{FinishingStep, FitProgress, Scope};
use crate::error::Result;
use crate::pixels::Picture;
use crate::tasks::luma_chroma::{first_weight, luma};

/// Gives a picture its luma back, and leaves its chroma as it is.
pub struct GivenLuma {
    given: Picture,
    weight: Picture,
}

impl GivenLuma {
    /// Remembers the luma of a picture in colour, where its weight is above 0.
    pub fn of(image: &Picture, weight: &Picture) -> GivenLuma {
        GivenLuma { given: luma(image), weight: first_weight(weight) }
    }
}

impl FinishingStep for GivenLuma {
    fn scope(&self) -> Scope {
        Scope::Result
    }

    fn apply(&self, restored: &mut Picture, _: &FitProgress) -> Result<()> {
        let luma = luma(restored);
        let pairs = self.given.samples.iter().zip(&luma.samples).zip(&self.weight.samples);
        let change: Vec<f32> =
            pairs.map(|((given, luma), weight)| if *weight > 0.0 { given - luma } else { 0.0 }).collect();
        for channel in 0..restored.channels {
            restored.plane_mut(channel).iter_mut().zip(&change).for_each(|(x, change)| *x += change);
        }
        Ok(())
    }
}

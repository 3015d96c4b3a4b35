//! Samples that stay as they were given: all but impulses and hot pixels, where nothing else is noise.

use super::step::{FinishingStep, FitProgress, Scope};
use crate::error::Result;
use crate::pixels::Picture;

/// Puts given samples back into a picture.
pub struct KeptSamples {
    pub given: Picture,
    /// How far each sample stays as it was given, 0..1.
    pub share: Picture,
}

impl FinishingStep for KeptSamples {
    fn scope(&self) -> Scope {
        Scope::All
    }

    fn apply(&self, restored: &mut Picture, _: &FitProgress) -> Result<()> {
        let parts = self.share.samples.iter().zip(&self.given.samples);
        // At a share of 1 the blend would round.
        let blend = |x: f32, share: f32, y: f32| if share == 1.0 { y } else { x + share * (y - x) };
        restored.samples.iter_mut().zip(parts).for_each(|(x, (share, y))| *x = blend(*x, *share, *y));
        Ok(())
    }
}

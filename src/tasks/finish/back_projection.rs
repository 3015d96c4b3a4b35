//! Back-projection as the last word of super-resolution: the enlarged picture, made small, becomes the given one.

use super::step::{FinishingStep, FitProgress, Scope};
use crate::degradation::BackProjection;
use crate::error::Result;
use crate::pixels::Picture;

impl FinishingStep for BackProjection {
    /// It compares with the picture that the network was fitted to, which is a padded one.
    fn scope(&self) -> Scope {
        Scope::LastPadded
    }

    fn apply(&self, restored: &mut Picture, _: &FitProgress) -> Result<()> {
        self.project(&mut restored.samples);
        Ok(())
    }
}

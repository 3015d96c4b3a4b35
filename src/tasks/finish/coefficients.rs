//! The box of coefficients that a JPEG file leaves: nothing is shown that lies outside of what its quantisation allows.

use super::step::{FinishingStep, FitProgress, Scope};
use crate::error::Result;
use crate::pixels::Picture;
use crate::pixels::jpeg::CoefficientBox;

impl FinishingStep for CoefficientBox {
    fn scope(&self) -> Scope {
        Scope::All
    }

    fn apply(&self, restored: &mut Picture, _: &FitProgress) -> Result<()> {
        self.project(restored);
        Ok(())
    }
}

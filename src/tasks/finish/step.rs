//! What a finishing step is, and when its turn comes.

use crate::error::Result;
use crate::pixels::Picture;

/// Where a fit stands when one of its pictures is finished.
#[derive(Debug, Clone, Copy)]
pub struct FitProgress {
    /// Whether the picture is the last one of its fit.
    pub is_last: bool,
    /// The estimated mean squared error of the network's picture; NaN where the fit has no estimate.
    pub risk: f64,
    /// The same before the network knew the picture by heart: its error where it was never asked.
    pub early_risk: f64,
    /// The iteration that the picture comes from.
    pub iteration: u32,
}

/// Which pictures a step changes. Steps of an earlier scope run before those of a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The last result, while it still has its padding.
    LastPadded,
    /// Every picture of the fit: the result, the average and the latest one.
    All,
    /// The result, from the first preview on.
    Result,
    /// The last result, in turn with the steps of [`Scope::Result`].
    LastResult,
}

/// One step between a network's picture and what is shown of it.
pub trait FinishingStep: Send + Sync {
    /// Says which pictures the step changes.
    fn scope(&self) -> Scope;

    /// Changes a restored picture.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn apply(&self, restored: &mut Picture, progress: &FitProgress) -> Result<()>;
}

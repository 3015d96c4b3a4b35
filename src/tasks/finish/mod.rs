//! Finishing steps: what a restored picture still gets from the given one, after its network and before anybody sees
//! it. A task puts them into its recipe, and whoever runs the fit applies them without knowing which they are.

pub mod back_projection;
pub mod border;
pub mod coefficients;
pub mod detail;
pub mod kept_samples;
pub mod luma;
pub mod risk_blend;
pub mod surface;

mod step;

pub use step::{FinishingStep, FitProgress, Scope};

use super::frame::PaddingFrame;
use crate::error::Result;
use crate::pixels::Picture;

/// The way from a network's padded picture to what is shown: the crop, and a task's steps in their order.
pub struct Finish {
    frame: PaddingFrame,
    steps: Vec<Box<dyn FinishingStep>>,
}

impl Finish {
    /// Makes a finish that only crops.
    pub fn new(frame: PaddingFrame) -> Finish {
        Finish { frame, steps: Vec::new() }
    }

    /// Appends a step, behind all others of its scope.
    pub fn push(&mut self, step: impl FinishingStep + 'static) {
        self.steps.push(Box::new(step));
    }

    /// As [`Finish::push`], for a step that not every picture has.
    pub fn push_some(&mut self, step: Option<impl FinishingStep + 'static>) {
        self.steps.extend(step.map(|step| Box::new(step) as Box<dyn FinishingStep>));
    }

    /// Makes the result of a fit's restored samples, which are C, H, W of [`PaddingFrame::restored`].
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn result(&self, restored: Vec<f32>, progress: &FitProgress) -> Result<Picture> {
        let mut padded = self.padded(restored);
        if progress.is_last {
            self.apply(&mut padded, progress, |scope| scope == Scope::LastPadded)?;
        }
        let mut picture = self.cropped(padded, progress)?;
        self.apply(&mut picture, progress, |scope| match scope {
            Scope::Result => true,
            Scope::LastResult => progress.is_last,
            Scope::LastPadded | Scope::All => false,
        })?;
        Ok(picture)
    }

    /// Makes a picture of samples that a fit has beside its result: its average, or its latest picture.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn companion(&self, restored: Vec<f32>, progress: &FitProgress) -> Result<Picture> {
        self.cropped(self.padded(restored), progress)
    }

    fn padded(&self, samples: Vec<f32>) -> Picture {
        let size = self.frame.restored();
        Picture { size, channels: samples.len() / size.area(), samples }
    }

    // Takes the padded picture, so that its memory is free again before the steps that need much.
    fn cropped(&self, padded: Picture, progress: &FitProgress) -> Result<Picture> {
        let mut picture = self.frame.crop(&padded.samples, padded.channels);
        drop(padded);
        self.apply(&mut picture, progress, |scope| scope == Scope::All)?;
        Ok(picture)
    }

    fn apply(&self, picture: &mut Picture, progress: &FitProgress, is_due: impl Fn(Scope) -> bool) -> Result<()> {
        let mut due = self.steps.iter().filter(|step| is_due(step.scope()));
        due.try_for_each(|step| step.apply(picture, progress))
    }
}

//! Finishing steps: what a restored picture still gets from the given one, after its network and before anybody sees it.
//! A task puts them into its recipe, and whoever runs the fit applies them without knowing which they are.

mod back_projection;
mod border;
mod coefficients;
mod detail;
mod kept_samples;
mod luma;
mod risk_blend;
mod surface;

pub use border::Border;
pub use detail::Detail;
pub use kept_samples::KeptSamples;
pub use luma::GivenLuma;
pub use risk_blend::RiskBlend;
pub use surface::Surface;

use super::frame::Frame;
use crate::error::Result;
use crate::pixels::Picture;

/// Where a fit stands when one of its pictures is finished.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Whether the picture is the last one of its fit.
    pub is_last: bool,
    /// The estimated mean squared error of the network's picture; NaN where the fit has no estimate.
    pub risk: f64,
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
    fn apply(&self, restored: &mut Picture, progress: &Progress) -> Result<()>;
}

/// The way from a network's padded picture to what is shown: the crop, and a task's steps in their order.
pub struct Finish {
    frame: Frame,
    steps: Vec<Box<dyn FinishingStep>>,
}

impl Finish {
    /// A finish that only crops.
    pub fn new(frame: Frame) -> Finish {
        Finish { frame, steps: Vec::new() }
    }

    /// Appends a step, behind all others of its scope.
    pub fn push(&mut self, step: impl FinishingStep + 'static) {
        self.steps.push(Box::new(step));
    }

    /// Makes the result of a fit's restored samples, which are C, H, W of [`Frame::restored`].
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn result(&self, restored: Vec<f32>, progress: &Progress) -> Result<Picture> {
        let mut padded = self.padded(restored);
        if progress.is_last {
            self.apply(&mut padded, progress, |scope| scope == Scope::LastPadded)?;
        }
        let mut picture = self.cropped(&padded, progress)?;
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
    pub fn companion(&self, restored: Vec<f32>, progress: &Progress) -> Result<Picture> {
        self.cropped(&self.padded(restored), progress)
    }

    fn padded(&self, samples: Vec<f32>) -> Picture {
        let size = self.frame.restored();
        Picture { size, channels: samples.len() / size.area(), samples }
    }

    fn cropped(&self, padded: &Picture, progress: &Progress) -> Result<Picture> {
        let mut picture = self.frame.crop(&padded.samples, padded.channels);
        self.apply(&mut picture, progress, |scope| scope == Scope::All)?;
        Ok(picture)
    }

    fn apply(&self, picture: &mut Picture, progress: &Progress, is_due: impl Fn(Scope) -> bool) -> Result<()> {
        let due = self.steps.iter().filter(|step| is_due(step.scope()));
        due.clone().try_for_each(|step| step.apply(picture, progress))
    }
}

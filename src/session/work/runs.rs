//! The finished runs of the current part.

use crate::error::Result;
use crate::pixels::Picture;
use crate::session::canvas::Moment;
use crate::session::parts::Part;

/// The mean of some runs' results.
pub(super) struct FinishedRuns {
    pub mean: Picture,
    pub count: f32,
}

impl FinishedRuns {
    /// The moment to show while a run has no picture yet.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn moment(&self, part: Part) -> Result<Box<Moment>> {
        let (result, average, latest) = (self.mean.try_clone()?, self.mean.try_clone()?, self.mean.try_clone()?);
        Ok(Box::new(Moment { part, result, average, latest }))
    }

    /// A run's moment with the mean of all as its result.
    pub fn averaged_with(&self, moment: Box<Moment>) -> Box<Moment> {
        self.blended(moment, 1.0 / (self.count + 1.0))
    }

    /// A run's moment with the result of the runs before it.
    pub fn in_place_of(&self, moment: Box<Moment>) -> Box<Moment> {
        self.blended(moment, 0.0)
    }

    fn blended(&self, mut moment: Box<Moment>, share: f32) -> Box<Moment> {
        let blend = |(x, mean): (&mut f32, &f32)| *x = mean + share * (*x - mean);
        moment.result.samples.iter_mut().zip(&self.mean.samples).for_each(blend);
        moment
    }
}

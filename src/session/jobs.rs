//! Jobs: how a session's picture is cut, and one fit for each piece. Today there is one job, the whole
//! picture; tiles and the neighbourhoods of holes are cut here when they come.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Inputs;
use super::published::Moment;
use crate::error::{Error, Result};
use crate::exec::{self, Device, Reading};
use crate::fit::Fit;
use crate::graph::Shape;
use crate::options::{Measured, Options, Task};
use crate::pixels::Picture;
use crate::tasks::{self, Frame, Recipe, Subject};

/// One piece of the picture and its fit.
pub(super) struct Job {
    pub fit: Fit,
    frame: Frame,
    restored: Shape,
}

impl Job {
    /// Prepares the fit; on a CPU it must run inside the session's pool.
    pub fn new(recipe: Recipe, device: &Device) -> Result<Job> {
        let Recipe { graph, schedule, stop, frame, observed_share, flat_term } = recipe;
        let restored = graph.shape(graph.restored);
        let executor = exec::executor(Arc::new(graph), device)?;
        let fit = Fit::new(executor, schedule, stop, observed_share, flat_term)?;
        Ok(Job { fit, frame, restored })
    }

    /// See [`Fit::advance`].
    pub fn advance(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        self.fit.advance(most, cancel)
    }

    /// The pictures of this moment; `None` before the first iteration, or when they are not finite.
    pub fn moment(&self) -> Result<Option<Moment>> {
        if self.fit.iteration() == 0 {
            return Ok(None);
        }
        let result = self.read(self.fit.best())?;
        let average = self.read(Reading::Average)?;
        let latest = self.read(Reading::Latest)?;
        let is_finite = |picture: &Picture| picture.samples.iter().all(|sample| sample.is_finite());
        let is_good = [&result, &average, &latest].into_iter().all(is_finite);
        Ok(is_good.then_some(Moment { result, average, latest }))
    }

    fn read(&self, reading: Reading) -> Result<Picture> {
        let mut samples = vec![0.0; self.restored.samples()];
        self.fit.read(reading, &mut samples)?;
        Ok(self.frame.crop(&samples, self.restored.channels))
    }
}

/// What the whole picture gives the tasks: the mask, missing samples and alpha 0 are one weight.
pub(super) fn subject(options: &Options, inputs: &Inputs) -> Result<Subject> {
    check(options, inputs)?;
    let image = &inputs.image;
    let size = image.colour.size;
    let mut weight = match &image.weight {
        Some(weight) => weight.clone(),
        None => Picture::filled(size, image.colour.channels, 1.0),
    };
    let alpha_is_0 = |alpha: &Picture| Picture {
        samples: alpha.samples.iter().map(|a| if *a > 0.0 { 1.0 } else { 0.0 }).collect(),
        ..*alpha
    };
    let seen = image.alpha.as_ref().map(alpha_is_0);
    for plane in [inputs.mask.as_ref(), seen.as_ref()].into_iter().flatten() {
        for channel in 0..weight.channels {
            weight.plane_mut(channel).iter_mut().zip(&plane.samples).for_each(|(w, m)| *w *= m);
        }
    }
    let guide = inputs.guide.as_ref().map(|guide| guide.colour.clone());
    Ok(Subject { image: image.colour.clone(), weight, guide })
}

fn check(options: &Options, inputs: &Inputs) -> Result<()> {
    let size = inputs.image.colour.size;
    match (options.task, &inputs.mask) {
        (Task::Inpaint, None) => return Err(Error::invalid("inpaint needs a mask that says what to fill")),
        (Task::Inpaint, Some(mask)) if mask.size != size => {
            return Err(Error::invalid(format!("mask is {}, image is {size}", mask.size)));
        }
        (Task::Inpaint, _) | (_, None) => {}
        (_, Some(_)) => return Err(Error::invalid("a mask is for inpaint only")),
    }
    match &inputs.guide {
        Some(_) if options.task != Task::Denoise => Err(Error::invalid("a guide is for denoise only")),
        Some(guide) if guide.colour.size != size => {
            Err(Error::invalid(format!("guide is {}, image is {size}", guide.colour.size)))
        }
        _ => Ok(()),
    }
}

/// The recipe of the only job.
pub(super) fn recipe(options: &Options, measured: &Measured, subject: &Subject) -> Result<Recipe> {
    tasks::recipe(options, measured, subject, 0)
}

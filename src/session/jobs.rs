//! Jobs: how a session's picture is cut, and one fit for each piece. Today there is one job, the whole
//! picture; tiles and the neighbourhoods of holes are cut here when they come.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Inputs;
use super::published::{Moment, Showing};
use crate::error::{Error, Result};
use crate::exec::{self, Device, Reading};
use crate::fit::Fit;
use crate::graph::Shape;
use crate::options::{Measured, Options, Task, resolve};
use crate::pixels::Picture;
use crate::tasks::{self, Frame, Recipe, Subject};

/// One piece of the picture and its fit.
pub(super) struct Job {
    pub fit: Fit,
    frame: Frame,
    restored: Shape,
    /// See [`Recipe::kept`].
    kept: Option<[Picture; 2]>,
    /// The noise's variance, and what was given.
    noisy: Option<(f64, Picture)>,
    /// Of noise that only the target has.
    target_variance: f64,
}

impl Job {
    /// Prepares the fit; on a CPU it must run inside the session's pool.
    pub fn new(recipe: Recipe, given: Picture, device: &Device) -> Result<Job> {
        let Recipe { graph, schedule, stop, frame, observed_share, flat_term, kept, .. } = recipe;
        let (noise_variance, target_variance) = (recipe.noise_variance, recipe.target_variance);
        let restored = graph.shape(graph.restored);
        let executor = exec::executor(Arc::new(graph), device)?;
        let fit = Fit::new(executor, schedule, stop, observed_share, flat_term)?;
        let noisy = noise_variance.map(|variance| (variance, given));
        Ok(Job { fit, frame, restored, kept, noisy, target_variance })
    }

    /// See [`Fit::advance`].
    pub fn advance(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        self.fit.advance(most, cancel)
    }

    /// dB against what was given, over the observed samples.
    pub fn psnr_observed(&self) -> f64 {
        self.fit.psnr_observed(self.target_variance)
    }

    /// What previews may show of this moment; `None` where its pictures are not finite.
    pub fn showing(&self) -> Result<Option<Showing>> {
        if !self.fit.has_picture() {
            return Ok(Some(Showing::Input));
        }
        let mut result = self.read(self.fit.best())?;
        if let Some((variance, given)) = &self.noisy {
            result = trusted(result, given, *variance, self.fit.best_risk());
        }
        let average = self.read(Reading::Average)?;
        let latest = self.read(Reading::Latest)?;
        let is_finite = |picture: &Picture| picture.samples.iter().all(|sample| sample.is_finite());
        let is_good = [&result, &average, &latest].into_iter().all(is_finite);
        Ok(is_good.then_some(Showing::Moment(Moment { result, average, latest })))
    }

    fn read(&self, reading: Reading) -> Result<Picture> {
        let mut samples = vec![0.0; self.restored.samples()];
        self.fit.read(reading, &mut samples)?;
        let mut picture = self.frame.crop(&samples, self.restored.channels);
        if let Some([kept, given]) = &self.kept {
            let parts = kept.samples.iter().zip(&given.samples);
            let blend = |x: f32, kept: f32, y: f32| if kept == 1.0 { y } else { x + kept * (y - x) };
            picture.samples.iter_mut().zip(parts).for_each(|(x, (kept, y))| *x = blend(*x, *kept, *y));
        }
        Ok(picture)
    }
}

/// The blend of a denoised picture f and the noisy y with the least expected error. From the errors R of f and v
/// of y, and the mean D of (f - y)^2, the share of f is (v - R + D) / 2D: all but 1 where the noise is worth its
/// removal, 0 for a picture without noise, of which no detail is lost.
fn trusted(mut f: Picture, y: &Picture, variance: f64, risk: f64) -> Picture {
    let distance = f.samples.iter().zip(&y.samples).map(|(f, y)| f64::from(f - y).powi(2)).sum::<f64>();
    let distance = distance / f.samples.len() as f64;
    let share = ((variance - risk + distance) / (2.0 * distance)).clamp(0.0, 1.0) as f32;
    if share.is_finite() {
        f.samples.iter_mut().zip(&y.samples).for_each(|(f, y)| *f = y + share * (*f - y));
    }
    f
}

/// Options resolved, and the recipe of the only job; no job where the input is the result.
pub(super) fn plan(options: &Options, inputs: &Inputs) -> Result<(Options, Option<Recipe>)> {
    check(options, inputs)?;
    let subject = subject(inputs);
    let is_input_enough = match options.task {
        Task::Inpaint => !has_hole(inputs),
        // Hosts send empty frames, and frames that are all broken.
        _ => subject.weight.samples.iter().all(|weight| *weight == 0.0),
    };
    if is_input_enough {
        let resolved = resolve(options, &Measured::plain());
        return tasks::check(&resolved).map(|()| (resolved, None));
    }
    let measured = tasks::measure(options.task, &subject)?;
    let resolved = resolve(options, &measured);
    let recipe = tasks::recipe(&resolved, &measured, &subject, 0)?;
    Ok((resolved, Some(recipe)))
}

/// What the whole picture gives the tasks: the mask, missing samples and alpha 0 are one weight.
fn subject(inputs: &Inputs) -> Subject {
    let image = &inputs.image;
    let mut weight = match &image.weight {
        Some(weight) => weight.clone(),
        None => Picture::filled(image.colour.size, image.colour.channels, 1.0),
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
    Subject { image: image.colour.clone(), weight, guide }
}

/// Whether inpainting has a visible sample to fill.
fn has_hole(inputs: &Inputs) -> bool {
    let Inputs { image, mask, .. } = inputs;
    let area = image.colour.size.area();
    let is_visible = |pixel: usize| image.alpha.as_ref().is_none_or(|alpha| alpha.samples[pixel] > 0.0);
    let is_masked = |pixel: usize| mask.as_ref().is_some_and(|mask| mask.samples[pixel] < 1.0);
    let is_missing = |i: usize| image.weight.as_ref().is_some_and(|weight| weight.samples[i] == 0.0);
    (0..image.colour.samples.len()).any(|i| is_visible(i % area) && (is_masked(i % area) || is_missing(i)))
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

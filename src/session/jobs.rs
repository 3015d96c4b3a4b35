//! A job: one part of the picture and its fit.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::canvas::Moment;
use super::memory;
use super::parts::Part;
use crate::error::Result;
use crate::exec::{self, Device, Reading, State};
use crate::fit::{Fit, Kept, Stand};
use crate::graph::Shape;
use crate::pixels::Picture;
use crate::pixels::jpeg::CoefficientBox;
use crate::room;
use crate::tasks::{BackProjection, Border, Detail, Frame, Luma, Noisy, Recipe, Surface};

/// What a job shows.
pub(super) enum Showing {
    /// Before the first iteration, or after going back to the start.
    Input,
    Moment(Box<Moment>),
    /// Its pictures are not finite, or cannot be read: what was shown before stays.
    Nothing,
}

/// One part of the picture and its fit.
pub(super) struct Job {
    pub fit: Fit,
    /// Of the result.
    part: Part,
    frame: Frame,
    restored: Shape,
    /// See [`Recipe::kept`].
    kept: Option<[Picture; 2]>,
    /// See [`Recipe::coefficients`].
    coefficients: Option<CoefficientBox>,
    /// See [`Recipe::back_projection`].
    back_projection: Option<BackProjection>,
    /// See [`Recipe::detail`].
    detail: Option<Detail>,
    /// See [`Recipe::border`].
    border: Option<Border>,
    /// See [`Recipe::surface`].
    surface: Option<Surface>,
    /// See [`Recipe::luma`].
    luma: Option<Luma>,
    /// See [`Recipe::noisy`].
    noisy: Option<Noisy>,
    /// Of noise that only the target has.
    target_variance: f64,
}

/// A moment's three pictures, one as the fit has it, and what projecting, judging and comparing them takes.
const SHOWN_PICTURES: usize = 18;

/// What a job starts from.
pub(super) enum Start<'a> {
    Fresh,
    /// The parameters of another job.
    Inherited(&'a State),
    /// Itself, which has so many iterations at most.
    Interrupted {
        iterations: u32,
        kept: Box<Kept>,
    },
}

/// A job with the parameters of an earlier one runs this share of the iterations.
const INHERITED_SHARE: f64 = 0.4;

impl Job {
    /// Prepares the fit; on a CPU it must run inside the session's pool.
    pub fn new(recipe: Recipe, part: Part, device: &Device, start: Start) -> Result<Job> {
        let Recipe { graph, mut schedule, stop, frame, observed_share, flat_term, .. } = recipe;
        let Recipe {
            kept, coefficients, back_projection, border, surface, detail, luma, noisy, target_variance, ..
        } = recipe;
        let restored = graph.shape(graph.restored);
        let mut executor = exec::executor(Arc::new(graph), device)?;
        let fit = match start {
            Start::Fresh => Fit::new(executor, schedule, stop, observed_share, flat_term)?,
            Start::Inherited(parameters) => {
                executor.load(parameters)?;
                schedule.iterations = inherited_iterations(schedule.iterations);
                Fit::new(executor, schedule, stop, observed_share, flat_term)?
            }
            Start::Interrupted { iterations, kept } => {
                schedule.iterations = iterations;
                Fit::resume(executor, schedule, observed_share, *kept)?
            }
        };
        Ok(Job {
            fit,
            part,
            frame,
            restored,
            kept,
            coefficients,
            back_projection,
            border,
            surface,
            detail,
            luma,
            noisy,
            target_variance,
        })
    }

    /// See [`Fit::advance`].
    pub fn advance(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        self.fit.advance(most, cancel)
    }

    /// Whether it has a result that will not change by itself.
    pub fn is_over(&self) -> bool {
        self.fit.stand() != Stand::Running
    }

    /// Its parameters, for another job.
    ///
    /// # Errors
    /// See [`exec::Executor::state`].
    pub fn parameters(&self) -> Result<State> {
        let mut state = self.fit.state()?;
        state.buffers.retain(|name, _| name.starts_with("parameter."));
        state.updates = 0;
        Ok(state)
    }

    /// dB against what was given, over the observed samples.
    pub fn psnr_observed(&self) -> f64 {
        self.fit.psnr_observed(self.target_variance)
    }

    /// Samples that showing takes.
    pub fn showing_samples(&self) -> usize {
        SHOWN_PICTURES * self.restored.samples()
    }

    /// What previews may show of this moment; `is_last` where no other follows.
    ///
    /// # Errors
    /// `OutOfMemory`, or those of the device.
    pub fn showing(&self, is_last: bool) -> Result<Showing> {
        if !self.fit.has_picture() {
            return Ok(Showing::Input);
        }
        memory::claim_samples(self.showing_samples())?;
        let mut result = self.result(is_last)?;
        if let Some(noisy) = &self.noisy {
            result = trusted(result, noisy, self.fit.best_risk());
        }
        if let Some(detail) = &self.detail {
            detail.give_back(&mut result);
        }
        if let Some(border) = self.border.as_ref().filter(|_| is_last) {
            border.meet(&mut result)?;
        }
        if let Some(surface) = self.surface.as_ref().filter(|_| is_last) {
            surface.blend(&mut result, self.fit.best_risk(), self.fit.best_iteration())?;
        }
        if let Some(luma) = &self.luma {
            luma.give_back(&mut result);
        }
        let average = self.read(Reading::Average)?;
        let latest = self.read(Reading::Latest)?;
        let is_finite = |picture: &Picture| picture.samples.iter().all(|sample| sample.is_finite());
        if [&result, &average, &latest].into_iter().all(is_finite) {
            return Ok(Showing::Moment(Box::new(Moment { part: self.part, result, average, latest })));
        }
        Ok(Showing::Nothing)
    }

    /// The last one has what only the end is worth.
    fn result(&self, is_last: bool) -> Result<Picture> {
        match self.back_projection.as_ref().filter(|_| is_last) {
            Some(back_projection) => {
                let mut samples = self.samples(self.fit.best())?;
                back_projection.apply(&mut samples);
                Ok(self.finished(&samples))
            }
            None => self.read(self.fit.best()),
        }
    }

    fn read(&self, reading: Reading) -> Result<Picture> {
        Ok(self.finished(&self.samples(reading)?))
    }

    fn samples(&self, reading: Reading) -> Result<Vec<f32>> {
        let mut samples = room::filled(self.restored.samples(), 0.0)?;
        self.fit.read(reading, &mut samples)?;
        Ok(samples)
    }

    /// The result's part, with what was given.
    fn finished(&self, samples: &[f32]) -> Picture {
        let mut picture = self.frame.crop(samples, self.restored.channels);
        if let Some([kept, given]) = &self.kept {
            let parts = kept.samples.iter().zip(&given.samples);
            let blend = |x: f32, kept: f32, y: f32| if kept == 1.0 { y } else { x + kept * (y - x) };
            picture.samples.iter_mut().zip(parts).for_each(|(x, (kept, y))| *x = blend(*x, *kept, *y));
        }
        if let Some(coefficients) = &self.coefficients {
            coefficients.project(&mut picture);
        }
        picture
    }
}

/// Iterations of a job that starts with the parameters of another one.
pub(super) fn inherited_iterations(iterations: u32) -> u32 {
    (INHERITED_SHARE * f64::from(iterations)).ceil() as u32
}

/// Where the best blend has less of the given picture than this, it has none: an error of a few percent in the noise's
/// level would bring back more noise than the detail is worth.
const LEAST_OF_GIVEN: f64 = 0.1;

/// The blend of a denoised picture f and the noisy y with the least expected error. From the errors R of f and v
/// of y, and the mean D of (f - y)^2, all over what is observed, the share of f is (v - R + D) / 2D: all but 1 where the
/// noise is worth its removal, 0 for a picture without noise, of which no detail is lost.
fn trusted(mut f: Picture, noisy: &Noisy, risk: f64) -> Picture {
    let Noisy { y, is_unclipped, weight, variance, .. } = noisy;
    let square = |((f, y), w): ((&f32, &f32), &f32)| f64::from(*w) * f64::from(f - y).powi(2);
    let distance = f.samples.iter().zip(&y.samples).zip(&weight.samples).map(square).sum::<f64>();
    let distance = distance / weight.samples.iter().map(|w| f64::from(*w)).sum::<f64>();
    let share = (variance - risk + distance) / (2.0 * distance);
    let share = (share / (1.0 - LEAST_OF_GIVEN)).clamp(0.0, 1.0) as f32;
    if share.is_finite() {
        let given = |y: f32| if *is_unclipped { y.clamp(0.0, 1.0) } else { y };
        let observed = y.samples.iter().zip(&weight.samples).map(|(y, weight)| (given(*y), *weight > 0.0));
        let blend =
            |(f, (y, is_observed)): (&mut f32, (f32, bool))| *f = if is_observed { y + share * (*f - y) } else { *f };
        f.samples.iter_mut().zip(observed).for_each(blend);
    }
    f
}

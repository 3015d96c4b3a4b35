//! A job: one part of the picture and its fit.

use std::sync::atomic::AtomicBool;

use super::canvas::Moment;
use super::memory;
use super::news::News;
use super::parts::Part;
use super::price::PlannedJob;
use crate::error::Result;
use crate::exec::{ExecutorState, Reading};
use crate::fit::{Fit, FitStatus, SavedFit};
use crate::pixels::Picture;
use crate::room;
use crate::tasks::finish::{Finish, FitProgress};

/// One part of the picture and its fit.
pub(super) struct Job {
    pub fit: Fit,
    /// Of the result.
    part: Part,
    /// Samples of the restored picture, with its padding.
    restored_samples: usize,
    finish: Finish,
}

/// A moment's three pictures, one as the fit has it, and what projecting, judging and comparing them takes.
const SHOWN_PICTURES: usize = 18;

/// What a job starts from.
pub(super) enum JobStart<'a> {
    Fresh,
    /// The parameters of another job.
    Inherited(&'a ExecutorState),
    /// Itself, which has so many iterations at most.
    Interrupted {
        iterations: u32,
        saved: Box<SavedFit>,
    },
}

/// A job with the parameters of an earlier one runs this share of the iterations.
const INHERITED_SHARE: f64 = 0.4;

impl Job {
    /// Prepares the fit; on a CPU it must run inside the session's pool.
    pub fn new(planned: PlannedJob, part: Part, start: JobStart) -> Result<Job> {
        let PlannedJob { executor, mut schedule, stop, calibration, finish } = planned;
        let graph = executor.graph();
        let restored_samples = graph.shape(graph.restored).samples();
        let mut executor = executor.open()?;
        let fit = match start {
            JobStart::Fresh => Fit::new(executor, schedule, stop, calibration)?,
            JobStart::Inherited(parameters) => {
                executor.load(parameters)?;
                schedule.iterations = inherited_iterations(schedule.iterations);
                Fit::new(executor, schedule, stop, calibration)?
            }
            JobStart::Interrupted { iterations, saved } => {
                schedule.iterations = iterations;
                Fit::resume(executor, schedule, calibration, *saved)?
            }
        };
        Ok(Job { fit, part, restored_samples, finish })
    }

    /// See [`Fit::advance`].
    pub fn advance(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        self.fit.advance(most, cancel)
    }

    /// Whether it has a result that will not change by itself.
    pub fn is_over(&self) -> bool {
        self.fit.status() != FitStatus::Running
    }

    /// Its parameters, for another job.
    ///
    /// # Errors
    /// See [`exec::Executor::state`].
    pub fn parameters(&self) -> Result<ExecutorState> {
        let mut state = self.fit.state()?;
        state.keep_parameters();
        Ok(state)
    }

    /// Samples that showing takes.
    pub fn showing_samples(&self) -> usize {
        SHOWN_PICTURES * self.restored_samples
    }

    /// What previews may show of this moment; `is_last` where no other follows.
    ///
    /// # Errors
    /// `OutOfMemory`, or those of the device.
    pub fn news(&self, is_last: bool) -> Result<News> {
        if !self.fit.has_picture() {
            return Ok(News::Input);
        }
        memory::claim_samples(self.showing_samples())?;
        let progress = FitProgress { is_last, risk: self.fit.best_risk(), iteration: self.fit.best_iteration() };
        let result = self.finish.result(self.samples(self.fit.best())?, &progress)?;
        let average = self.finish.companion(self.samples(Reading::Average)?, &progress)?;
        let latest = self.finish.companion(self.samples(Reading::Latest)?, &progress)?;
        let is_finite = |picture: &Picture| picture.samples.iter().all(|sample| sample.is_finite());
        if [&result, &average, &latest].into_iter().all(is_finite) {
            return Ok(News::Current(Box::new(Moment { part: self.part, result, average, latest })));
        }
        Ok(News::Nothing)
    }

    fn samples(&self, reading: Reading) -> Result<Vec<f32>> {
        let mut samples = room::filled(self.restored_samples, 0.0)?;
        self.fit.read(reading, &mut samples)?;
        Ok(samples)
    }
}

/// Iterations of a job that starts with the parameters of another one.
pub(super) fn inherited_iterations(iterations: u32) -> u32 {
    (INHERITED_SHARE * f64::from(iterations)).ceil() as u32
}

//! A job: the fit of one part of the picture.

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

/// The fit of one part of the picture.
pub(super) struct Job {
    pub fit: Fit,
    /// The part of the result that the job restores.
    part: Part,
    /// The number of samples of the restored picture, with its padding.
    restored_samples: usize,
    finish: Finish,
}

/// How many pictures showing a moment takes: the moment's three, one as the fit has it, and what projecting, judging
/// and comparing them takes.
const SHOWN_PICTURES: usize = 18;

/// What a job starts from.
pub(super) enum JobStart<'a> {
    /// New parameters, drawn at random.
    Fresh,
    /// The parameters of another job.
    Inherited(&'a ExecutorState),
    /// The job itself, which was interrupted and has so many iterations at most.
    Interrupted { iterations: u32, saved: Box<SavedFit> },
}

/// The share of the iterations that a job runs which starts with the parameters of an earlier one.
const INHERITED_SHARE: f64 = 0.4;

impl Job {
    /// Prepares the fit. On a CPU this must run inside the session's pool.
    ///
    /// # Errors
    /// `OutOfMemory`; `Device`; `Internal` where what it starts from does not belong to the job.
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

    /// Runs so many iterations at most; see [`Fit::advance`].
    ///
    /// # Errors
    /// See [`Fit::advance`].
    pub fn advance(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        self.fit.advance(most, cancel)
    }

    /// Whether the fit has ended, so that its result will not change any more.
    pub fn is_over(&self) -> bool {
        self.fit.status() != FitStatus::Running
    }

    /// Copies the job's parameters, for another job to start with.
    ///
    /// # Errors
    /// See [`Executor::state`](crate::exec::Executor::state).
    pub fn parameters(&self) -> Result<ExecutorState> {
        let mut state = self.fit.state()?;
        state.keep_parameters();
        Ok(state)
    }

    /// The number of samples that showing a moment takes.
    pub fn showing_samples(&self) -> usize {
        SHOWN_PICTURES * self.restored_samples
    }

    /// Makes what previews may show of this moment; `is_last` says that no other moment follows.
    ///
    /// # Errors
    /// `OutOfMemory`; `Device`.
    pub fn news(&self, is_last: bool) -> Result<News> {
        if !self.fit.has_picture() {
            return Ok(News::Input);
        }
        memory::claim_samples(self.showing_samples())?;
        let progress = FitProgress {
            is_last,
            risk: self.fit.best_risk(),
            early_risk: self.fit.early_risk(),
            iteration: self.fit.best_iteration(),
        };
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

/// The number of iterations of a job that starts with the parameters of another one, which would have so many.
pub(super) fn inherited_iterations(iterations: u32) -> u32 {
    (INHERITED_SHARE * f64::from(iterations)).ceil() as u32
}

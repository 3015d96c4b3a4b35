//! The fit: input noise and rates go in, scalars come out, and every 10 iterations it decides whether
//! to go back, to keep a picture, or to stop. It sees scalars only.

mod backtrack;
mod calibration;
mod schedule;
mod stop;

pub use calibration::Calibration;
pub use schedule::{AverageStart, CONTROL_INTERVAL, Schedule};
pub use stop::{Evidence, StopRule};

use std::sync::atomic::AtomicBool;

use backtrack::{Backtrack, BacktrackVerdict, ControlPoint};
use serde::{Deserialize, Serialize};
use stop::{Stop, StopVerdict};

use crate::error::{Error, Result};
use crate::exec::{Executor, ExecutorState, Reading, Scalars};

/// Whether a fit still runs, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FitStatus {
    Running,
    Finished,
    StoppedEarly,
}

/// The fit of one job: an executor, and the decisions that are made on its scalars.
pub struct Fit {
    executor: Box<dyn Executor>,
    schedule: Schedule,
    calibration: Calibration,
    decisions: Decisions,
}

/// Everything that a fit decides by, apart from its executor: plain numbers, which can be saved and taken up in another
/// process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decisions {
    backtrack: Backtrack,
    stop: Stop,
    iteration: u32,
    /// The iteration that the present picture comes from, which backtracking changes; 0 where there is no picture.
    picture_iteration: u32,
    /// The iteration that the last checkpoint's picture comes from.
    checkpoint_picture_iteration: u32,
    status: FitStatus,
    diverged: Option<Divergence>,
    /// Scalars since the last control point.
    recent: Vec<Scalars>,
    last: Option<Scalars>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Divergence {
    iteration: u32,
    loss: f32,
}

/// An interrupted fit, from which [`Fit::resume`] goes on.
#[derive(Debug, Clone)]
pub struct SavedFit {
    pub decisions: Decisions,
    pub state: ExecutorState,
    /// State of the executor at the last checkpoint.
    pub checkpoint: ExecutorState,
}

impl Fit {
    /// Begins a fit on a fresh executor.
    ///
    /// # Errors
    /// `Device`, when the first checkpoint cannot be kept.
    pub fn new(
        mut executor: Box<dyn Executor>,
        schedule: Schedule,
        stop: StopRule,
        calibration: Calibration,
    ) -> Result<Fit> {
        executor.checkpoint()?;
        let decisions = Decisions {
            backtrack: Backtrack::new(calibration.one_colour_term, schedule.learning_rate),
            stop: Stop::new(stop),
            iteration: 0,
            picture_iteration: 0,
            checkpoint_picture_iteration: 0,
            status: FitStatus::Running,
            diverged: None,
            recent: Vec::with_capacity(CONTROL_INTERVAL as usize),
            last: None,
        };
        Ok(Fit { executor, schedule, calibration, decisions })
    }

    /// Goes on with a fit of the same graph and schedule, to the same bits as if it had never been interrupted.
    /// `executor` is a fresh one.
    ///
    /// # Errors
    /// `Device`; `Internal` where what was kept does not belong to the graph.
    pub fn resume(
        mut executor: Box<dyn Executor>,
        schedule: Schedule,
        calibration: Calibration,
        kept: SavedFit,
    ) -> Result<Fit> {
        let SavedFit { decisions, state, checkpoint } = kept;
        if decisions.iteration > schedule.iterations || decisions.recent.len() >= CONTROL_INTERVAL as usize {
            let (done, all) = (decisions.iteration, schedule.iterations);
            return Err(Error::Internal(format!(
                "a saved fit at iteration {done} does not belong to one of {all} iterations"
            )));
        }
        executor.load(&checkpoint)?;
        executor.checkpoint()?;
        executor.load(&state)?;
        Ok(Fit { executor, schedule, calibration, decisions })
    }

    /// Copies everything that [`Fit::resume`] needs.
    ///
    /// # Errors
    /// `Device`.
    pub fn saved(&self) -> Result<SavedFit> {
        let (state, checkpoint) = (self.executor.state()?, self.executor.checkpoint_state()?);
        Ok(SavedFit { decisions: self.decisions.clone(), state, checkpoint })
    }

    /// Runs at most `most` iterations, and never past a control point or the end; returns how many ran. The result does
    /// not depend on how iterations are grouped into calls.
    ///
    /// # Errors
    /// `Cancelled` when `cancel` was seen (what ran before it counts), `Diverged`, `Device`.
    pub fn advance(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        if let Some(Divergence { iteration, loss }) = self.decisions.diverged {
            return Err(Error::Diverged { iteration, loss });
        }
        let to_control = CONTROL_INTERVAL - self.decisions.iteration % CONTROL_INTERVAL;
        let count = most.min(to_control).min(self.schedule.iterations - self.decisions.iteration);
        let share = self.decisions.backtrack.rate_share();
        let paces: Vec<_> = (1..=count).map(|i| self.schedule.pace(self.decisions.iteration + i, share)).collect();
        let before = self.decisions.recent.len();
        self.executor.iterate(self.decisions.iteration + 1, &paces, cancel, &mut self.decisions.recent)?;
        let done = (self.decisions.recent.len() - before) as u32;
        for scalars in &self.decisions.recent[before..] {
            self.decisions.stop.record(scalars);
        }
        self.decisions.last = self.decisions.recent.last().copied().or(self.decisions.last);
        self.decisions.iteration += done;
        if done > 0 {
            self.decisions.picture_iteration = self.decisions.iteration;
        }
        if done == count && (self.decisions.iteration.is_multiple_of(CONTROL_INTERVAL) || self.is_last()) {
            self.control()?;
        }
        if done < count { Err(Error::Cancelled) } else { Ok(done) }
    }

    fn is_last(&self) -> bool {
        self.decisions.iteration == self.schedule.iterations
    }

    fn control(&mut self) -> Result<()> {
        let point = self.control_point();
        match self.decisions.backtrack.judge(point) {
            BacktrackVerdict::Keep => self.keep()?,
            BacktrackVerdict::GoOn => {}
            BacktrackVerdict::Return => {
                self.go_back()?;
                if point.is_last && self.decisions.picture_iteration == 0 {
                    return self.give_up();
                }
            }
            BacktrackVerdict::GiveUp => return self.give_up(),
        }
        if point.is_last && self.decisions.status == FitStatus::Running {
            self.decisions.status = FitStatus::Finished;
        }
        Ok(())
    }

    /// Sums up what happened since the last control point.
    fn control_point(&mut self) -> ControlPoint {
        let is_first = self.decisions.iteration as usize == self.decisions.recent.len();
        if let Some(first) = self.decisions.recent.first().filter(|_| is_first) {
            self.decisions.backtrack.start(f64::from(first.data_term));
        }
        let term = self.judged_term();
        let point = ControlPoint {
            term,
            psnr: self.calibration.psnr_of_prediction(term),
            is_finite: self.decisions.recent.iter().all(|s| s.loss.is_finite() && s.deviation.is_finite()),
            iterations: self.decisions.recent.len() as u32,
            is_last: self.is_last(),
        };
        self.decisions.recent.clear();
        point
    }

    /// The data term that the fit is judged by: that of the last iteration, or, with held-out samples, the mean since
    /// the last control point, since what is held out may be drawn anew at each iteration, from a sky or from a wood.
    fn judged_term(&self) -> f64 {
        match self.decisions.stop.judged_by() {
            Evidence::Variance => self.data_term(),
            Evidence::Risk => {
                self.decisions.recent.iter().map(|s| f64::from(s.data_term)).sum::<f64>()
                    / self.decisions.recent.len() as f64
            }
        }
    }

    /// Keeps a checkpoint, and a picture where it is the steadiest.
    fn keep(&mut self) -> Result<()> {
        self.executor.checkpoint()?;
        self.decisions.stop.keep_checkpoint();
        self.decisions.checkpoint_picture_iteration = self.decisions.picture_iteration;
        match self.decisions.stop.judge(self.decisions.iteration) {
            StopVerdict::GoOn => {}
            StopVerdict::Keep => self.executor.snapshot()?,
            StopVerdict::Stop => self.decisions.status = FitStatus::StoppedEarly,
        }
        Ok(())
    }

    fn go_back(&mut self) -> Result<()> {
        self.executor.restore()?;
        self.decisions.stop.restore();
        self.decisions.picture_iteration = self.decisions.checkpoint_picture_iteration;
        Ok(())
    }

    /// Ends the fit at its last checkpoint, which is better than what came after it.
    fn give_up(&mut self) -> Result<()> {
        self.go_back()?;
        let loss = self.decisions.last.map_or(f32::NAN, |scalars| scalars.loss);
        let iteration = self.decisions.iteration;
        self.decisions.diverged = Some(Divergence { iteration, loss });
        Err(Error::Diverged { iteration, loss })
    }
}

/// Questions that a fit answers at any time.
impl Fit {
    /// Iterations that have run.
    pub fn iteration(&self) -> u32 {
        self.decisions.iteration
    }

    /// Iterations that there are at most.
    pub fn iterations_total(&self) -> u32 {
        self.schedule.iterations
    }

    /// Whether the fit still runs, and how it ended.
    pub fn status(&self) -> FitStatus {
        self.decisions.status
    }

    /// Loss of the last iteration; NaN before the first.
    pub fn loss(&self) -> f64 {
        self.decisions.last.map_or(f64::NAN, |scalars| f64::from(scalars.loss))
    }

    fn data_term(&self) -> f64 {
        self.decisions.last.map_or(f64::NAN, |scalars| f64::from(scalars.data_term))
    }

    /// PSNR in dB of the prediction against the degraded picture, over the observed samples and without the noise that
    /// only the target has.
    pub fn psnr_observed(&self) -> f64 {
        self.calibration.psnr_observed(self.data_term())
    }

    /// Whether one colour would have explained what was given about as well as the fit has so far.
    pub fn has_explained_nothing(&self) -> bool {
        self.decisions.backtrack.has_explained_nothing(self.data_term())
    }

    /// Moving variance of the network's output; NaN before it has warmed up.
    pub fn variance(&self) -> f64 {
        self.decisions.stop.variance()
    }

    /// Estimated mean squared error of the network's output, smoothed; NaN where nothing is held out.
    pub fn risk(&self) -> f64 {
        self.decisions.stop.risk()
    }

    /// The same while the network did not know the picture by heart yet; NaN where nothing is held out.
    pub fn early_risk(&self) -> f64 {
        self.decisions.stop.early_risk()
    }

    /// Estimated mean squared error of the picture that is delivered.
    pub fn best_risk(&self) -> f64 {
        self.decisions.stop.best_risk()
    }

    /// Iteration of the picture that is delivered; 0 is none.
    pub fn best_iteration(&self) -> u32 {
        if self.decisions.stop.best_iteration() > 0 {
            self.decisions.stop.best_iteration()
        } else {
            self.decisions.picture_iteration
        }
    }

    /// Whether there is a picture to deliver: there is none before the first iteration, nor after going back to the
    /// start.
    pub fn has_picture(&self) -> bool {
        self.decisions.picture_iteration > 0
    }

    /// The picture to deliver: the snapshot of the steadiest moment, or else the average.
    pub fn best(&self) -> Reading {
        if self.decisions.stop.best_iteration() > 0 { Reading::Snapshot } else { Reading::Average }
    }

    /// See [`Executor::read`].
    pub fn read(&self, reading: Reading, out: &mut [f32]) -> Result<()> {
        self.executor.read(reading, out)
    }

    /// See [`Executor::state`].
    pub fn state(&self) -> Result<ExecutorState> {
        self.executor.state()
    }
}

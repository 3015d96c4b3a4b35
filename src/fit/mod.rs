//! The fit: input noise and rates go in, scalars come out, and every 10 iterations it decides whether
//! to go back, to keep a picture, or to stop. It sees scalars only.

mod backtrack;
mod schedule;
mod stop;

pub use schedule::{AverageStart, Schedule};
pub use stop::{Evidence, StopRule};

use std::sync::atomic::AtomicBool;

use backtrack::{Backtrack, Sight};
use stop::Stop;

use crate::error::{Error, Result};
use crate::exec::{Executor, Reading, Scalars, State};

/// Iterations between two control points. No device is synchronised more often by the fit itself.
pub const CONTROL_INTERVAL: u32 = 10;

/// Mean squared distance that counts as none: 120 dB.
const LEAST_DISTANCE: f64 = 1e-12;

/// How a fit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    Running,
    Finished,
    StoppedEarly,
}

/// One fit of one job.
pub struct Fit {
    executor: Box<dyn Executor>,
    schedule: Schedule,
    backtrack: Backtrack,
    stop: Stop,
    observed_share: f64,
    iteration: u32,
    /// Iteration of the present picture, which going back changes; 0 is none.
    pictured: u32,
    /// The same at the last checkpoint.
    pictured_at_checkpoint: u32,
    stand: Stand,
    diverged: Option<Error>,
    /// Scalars since the last control point.
    ring: Vec<Scalars>,
    last: Option<Scalars>,
}

impl Fit {
    /// `observed_share` is the mean weight of the data term; `flat_term` the data term of the best
    /// picture of one colour.
    ///
    /// # Errors
    /// `Device`, when the first checkpoint cannot be kept.
    pub fn new(
        mut executor: Box<dyn Executor>,
        schedule: Schedule,
        stop: StopRule,
        observed_share: f64,
        flat_term: f64,
    ) -> Result<Fit> {
        executor.checkpoint()?;
        Ok(Fit {
            executor,
            schedule,
            backtrack: Backtrack::new(flat_term, schedule.learning_rate),
            stop: Stop::new(stop),
            observed_share,
            iteration: 0,
            pictured: 0,
            pictured_at_checkpoint: 0,
            stand: Stand::Running,
            diverged: None,
            ring: Vec::with_capacity(CONTROL_INTERVAL as usize),
            last: None,
        })
    }

    /// Runs at most `most` iterations, and never past a control point or the end; gives the number
    /// that ran. The result does not depend on how iterations are grouped into calls.
    ///
    /// # Errors
    /// `Cancelled` when `cancel` was seen (what ran before it counts), `Diverged`, `Device`.
    pub fn advance(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        if let Some(error) = &self.diverged {
            return Err(error.clone());
        }
        let to_control = CONTROL_INTERVAL - self.iteration % CONTROL_INTERVAL;
        let count = most.min(to_control).min(self.schedule.iterations - self.iteration);
        let share = self.backtrack.rate_share();
        let paces: Vec<_> = (1..=count).map(|i| self.schedule.pace(self.iteration + i, share)).collect();
        let before = self.ring.len();
        self.executor.iterate(self.iteration + 1, &paces, cancel, &mut self.ring)?;
        let done = (self.ring.len() - before) as u32;
        for scalars in &self.ring[before..] {
            self.stop.observe(scalars);
        }
        self.last = self.ring.last().copied().or(self.last);
        self.iteration += done;
        if done > 0 {
            self.pictured = self.iteration;
        }
        if done == count && (self.iteration.is_multiple_of(CONTROL_INTERVAL) || self.is_last()) {
            self.control()?;
        }
        if done < count { Err(Error::Cancelled) } else { Ok(done) }
    }

    fn is_last(&self) -> bool {
        self.iteration == self.schedule.iterations
    }

    fn control(&mut self) -> Result<()> {
        let sight = self.look();
        match self.backtrack.judge(sight) {
            backtrack::Verdict::Keep => self.keep()?,
            backtrack::Verdict::GoOn => {}
            backtrack::Verdict::Return => {
                self.go_back()?;
                if sight.is_last && self.pictured == 0 {
                    return self.give_up();
                }
            }
            backtrack::Verdict::GiveUp => return self.give_up(),
        }
        if sight.is_last && self.stand == Stand::Running {
            self.stand = Stand::Finished;
        }
        Ok(())
    }

    /// What happened since the last control point.
    fn look(&mut self) -> Sight {
        let is_first = self.iteration as usize == self.ring.len();
        if let Some(first) = self.ring.first().filter(|_| is_first) {
            self.backtrack.start(f64::from(first.data_term));
        }
        let term = self.data_term_seen();
        let sight = Sight {
            term,
            psnr: self.psnr(term, 0.0),
            is_finite: self.ring.iter().all(|s| s.loss.is_finite() && s.deviation.is_finite()),
            iterations: self.ring.len() as u32,
            is_last: self.is_last(),
        };
        self.ring.clear();
        sight
    }

    /// Of the last iteration; with held-out samples the mean since the last control point, since what is held out may
    /// be drawn anew at each iteration, from a sky or from a wood.
    fn data_term_seen(&self) -> f64 {
        match self.stop.judged_by() {
            Evidence::Variance => self.data_term(),
            Evidence::Risk => self.ring.iter().map(|s| f64::from(s.data_term)).sum::<f64>() / self.ring.len() as f64,
        }
    }

    /// Keeps a checkpoint, and a picture where it is the steadiest.
    fn keep(&mut self) -> Result<()> {
        self.executor.checkpoint()?;
        self.stop.keep_checkpoint();
        self.pictured_at_checkpoint = self.pictured;
        match self.stop.judge(self.iteration) {
            stop::Verdict::GoOn => {}
            stop::Verdict::Keep => self.executor.snapshot()?,
            stop::Verdict::Stop => self.stand = Stand::StoppedEarly,
        }
        Ok(())
    }

    fn go_back(&mut self) -> Result<()> {
        self.executor.restore()?;
        self.stop.restore();
        self.pictured = self.pictured_at_checkpoint;
        Ok(())
    }

    /// Ends the fit at its last checkpoint, which is better than what came after it.
    fn give_up(&mut self) -> Result<()> {
        self.go_back()?;
        let loss = self.last.map_or(f32::NAN, |scalars| scalars.loss);
        let error = Error::Diverged { iteration: self.iteration, loss };
        self.diverged = Some(error.clone());
        Err(error)
    }
}

/// What may be asked at any time.
impl Fit {
    pub fn iteration(&self) -> u32 {
        self.iteration
    }

    pub fn iterations_total(&self) -> u32 {
        self.schedule.iterations
    }

    pub fn stand(&self) -> Stand {
        self.stand
    }

    /// Loss of the last iteration; NaN before the first.
    pub fn loss(&self) -> f64 {
        self.last.map_or(f64::NAN, |scalars| f64::from(scalars.loss))
    }

    fn data_term(&self) -> f64 {
        self.last.map_or(f64::NAN, |scalars| f64::from(scalars.data_term))
    }

    /// dB of the prediction against the degraded picture, over the observed samples; `target_variance` is that of
    /// noise which only the target has.
    pub fn psnr_observed(&self, target_variance: f64) -> f64 {
        self.psnr(self.data_term(), target_variance)
    }

    fn psnr(&self, data_term: f64, target_variance: f64) -> f64 {
        let distance = data_term / self.observed_share - target_variance;
        // Of a good fit the difference of both may come out below 0 by chance; no number stays none.
        let distance = if distance < LEAST_DISTANCE { LEAST_DISTANCE } else { distance };
        -10.0 * distance.log10()
    }

    /// Whether one colour would have explained what was given about as well as the fit has so far.
    pub fn has_explained_nothing(&self) -> bool {
        self.backtrack.has_explained_nothing(self.data_term())
    }

    /// Moving variance of the output; NaN until it means something.
    pub fn variance(&self) -> f64 {
        self.stop.variance()
    }

    /// Estimated mean squared error of the network's output, smoothed; NaN where nothing is held out.
    pub fn risk(&self) -> f64 {
        self.stop.risk()
    }

    /// The same of the picture that is delivered.
    pub fn best_risk(&self) -> f64 {
        self.stop.best_risk()
    }

    /// Iteration of the picture that is delivered; 0 is none.
    pub fn best_iteration(&self) -> u32 {
        if self.stop.best_iteration() > 0 { self.stop.best_iteration() } else { self.pictured }
    }

    /// Whether there is a picture: not before the first iteration, nor after going back to the start.
    pub fn has_picture(&self) -> bool {
        self.pictured > 0
    }

    /// The picture to deliver: the snapshot of the steadiest moment, or else the average.
    pub fn best(&self) -> Reading {
        if self.stop.best_iteration() > 0 { Reading::Snapshot } else { Reading::Average }
    }

    /// See [`Executor::read`].
    pub fn read(&self, reading: Reading, out: &mut [f32]) -> Result<()> {
        self.executor.read(reading, out)
    }

    /// See [`Executor::state`].
    pub fn state(&self) -> Result<State> {
        self.executor.state()
    }
}

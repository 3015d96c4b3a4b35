//! The running part of a session: the jobs, the threads they run on, and the clock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::jobs::Job;
use super::published::Showing;
use super::{Metrics, NoiseKind, State};
use crate::error::{Error, Result};
use crate::exec::{Device, Pool};
use crate::fit::Stand;
use crate::options::{DeviceKind, Hole, Options};
use crate::pixels::Picture;
use crate::tasks::Recipe;

/// The published picture is renewed at most this often.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);
/// Between two looks at the clock the fit runs about this long.
const LONGEST_RUN_SECONDS: f64 = 0.1;

/// Threads that a session of these options has.
pub(super) fn threads(options: &Options) -> usize {
    match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads as usize,
    }
}

pub(super) struct Work {
    job: Job,
    noise: NoiseKind,
    pool: Pool,
    time_limit: Option<f64>,
    spent: Duration,
    has_timed_out: bool,
}

/// Told what is new.
type Publish<'a> = &'a mut dyn FnMut(&Work, Option<Showing>);

impl Work {
    pub fn new(options: &Options, recipe: Recipe, given: Picture, device: &Device) -> Result<Work> {
        let pool = Pool::new(threads(options))?;
        let noise = recipe.noise.kind;
        let job = pool.run(|| Job::new(recipe, given, device))?;
        let time_limit = (options.time_limit > 0.0).then_some(f64::from(options.time_limit));
        Ok(Work { job, noise, pool, time_limit, spent: Duration::ZERO, has_timed_out: false })
    }

    /// Runs until `iterations` are done, the work ends, or `cancel` is seen; publishes now and then
    /// and at the end, whatever the end.
    pub fn step(&mut self, iterations: u32, cancel: &AtomicBool, publish: Publish) -> Result<()> {
        let mut left = iterations;
        let mut shown = Instant::now();
        let mut outcome = Ok(());
        while left > 0 && self.state() == State::Running {
            if cancel.load(Ordering::SeqCst) {
                outcome = Err(Error::Cancelled);
                break;
            }
            match self.run(left.min(self.reasonable_run()), cancel) {
                Ok(done) => left -= done,
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
            if shown.elapsed() >= PUBLISH_EVERY {
                let showing = self.job.showing()?;
                publish(self, showing);
                shown = Instant::now();
            }
        }
        // After a failure in the device the last published picture stays.
        let showing = self.job.showing().unwrap_or(None);
        publish(self, showing);
        outcome
    }

    fn run(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        let start = Instant::now();
        let job = &mut self.job;
        let outcome = self.pool.run(|| job.advance(most, cancel));
        self.spent += start.elapsed();
        let is_over = self.time_limit.is_some_and(|limit| self.spent.as_secs_f64() >= limit);
        self.has_timed_out = is_over && self.job.fit.stand() == Stand::Running && self.job.fit.iteration() > 0;
        outcome
    }

    /// Iterations that take about as long as the clock may go unwatched.
    fn reasonable_run(&self) -> u32 {
        let iteration = self.job.fit.iteration();
        if iteration == 0 {
            return 1;
        }
        let seconds = self.spent.as_secs_f64() / f64::from(iteration);
        (LONGEST_RUN_SECONDS / seconds).clamp(1.0, 1e6) as u32
    }

    fn state(&self) -> State {
        match self.job.fit.stand() {
            Stand::Finished => State::Finished,
            Stand::StoppedEarly => State::StoppedEarly,
            Stand::Running if self.has_timed_out => State::TimedOut,
            Stand::Running => State::Running,
        }
    }

    fn progress(&self) -> f64 {
        let fit = &self.job.fit;
        let by_iterations = f64::from(fit.iteration()) / f64::from(fit.iterations_total());
        let by_time = self.time_limit.map_or(0.0, |limit| self.spent.as_secs_f64() / limit);
        if self.state() == State::Running { by_iterations.max(by_time).min(LARGEST_RUNNING_PROGRESS) } else { 1.0 }
    }

    fn seconds_left(&self) -> f64 {
        let fit = &self.job.fit;
        if self.state() != State::Running {
            return 0.0;
        }
        if fit.iteration() == 0 {
            return f64::NAN;
        }
        let seconds = self.spent.as_secs_f64();
        let by_iterations = seconds / f64::from(fit.iteration()) * f64::from(fit.iterations_total() - fit.iteration());
        self.time_limit.map_or(by_iterations, |limit| by_iterations.min((limit - seconds).max(0.0)))
    }

    pub fn metrics(&self, device: DeviceKind, options: &Options, hole: Option<Hole>) -> Metrics {
        let fit = &self.job.fit;
        let state = self.state();
        Metrics {
            state,
            iteration: fit.iteration(),
            iterations_total: fit.iterations_total(),
            best_iteration: fit.best_iteration(),
            jobs_done: u32::from(state != State::Running),
            jobs_total: 1,
            device,
            progress: self.progress(),
            seconds_left: self.seconds_left(),
            seconds: self.spent.as_secs_f64(),
            loss: fit.loss(),
            psnr_observed: self.job.psnr_observed(),
            variance: fit.variance(),
            noise_level: f64::from(options.noise_level),
            risk: fit.risk(),
            noise_kind: self.noise,
            hole,
        }
    }
}

/// 1 is for work that has ended.
const LARGEST_RUNNING_PROGRESS: f64 = 0.999;

//! The running part of a session: the jobs one after the other, the threads they run on, and the clock.

mod ended;
pub(super) mod saving;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::canvas::Moment;
use super::jobs::{Job, Showing, Start, inherited_iterations};
use super::parts::Part;
use super::plan::{Largest, Plan};
use super::{Inputs, Metrics, State, memory};
use crate::error::{Error, Result};
use crate::exec::{self, Device, Pool};
use crate::fit::FitStatus;
use crate::options::{DeviceKind, Hole, Task};
use ended::{Ended, Runs};

/// The published picture is renewed at most this often.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);
/// Between two looks at the clock the fit runs about this long.
const LONGEST_RUN_SECONDS: f64 = 0.1;
/// 1 is for work that has ended.
const LARGEST_RUNNING_PROGRESS: f64 = 0.999;

/// What is new in the pictures.
pub(super) enum News {
    /// The current job has nothing to show.
    Input,
    /// The current job.
    Current(Box<Moment>),
    /// The end of a job that others follow.
    Settled(Box<Moment>),
    Nothing,
}

/// Told what is new; fails where there is no room to show it.
type Publish<'a> = &'a mut dyn FnMut(&Work, News) -> Result<()>;

/// What a session takes at most.
#[derive(Clone, Copy)]
pub(super) struct Allowance {
    pub threads: usize,
    pub bytes: u64,
}

pub(super) struct Work {
    plan: Plan,
    /// That the session takes at most.
    bytes: u64,
    inputs: Arc<Inputs>,
    device: Device,
    pool: Pool,
    /// Part by part, as many for each as there are runs.
    jobs: Vec<Part>,
    /// Floating-point operations of a forward pass of the first job.
    pub forward_flops: u64,
    /// Index of the current job.
    current: usize,
    job: Result<Job>,
    /// Of the last job of each run, for the next part.
    parameters: Vec<exec::State>,
    /// Of the part's finished runs.
    runs: Option<Runs>,
    ended: Ended,
    time_limit: Option<f64>,
    spent: Duration,
    /// What was spent when the current job began.
    begun: Duration,
}

impl Work {
    /// `largest` is the plan's, and so is the allowance.
    pub fn new(
        plan: Plan,
        largest: Largest,
        allowance: Allowance,
        inputs: Arc<Inputs>,
        device: &Device,
    ) -> Result<Work> {
        let pool = Pool::new(allowance.threads)?;
        let jobs = plan.jobs();
        let Largest { is_first, recipe, .. } = largest;
        let recipe = if is_first { recipe } else { plan.recipe(&inputs, &jobs[0], 0)?.0 };
        let part = jobs[0].scaled(plan.factor());
        let forward_flops = recipe.graph.forward_flops();
        let job = job(&pool, || Job::new(recipe, part, device, Start::Fresh))?;
        let limit = plan.options.time_limit;
        Ok(Work {
            plan,
            bytes: allowance.bytes,
            inputs,
            device: device.clone(),
            pool,
            jobs,
            forward_flops,
            current: 0,
            job: Ok(job),
            parameters: Vec::new(),
            runs: None,
            ended: Ended::none(),
            time_limit: (limit > 0.0).then_some(f64::from(limit)),
            spent: Duration::ZERO,
            begun: Duration::ZERO,
        })
    }

    /// Runs until `iterations` are done, the work ends, or `cancel` is seen; publishes now and then
    /// and at the end, whatever the end.
    pub fn step(&mut self, iterations: u32, cancel: &AtomicBool, publish: Publish) -> Result<()> {
        let mut left = iterations;
        let mut shown = Instant::now();
        let mut outcome = self.ready();
        while outcome.is_ok() && left > 0 && self.state() == State::Running {
            outcome = if cancel.load(Ordering::SeqCst) {
                Err(Error::Cancelled)
            } else if self.is_job_over() {
                self.next(publish)
            } else {
                self.run(left.min(self.reasonable_run()), cancel).map(|done| left -= done)
            };
            if outcome.is_ok() && shown.elapsed() >= PUBLISH_EVERY {
                outcome = self.show(publish);
                shown = Instant::now();
            }
        }
        let is_shown = self.show(publish);
        if is_shown.is_err() {
            // The last published picture stays, but the numbers are new.
            publish(self, News::Nothing)?;
        }
        match is_shown {
            Err(error @ Error::OutOfMemory { .. }) if outcome.is_ok() => Err(error),
            _ => outcome,
        }
    }

    fn show(&self, publish: Publish) -> Result<()> {
        let news = self.news()?;
        publish(self, news)
    }

    /// Makes sure of what an iteration and its pictures take, and prepares the job that had no room before.
    fn ready(&mut self) -> Result<()> {
        if matches!(self.job, Err(Error::OutOfMemory { .. })) {
            self.job = self.prepare();
        }
        match &self.job {
            Ok(job) => memory::claim_samples(job.showing_samples()),
            // Told where the job is asked for.
            Err(_) => Ok(()),
        }
    }

    fn run(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        let start = Instant::now();
        let job = self.job.as_mut().map_err(|error| error.clone())?;
        let outcome = self.pool.run(|| job.advance(most, cancel));
        self.spent += start.elapsed();
        outcome
    }

    /// Settles the current job and prepares the one after it.
    fn next(&mut self, publish: Publish) -> Result<()> {
        let start = Instant::now();
        let job = self.job.as_ref().map_err(|error| error.clone())?;
        // What can fail comes first: then the job is still as it was.
        let state = self.plan.inherits().then(|| job.parameters()).transpose()?;
        let moment = self.moment()?;
        let is_last_run = self.jobs.get(self.current + 1) != Some(&self.jobs[self.current]);
        let has_picture = job.fit.has_picture() && !self.came_to_nothing(job);
        match moment {
            Some(moment) if is_last_run => publish(self, News::Settled(moment))?,
            Some(moment) if has_picture => {
                let count = self.runs.as_ref().map_or(1.0, |runs| runs.count + 1.0);
                self.runs = Some(Runs { mean: moment.result, count });
            }
            _ => {}
        }
        self.ended.iterations = self.ended.iterations.saturating_add(job.fit.iteration());
        self.ended.has_stopped_early |= job.fit.status() == FitStatus::StoppedEarly;
        self.ended.has_timed_out |= !job.is_over();
        if job.fit.iteration() > 0 {
            (self.ended.loss, self.ended.psnr_observed) = (job.fit.loss(), job.fit.psnr_observed());
        }
        if is_last_run {
            self.runs = None;
        }
        let run = self.run_of(self.current);
        match (self.parameters.get_mut(run), state) {
            (Some(parameters), Some(state)) => *parameters = state,
            (None, Some(state)) => self.parameters.push(state),
            (_, None) => {}
        }
        // The old job's memory goes before the new one's comes.
        self.job = Err(Error::Internal("the next job could not be prepared".into()));
        self.current += 1;
        self.job = self.prepare();
        self.spent += start.elapsed();
        self.begun = self.spent;
        self.job.as_ref().map(|_| ()).map_err(|error| error.clone())
    }

    fn prepare(&self) -> Result<Job> {
        let part = self.jobs[self.current];
        let (recipe, _) = self.plan.recipe(&self.inputs, &part, self.current as u32)?;
        let inherited = self.parameters.get(self.run_of(self.current)).filter(|_| self.has_inherited(self.current));
        let start = inherited.map_or(Start::Fresh, Start::Inherited);
        let (part, device) = (part.scaled(self.plan.factor()), &self.device);
        job(&self.pool, || Job::new(recipe, part, device, start))
    }

    fn run_of(&self, job: usize) -> usize {
        job % self.plan.options.runs as usize
    }

    /// Whether a job starts with the parameters of the same run of another part.
    fn has_inherited(&self, job: usize) -> bool {
        self.plan.inherits() && job >= self.plan.options.runs as usize
    }
}

fn job(pool: &Pool, new: impl FnOnce() -> Result<Job> + Send) -> Result<Job> {
    pool.run_first(new).unwrap_or_else(|| Err(Error::Internal("the first thread did not answer".into())))
}

/// Pictures.
impl Work {
    pub fn news(&self) -> Result<News> {
        let Ok(job) = &self.job else { return Ok(News::Nothing) };
        let showing = if self.came_to_nothing(job) { Showing::Input } else { job.showing(self.is_job_over())? };
        Ok(match (showing, &self.runs) {
            (Showing::Input, None) => News::Input,
            (Showing::Nothing, _) => News::Nothing,
            (Showing::Moment(moment), None) => News::Current(moment),
            (Showing::Input, Some(runs)) => News::Current(self.moment_of(runs)?),
            (Showing::Moment(moment), Some(runs)) => News::Current(self.averaged(moment, runs)),
        })
    }

    /// Whether time ended a fit before it was of any use; a hole is filled by whatever there is.
    fn came_to_nothing(&self, job: &Job) -> bool {
        let is_cut_short = self.is_job_over() && !job.is_over();
        is_cut_short && self.plan.options.task != Task::Inpaint && job.fit.has_explained_nothing()
    }

    fn moment(&self) -> Result<Option<Box<Moment>>> {
        match self.news()? {
            News::Current(moment) => Ok(Some(moment)),
            _ => Ok(None),
        }
    }

    /// The part's finished runs alone.
    fn moment_of(&self, Runs { mean, .. }: &Runs) -> Result<Box<Moment>> {
        let part = self.jobs[self.current].scaled(self.plan.factor());
        let (result, average, latest) = (mean.try_clone()?, mean.try_clone()?, mean.try_clone()?);
        Ok(Box::new(Moment { part, result, average, latest }))
    }

    /// With the runs that the part has behind it. Until it ends, a run would only spoil what they have.
    fn averaged(&self, mut moment: Box<Moment>, Runs { mean, count }: &Runs) -> Box<Moment> {
        let share = if self.is_job_over() { 1.0 / (count + 1.0) } else { 0.0 };
        let blend = |(x, mean): (&mut f32, &f32)| *x = mean + share * (*x - mean);
        moment.result.samples.iter_mut().zip(&mean.samples).for_each(blend);
        moment
    }
}

/// Where the work stands.
impl Work {
    /// Iterations that take about as long as the clock may go unwatched.
    fn reasonable_run(&self) -> u32 {
        let iteration = self.iteration();
        if iteration == 0 {
            return 1;
        }
        let seconds = (self.spent - self.begun).as_secs_f64() / f64::from(iteration);
        (LONGEST_RUN_SECONDS / seconds).clamp(1.0, 1e6) as u32
    }

    /// Of the current job.
    fn iteration(&self) -> u32 {
        self.job.as_ref().map_or(0, |job| job.fit.iteration())
    }

    fn is_last(&self) -> bool {
        self.current + 1 == self.jobs.len()
    }

    fn is_job_over(&self) -> bool {
        self.job.as_ref().is_ok_and(|job| job.is_over() || self.is_job_late(job))
    }

    /// Whether a job has used up its share of the time: what the finished ones left is shared by size.
    fn is_job_late(&self, job: &Job) -> bool {
        let Some(limit) = self.time_limit else { return false };
        let left = self.units(self.current..self.jobs.len());
        let share = self.units(self.current..self.current + 1) / left;
        let begun = self.begun.as_secs_f64();
        let until = begun + (limit - begun) * share;
        job.fit.iteration() > 0 && self.spent.as_secs_f64() >= until
    }

    /// Whether all time is used up. What no fit has reached by then stays as it was given.
    fn is_out_of_time(&self) -> bool {
        let has_result = self.current > 0 || self.iteration() > 0;
        has_result && self.time_limit.is_some_and(|limit| self.spent.as_secs_f64() >= limit)
    }

    fn state(&self) -> State {
        let Ok(job) = &self.job else { return State::Running };
        let has_ended = self.is_last() && self.is_job_over();
        if !has_ended && !self.is_out_of_time() {
            return State::Running;
        }
        let has_timed_out = !self.is_last() || !job.is_over() || self.ended.has_timed_out;
        let has_stopped_early = job.fit.status() == FitStatus::StoppedEarly || self.ended.has_stopped_early;
        match (has_timed_out, has_stopped_early) {
            (true, _) => State::TimedOut,
            (false, true) => State::StoppedEarly,
            (false, false) => State::Finished,
        }
    }

    /// Iterations that a job has at most.
    fn planned(&self, job: usize) -> u32 {
        let iterations = self.plan.options.iterations;
        if self.has_inherited(job) { inherited_iterations(iterations) } else { iterations }
    }

    /// Work of some jobs, in pixels times iterations.
    fn units(&self, jobs: std::ops::Range<usize>) -> f64 {
        let unit = |job: usize| self.jobs[job].area.size.area() as f64 * f64::from(self.planned(job));
        jobs.map(unit).sum()
    }

    /// Units behind us, as if finished jobs had run all their iterations, and all there are.
    fn done(&self) -> (f64, f64) {
        let area = self.jobs[self.current].area.size.area() as f64;
        (self.units(0..self.current) + area * f64::from(self.iteration()), self.units(0..self.jobs.len()))
    }

    fn progress(&self) -> f64 {
        if self.state() != State::Running {
            return 1.0;
        }
        let (done, all) = self.done();
        let by_time = self.time_limit.map_or(0.0, |limit| self.spent.as_secs_f64() / limit);
        (done / all).max(by_time).min(LARGEST_RUNNING_PROGRESS)
    }

    fn seconds_left(&self) -> f64 {
        if self.state() != State::Running {
            return 0.0;
        }
        let (done, all) = self.done();
        if done == 0.0 {
            return f64::NAN;
        }
        let seconds = self.spent.as_secs_f64();
        let by_units = seconds / done * (all - done);
        self.time_limit.map_or(by_units, |limit| by_units.min((limit - seconds).max(0.0)))
    }

    /// The last ones again after a job that could not be prepared.
    pub fn metrics(&self, device: DeviceKind, hole: Option<Hole>) -> Option<Metrics> {
        let job = self.job.as_ref().ok()?;
        let (fit, state) = (&job.fit, self.state());
        // Time may end between two jobs.
        let (loss, psnr_observed) = match fit.iteration() {
            0 => (self.ended.loss, self.ended.psnr_observed),
            _ => (fit.loss(), fit.psnr_observed()),
        };
        Some(Metrics {
            state,
            iteration: self.ended.iterations.saturating_add(fit.iteration()),
            iterations_total: (0..self.jobs.len()).fold(0, |sum: u32, job| sum.saturating_add(self.planned(job))),
            best_iteration: if self.came_to_nothing(job) { 0 } else { fit.best_iteration() },
            jobs_done: self.current as u32 + u32::from(state != State::Running && self.is_job_over()),
            jobs_total: self.jobs.len() as u32,
            device,
            progress: self.progress(),
            seconds_left: self.seconds_left(),
            seconds: self.spent.as_secs_f64(),
            loss,
            psnr_observed,
            variance: fit.variance(),
            noise_level: f64::from(self.plan.noise_level(&self.inputs)),
            risk: fit.risk(),
            noise_kind: self.plan.measured.noise.kind,
            hole,
            memory_bytes: self.bytes,
        })
    }
}

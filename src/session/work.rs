//! The running part of a session: its jobs one after the other, and the threads that they run on.

mod ended;
mod runs;
pub(super) mod saving;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::canvas::Moment;
use super::clock::Clock;
use super::jobs::{Job, JobStart};
use super::news::News;
use super::plan::SessionPlan;
use super::price::{PlannedJob, Price};
use super::queue::JobQueue;
use super::{Inputs, Metrics, State, memory};
use crate::error::{Error, Result};
use crate::exec::{self, Device, Pool};
use crate::fit::FitStatus;
use crate::options::{DeviceKind, Hole, Task};
use ended::EndedJobs;
use runs::FinishedRuns;

/// The least time between two published pictures.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);
/// The largest progress of work that goes on; 1 is for work that has ended.
const LARGEST_RUNNING_PROGRESS: f64 = 0.999;

/// What is told the news of a job; it fails where there is no room to show them.
type Publish<'a> = &'a mut dyn FnMut(&Work, News) -> Result<()>;

/// The work of a session: the jobs that are left, with the threads and the clock.
pub(super) struct Work {
    plan: Arc<SessionPlan>,
    /// Bytes that the session takes at most.
    bytes: u64,
    inputs: Arc<Inputs>,
    device: Device,
    threads: usize,
    pool: Pool,
    /// The floating-point operations of a forward pass of the first job.
    pub forward_flops: u64,
    queue: JobQueue,
    /// The current job, or why it could not be prepared.
    job: Result<Job>,
    /// The parameters of the last job of each run, for the next part.
    parameters: Vec<exec::ExecutorState>,
    /// The finished runs of the current part.
    runs: Option<FinishedRuns>,
    ended: EndedJobs,
    clock: Clock,
}

impl Work {
    /// Prepares the first job; `price` is the plan's.
    ///
    /// # Errors
    /// `OutOfMemory`; `Device`; `Unsupported` where the system starts no thread.
    pub fn new(plan: Arc<SessionPlan>, price: Price, inputs: Arc<Inputs>, device: &Device) -> Result<Work> {
        let Price { threads, bytes, first, .. } = price;
        let pool = Pool::new(threads)?;
        let planned = match first {
            Some(planned) => planned,
            None => PlannedJob::new(plan.recipe(&inputs, &plan.parts[0], 0)?, device, threads),
        };
        let part = plan.parts[0].scaled(plan.factor());
        let forward_flops = planned.executor.graph().forward_flops();
        let job = job(&pool, || Job::new(planned, part, JobStart::Fresh))?;
        Ok(Work {
            queue: JobQueue::new(&plan, 0),
            clock: Clock::new(plan.options.time_limit),
            plan,
            bytes,
            inputs,
            device: device.clone(),
            threads,
            pool,
            forward_flops,
            job: Ok(job),
            parameters: Vec::new(),
            runs: None,
            ended: EndedJobs::none(),
        })
    }

    /// Runs until `iterations` are done, the work ends, or `cancel` is seen. It publishes now and then, and at the end,
    /// whatever the end is.
    ///
    /// # Errors
    /// `Cancelled`, `Diverged`, `OutOfMemory`, `Device`, `Internal`.
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
                self.run(left.min(self.clock.reasonable_run(self.iteration())), cancel).map(|done| left -= done)
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
            Ok(()) | Err(_) => outcome,
        }
    }

    fn show(&self, publish: Publish) -> Result<()> {
        let news = self.news()?;
        publish(self, news)
    }

    /// Makes sure that there is memory for an iteration and its pictures, and prepares the job that had no room before.
    fn ready(&mut self) -> Result<()> {
        if matches!(self.job, Err(Error::OutOfMemory { .. })) {
            self.job = self.prepare();
        }
        match &self.job {
            Ok(job) => memory::claim_samples(job.showing_samples()),
            // The error is given where the job is used.
            Err(_) => Ok(()),
        }
    }

    fn run(&mut self, most: u32, cancel: &AtomicBool) -> Result<u32> {
        let start = Instant::now();
        let job = self.job.as_mut().map_err(|error| error.clone())?;
        let outcome = self.pool.run(|| job.advance(most, cancel));
        self.clock.add_since(start);
        outcome
    }

    /// Settles the current job and prepares the one after it.
    fn next(&mut self, publish: Publish) -> Result<()> {
        let start = Instant::now();
        let job = self.job.as_ref().map_err(|error| error.clone())?;
        // What can fail comes first, while the job is still as it was.
        let state = self.plan.inherits().then(|| job.parameters()).transpose()?;
        let moment = self.moment()?;
        let has_picture = job.fit.has_picture() && !self.came_to_nothing(job);
        match moment {
            Some(moment) if self.queue.is_last_run() => publish(self, News::Settled(moment))?,
            Some(moment) if has_picture => {
                let count = self.runs.as_ref().map_or(1.0, |runs| runs.count + 1.0);
                self.runs = Some(FinishedRuns { mean: moment.result, count });
            }
            Some(_) | None => {}
        }
        self.ended.add(&job.fit, job.is_over());
        self.keep_parameters(state);
        if self.queue.is_last_run() {
            self.runs = None;
        }
        // The old job's memory goes before the new one's comes.
        self.job = Err(Error::Internal("the next job could not be prepared".into()));
        self.queue.advance();
        self.job = self.prepare();
        self.clock.add_since(start);
        self.clock.begin_job();
        self.job.as_ref().map(|_| ()).map_err(|error| error.clone())
    }

    /// Keeps the current job's parameters, where others inherit them.
    fn keep_parameters(&mut self, state: Option<exec::ExecutorState>) {
        match (self.parameters.get_mut(self.queue.run()), state) {
            (Some(parameters), Some(state)) => *parameters = state,
            (None, Some(state)) => self.parameters.push(state),
            (_, None) => {}
        }
    }

    fn prepare(&self) -> Result<Job> {
        let (index, part) = (self.queue.current(), self.queue.part());
        let recipe = self.plan.recipe(&self.inputs, &part, index as u32)?;
        let inherited = self.parameters.get(self.queue.run()).filter(|_| self.queue.has_inherited(index));
        let start = inherited.map_or(JobStart::Fresh, JobStart::Inherited);
        let planned = PlannedJob::new(recipe, &self.device, self.threads);
        let part = part.scaled(self.plan.factor());
        job(&self.pool, || Job::new(planned, part, start))
    }
}

fn job(pool: &Pool, new: impl FnOnce() -> Result<Job> + Send) -> Result<Job> {
    pool.run_first(new).unwrap_or_else(|| Err(Error::Internal("the first thread did not answer".into())))
}

/// What the work shows.
impl Work {
    /// The news of the current job, with the finished runs of its part.
    ///
    /// # Errors
    /// `OutOfMemory`; `Device`.
    pub fn news(&self) -> Result<News> {
        let Ok(job) = &self.job else { return Ok(News::Nothing) };
        let news = if self.came_to_nothing(job) { News::Input } else { job.news(self.is_job_over())? };
        let Some(runs) = &self.runs else { return Ok(news) };
        let part = self.queue.part().scaled(self.plan.factor());
        Ok(match news {
            News::Nothing => News::Nothing,
            News::Input => News::Current(runs.moment(part)?),
            // Before it ends, a run would only spoil the mean of the others.
            News::Current(moment) | News::Settled(moment) if self.is_job_over() => {
                News::Current(runs.averaged_with(moment))
            }
            News::Current(moment) | News::Settled(moment) => News::Current(runs.in_place_of(moment)),
        })
    }

    /// Whether time ended a fit before it was of any use. A fit of inpainting always is: a hole is filled by whatever
    /// there is.
    fn came_to_nothing(&self, job: &Job) -> bool {
        let is_cut_short = self.is_job_over() && !job.is_over();
        is_cut_short && self.plan.options.task != Task::Inpaint && job.fit.has_explained_nothing()
    }

    /// The pictures of the current job, where it has any.
    fn moment(&self) -> Result<Option<Box<Moment>>> {
        match self.news()? {
            News::Current(moment) => Ok(Some(moment)),
            News::Input | News::Settled(_) | News::Nothing => Ok(None),
        }
    }
}

/// Where the work stands.
impl Work {
    /// The number of iterations of the current job so far.
    fn iteration(&self) -> u32 {
        self.job.as_ref().map_or(0, |job| job.fit.iteration())
    }

    fn is_job_over(&self) -> bool {
        self.job.as_ref().is_ok_and(|job| job.is_over() || self.is_job_late(job))
    }

    /// Whether a job has used up its share of the time. What the finished jobs left is shared among the others by their
    /// size.
    fn is_job_late(&self, job: &Job) -> bool {
        job.fit.iteration() > 0 && self.clock.is_job_late(self.queue.share_of_rest())
    }

    /// Whether all time is used up. What no fit has reached by then stays as it was given.
    fn is_out_of_time(&self) -> bool {
        let has_result = self.queue.current() > 0 || self.iteration() > 0;
        has_result && self.clock.is_over()
    }

    fn state(&self) -> State {
        let Ok(job) = &self.job else { return State::Running };
        let has_ended = self.queue.is_last() && self.is_job_over();
        if !has_ended && !self.is_out_of_time() {
            return State::Running;
        }
        let has_timed_out = !self.queue.is_last() || !job.is_over() || self.ended.has_timed_out;
        let has_stopped_early = job.fit.status() == FitStatus::StoppedEarly || self.ended.has_stopped_early;
        match (has_timed_out, has_stopped_early) {
            (true, _) => State::TimedOut,
            (false, true) => State::StoppedEarly,
            (false, false) => State::Finished,
        }
    }

    fn progress(&self) -> f64 {
        if self.state() != State::Running {
            return 1.0;
        }
        let done = self.queue.share_done(self.iteration());
        done.max(self.clock.share_used()).min(LARGEST_RUNNING_PROGRESS)
    }

    fn seconds_left(&self) -> f64 {
        match self.state() {
            State::Running => self.clock.seconds_left(self.queue.share_done(self.iteration())),
            State::Finished | State::StoppedEarly | State::TimedOut => 0.0,
        }
    }

    /// The metrics of the work; None after a job that could not be prepared, when those of before still hold.
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
            iterations_total: self.queue.iterations_total(),
            best_iteration: if self.came_to_nothing(job) { 0 } else { fit.best_iteration() },
            jobs_done: self.queue.current() as u32 + u32::from(state != State::Running && self.is_job_over()),
            jobs_total: self.queue.len() as u32,
            device,
            progress: self.progress(),
            seconds_left: self.seconds_left(),
            seconds: self.clock.seconds(),
            loss,
            psnr_observed,
            variance: fit.variance(),
            noise_level: self.plan.noise_level(&self.inputs).map_or(f64::NAN, f64::from),
            risk: fit.risk(),
            noise_kind: self.plan.measured.noise.kind,
            hole,
            memory_bytes: self.bytes,
        })
    }
}

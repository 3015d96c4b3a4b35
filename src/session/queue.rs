//! The queue of a session's jobs, and how much work each of them is.

use std::ops::Range;

use super::jobs::inherited_iterations;
use super::parts::Part;
use super::plan::SessionPlan;

/// The jobs of a session in their order: each part as often as there are runs.
pub(super) struct JobQueue {
    jobs: Vec<Part>,
    runs: usize,
    /// The most iterations of a job that inherits nothing.
    iterations: u32,
    /// Whether the jobs of a part start with the parameters of the part before.
    inherits: bool,
    /// The index of the current job.
    current: usize,
}

impl JobQueue {
    /// The jobs of a plan, of which the one at this index is the current one.
    pub fn new(plan: &SessionPlan, current: usize) -> JobQueue {
        let runs = plan.options.runs as usize;
        let jobs = plan.parts.iter().flat_map(|part| std::iter::repeat_n(*part, runs)).collect();
        JobQueue { jobs, runs, iterations: plan.options.iterations, inherits: plan.inherits(), current }
    }

    /// The number of all jobs.
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// The index of the current job.
    pub fn current(&self) -> usize {
        self.current
    }

    /// The part of the current job.
    pub fn part(&self) -> Part {
        self.jobs[self.current]
    }

    /// Goes on to the next job.
    pub fn advance(&mut self) {
        self.current += 1;
    }

    /// Whether the current job is the last one.
    pub fn is_last(&self) -> bool {
        self.current + 1 == self.jobs.len()
    }

    /// Whether the current job is the last run of its part.
    pub fn is_last_run(&self) -> bool {
        self.jobs.get(self.current + 1) != Some(&self.jobs[self.current])
    }

    /// The number of the current run of its part, from 0 on.
    pub fn run(&self) -> usize {
        self.current % self.runs
    }

    /// Whether a job starts with the parameters of the same run of another part.
    pub fn has_inherited(&self, job: usize) -> bool {
        self.inherits && job >= self.runs
    }

    /// The most iterations that a job has.
    pub fn planned(&self, job: usize) -> u32 {
        if self.has_inherited(job) { inherited_iterations(self.iterations) } else { self.iterations }
    }

    /// The most iterations that all jobs have together.
    pub fn iterations_total(&self) -> u32 {
        (0..self.len()).fold(0, |sum: u32, job| sum.saturating_add(self.planned(job)))
    }

    /// The share that the current job has in the work of all that are left.
    pub fn share_of_rest(&self) -> f64 {
        self.work(self.current..self.current + 1) / self.work(self.current..self.len())
    }

    /// The share of all work that is done when the current job is at this iteration, as if finished jobs had run all
    /// their iterations.
    pub fn share_done(&self, iteration: u32) -> f64 {
        let current = self.part().area.size.area() as f64 * f64::from(iteration);
        (self.work(0..self.current) + current) / self.work(0..self.len())
    }

    /// The work of some jobs, in pixels times iterations.
    fn work(&self, jobs: Range<usize>) -> f64 {
        let work = |job: usize| self.jobs[job].area.size.area() as f64 * f64::from(self.planned(job));
        jobs.map(work).sum()
    }
}

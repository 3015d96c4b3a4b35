//! Work that is put aside and taken up again: it goes on to the same bits as if it had never been interrupted.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::runs::FinishedRuns;
use super::{EndedJobs, Work, job};
use crate::error::{Error, Result};
use crate::exec::{Device, ExecutorState, Pool};
use crate::fit::{Decisions, SavedFit};
use crate::pixels::Picture;
use crate::room;
use crate::session::Inputs;
use crate::session::clock::Clock;
use crate::session::jobs::{Job, JobStart};
use crate::session::plan::SessionPlan;
use crate::session::price::{PlannedJob, Price};
use crate::session::queue::JobQueue;
use crate::session::saved::Buffers;
use std::sync::Arc;

/// The numbers of work that was put aside; the rest is in buffers.
#[derive(Serialize, Deserialize)]
pub(in crate::session) struct WorkHead {
    /// The index of the current job.
    current: usize,
    /// The number of all jobs.
    jobs: usize,
    decisions: Decisions,
    /// The numbers of updates of the present state and of the checkpoint.
    updates: [u32; 2],
    /// The number of runs whose parameters are kept for the next part.
    parameters: usize,
    /// The number of finished runs of the current part; None where there is none.
    runs: Option<f32>,
    ended: EndedJobs,
    spent: Duration,
    begun: Duration,
    forward_flops: u64,
}

const STATE: &str = "state";
const CHECKPOINT: &str = "checkpoint";
const PARAMETERS: &str = "parameters";
const RUNS: &str = "runs";

impl Work {
    /// Puts the work aside: adds its buffers to these, and gives its numbers.
    ///
    /// # Errors
    /// `OutOfMemory`, `Device`, and what kept the current job from being prepared.
    pub fn keep(&self, buffers: &mut Buffers) -> Result<WorkHead> {
        let job = self.job.as_ref().map_err(|error| error.clone())?;
        let SavedFit { decisions, state, checkpoint } = job.fit.saved()?;
        let updates = [state.updates, checkpoint.updates];
        put(buffers, STATE, state);
        put(buffers, CHECKPOINT, checkpoint);
        for (run, parameters) in self.parameters.iter().enumerate() {
            for (name, samples) in &parameters.buffers {
                buffers.insert(format!("{PARAMETERS}.{run}/{name}"), room::copy(samples)?);
            }
        }
        if let Some(runs) = &self.runs {
            buffers.insert(RUNS.into(), room::copy(&runs.mean.samples)?);
        }
        Ok(WorkHead {
            current: self.queue.current(),
            jobs: self.queue.len(),
            decisions,
            updates,
            parameters: self.parameters.len(),
            runs: self.runs.as_ref().map(|runs| runs.count),
            ended: self.ended,
            spent: self.clock.spent(),
            begun: self.clock.begun(),
            forward_flops: self.forward_flops,
        })
    }

    /// Takes work up that was put aside; the price is the plan's.
    ///
    /// # Errors
    /// `Internal` where the buffers do not belong to the plan; those of the session's creation.
    pub fn resume(
        plan: Arc<SessionPlan>,
        price: Price,
        inputs: Arc<Inputs>,
        device: &Device,
        head: WorkHead,
        mut buffers: Buffers,
    ) -> Result<Work> {
        let queue = JobQueue::new(&plan, head.current);
        if queue.len() != head.jobs || head.current >= head.jobs {
            return Err(Error::Internal(format!(
                "job {} of {} is not one of {}",
                head.current,
                head.jobs,
                queue.len()
            )));
        }
        let Price { threads, bytes, .. } = price;
        let recipe = plan.recipe(&inputs, &queue.part(), head.current as u32)?;
        let part = queue.part().scaled(plan.factor());
        let (size, channels) = (part.area.size, inputs.image.colour.channels);
        let mean = buffers.remove(RUNS).filter(|samples| samples.len() == size.area() * channels);
        let mean = mean.map(|samples| Picture { size, channels, samples });
        let [state, checkpoint] = [(STATE, head.updates[0]), (CHECKPOINT, head.updates[1])]
            .map(|(name, updates)| take(&mut buffers, name, updates));
        let parameters = (0..head.parameters).map(|run| take(&mut buffers, &format!("{PARAMETERS}.{run}"), 0));
        let parameters = parameters.collect();
        let saved = Box::new(SavedFit { decisions: head.decisions, state, checkpoint });
        let start = JobStart::Interrupted { iterations: queue.planned(head.current), saved };
        let planned = PlannedJob::new(recipe, device, threads);
        let pool = Pool::new(threads)?;
        let job = job(&pool, || Job::new(planned, part, start))?;
        Ok(Work {
            clock: Clock::resumed(plan.options.time_limit, head.spent, head.begun),
            plan,
            bytes,
            inputs,
            device: device.clone(),
            threads,
            pool,
            forward_flops: head.forward_flops,
            queue,
            job: Ok(job),
            parameters,
            runs: mean.zip(head.runs).map(|(mean, count)| FinishedRuns { mean, count }),
            ended: head.ended,
        })
    }
}

/// Adds the buffers of a state, with a prefix to their names.
fn put(buffers: &mut Buffers, prefix: &str, state: ExecutorState) {
    buffers.extend(state.buffers.into_iter().map(|(name, samples)| (format!("{prefix}/{name}"), samples)));
}

/// Removes the buffers with this prefix, and makes a state of them.
fn take(buffers: &mut Buffers, prefix: &str, updates: u32) -> ExecutorState {
    let own = |name: &str| Some(name.strip_prefix(prefix)?.strip_prefix('/')?.to_owned());
    let names: Vec<String> = buffers.keys().filter_map(|name| own(name)).collect();
    let taken = names.into_iter().filter_map(|name| {
        let samples = buffers.remove(&format!("{prefix}/{name}"))?;
        Some((name, samples))
    });
    ExecutorState { buffers: taken.collect(), updates }
}

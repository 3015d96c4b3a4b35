//! The price of a session: the threads and bytes that it takes, known before any of them is taken. What has to be
//! planned to know it is kept, and run afterwards.

use std::sync::Arc;

use super::plan::SessionPlan;
use super::{Inputs, memory};
use crate::error::Result;
use crate::exec::{self, Device, PlannedExecutor, fewer};
use crate::fit::{Calibration, Schedule, StopRule};
use crate::graph::Graph;
use crate::pixels::Size;
use crate::tasks::Recipe;
use crate::tasks::finish::Finish;

/// A job whose graph is planned for its device.
pub(super) struct PlannedJob {
    pub executor: PlannedExecutor,
    pub schedule: Schedule,
    pub stop: StopRule,
    pub calibration: Calibration,
    pub finish: Finish,
}

impl PlannedJob {
    /// Plans the job of a recipe for a device and so many threads.
    pub fn new(recipe: Recipe, device: &Device, threads: usize) -> PlannedJob {
        let Recipe { graph, schedule, stop, calibration, finish } = recipe;
        let executor = PlannedExecutor::new(Arc::new(graph), device, threads);
        PlannedJob { executor, schedule, stop, calibration, finish }
    }
}

/// What a session takes at most.
pub(super) struct Price {
    /// The number of threads: fewer than were asked for where memory or address space is short.
    pub threads: usize,
    /// The bytes of memory.
    pub bytes: u64,
    /// Why the graphics card cannot be used, if that is the device.
    pub device_check: Result<()>,
    /// The first job, where that is the one that needs most: then it need not be planned again.
    pub first: Option<PlannedJob>,
}

impl Price {
    /// Finds the price of a plan; None where the plan has no job.
    ///
    /// # Errors
    /// See [`tasks::recipe`](crate::tasks::recipe).
    pub fn of(plan: &SessionPlan, inputs: &Inputs, device: &Device) -> Result<Option<Price>> {
        let Some(largest) = LargestJob::of(plan, inputs)? else { return Ok(None) };
        let wanted = match plan.options.threads {
            0 => exec::cores(),
            threads => threads as usize,
        };
        let LargestJob { is_first, recipe, beside } = largest;
        let Recipe { graph, schedule, stop, calibration, finish } = recipe;
        let graph = Arc::new(graph);
        let (mut threads, mut executor) = (wanted, PlannedExecutor::new(graph.clone(), device, wanted));
        let mut bytes = memory::estimate(&executor, beside, threads);
        while threads > 1 && !memory::has_room(plan.options.memory_limit, bytes, threads) {
            threads = fewer(threads);
            executor = PlannedExecutor::new(graph.clone(), device, threads);
            bytes = memory::estimate(&executor, beside, threads);
        }
        let device_check = executor.check_device();
        let job = PlannedJob { executor, schedule, stop, calibration, finish };
        Ok(Some(Price { threads, bytes, device_check, first: is_first.then_some(job) }))
    }
}

/// The bytes that a session takes at most on so many threads.
///
/// # Errors
/// See [`tasks::recipe`](crate::tasks::recipe).
pub(super) fn most_bytes(plan: &SessionPlan, inputs: &Inputs, device: &Device, threads: usize) -> Result<u64> {
    let Some(LargestJob { recipe, beside, .. }) = LargestJob::of(plan, inputs)? else {
        return Ok(plan.least_bytes(inputs));
    };
    let graph: Arc<Graph> = Arc::new(recipe.graph);
    Ok(memory::estimate(&PlannedExecutor::new(graph, device, threads), beside, threads))
}

/// The job that needs most; the first one where several need as much.
struct LargestJob {
    is_first: bool,
    recipe: Recipe,
    /// The number of samples of the whole picture, where the job is only a part of it; else 0.
    beside: usize,
}

impl LargestJob {
    /// Finds the largest job of a plan; None where the plan has no job.
    fn of(plan: &SessionPlan, inputs: &Inputs) -> Result<Option<LargestJob>> {
        let size = |index: &usize| -> Size { plan.parts[*index].area.size };
        let Some(index) = (0..plan.parts.len()).rev().max_by_key(|index| size(index).area()) else { return Ok(None) };
        let recipe = plan.recipe(inputs, &plan.parts[index], 0)?;
        let whole = &inputs.image.colour;
        let beside = if size(&index) == whole.size { 0 } else { whole.samples.len() * plan.factor().pow(2) };
        Ok(Some(LargestJob { is_first: index == 0, recipe, beside }))
    }
}

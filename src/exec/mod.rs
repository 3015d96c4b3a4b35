//! Executors: they run iterations of a graph and keep parameters, optimiser state and averages on
//! their device. The fit sees scalars only.

pub mod candle;
pub mod cpu;
mod device;
mod float_state;
mod pages;
pub mod plan;
mod pool;
mod rules;
mod state;

pub use device::{Backend, Device};
pub use float_state::FloatState;
pub use pages::can_be_had;
pub use pool::{Pool, cores, fewer};
pub use state::ExecutorState;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::graph::Graph;

/// What the fit decides for one iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Of Adam.
    pub learning_rate: f32,
    /// Of Muon.
    pub matrix_learning_rate: f32,
    /// Weight of the past in the moving average; 0 starts it anew.
    pub average_weight: f32,
}

/// What one iteration leaves behind for the fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scalars {
    pub loss: f32,
    pub data_term: f32,
    /// Mean squared distance of the restored picture from its exponential mean (weight
    /// [`MEAN_WEIGHT`]) before this iteration; the moving variance is made of it.
    pub deviation: f32,
    /// The graph's risk, where it has one.
    pub risk: Option<f32>,
}

/// Weight of a new picture in the exponential mean behind the moving variance (arXiv 2112.06074
/// takes 0.1; 0.05 is steadier at the same cost).
pub const MEAN_WEIGHT: f32 = 0.05;

/// Which picture to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Output of the last iteration.
    Latest,
    /// Moving average of the outputs.
    Average,
    /// The average at the last [`Executor::snapshot`].
    Snapshot,
}

/// One evaluation of the graph, without an update.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    pub restored: Vec<f32>,
    pub loss: f32,
    pub data_term: f32,
    /// Where the graph has one.
    pub risk: Option<f32>,
    /// Of the loss by each parameter, in the graph's order.
    pub gradients: Vec<Vec<f32>>,
}

/// Runs a graph. Errors are `Device` or `Internal`; after one the executor may only be read.
pub trait Executor: Send {
    /// Runs iterations `first`, `first` + 1 and so on (counted from 1), one for each pace, and appends
    /// their scalars. Ends early, after a whole iteration or before any trace of one, when `cancel` is
    /// set.
    fn iterate(&mut self, first: u32, paces: &[Pace], cancel: &AtomicBool, ring: &mut Vec<Scalars>) -> Result<()>;

    /// Copies a picture of the shape of `graph.restored`; before the first iteration (or snapshot)
    /// that is an `Internal` error.
    fn read(&self, reading: Reading, out: &mut [f32]) -> Result<()>;

    /// Keeps the moving average as the snapshot.
    fn snapshot(&mut self) -> Result<()>;

    /// Keeps everything that iterations change, for [`Executor::restore`].
    fn checkpoint(&mut self) -> Result<()>;

    /// Goes back to the last checkpoint.
    fn restore(&mut self) -> Result<()>;

    /// Value and gradients at the current parameters with the draws of `iteration`.
    fn evaluate(&mut self, iteration: u32) -> Result<Evaluation>;

    /// Everything needed to go on elsewhere.
    fn state(&self) -> Result<ExecutorState>;

    /// The same of the last checkpoint, which has no snapshot; before the first an `Internal` error.
    fn checkpoint_state(&self) -> Result<ExecutorState>;

    /// Replaces the buffers that `state` has.
    fn load(&mut self, state: &ExecutorState) -> Result<()>;
}

/// A graph with what an executor of it takes on a device. Nothing is taken yet.
pub enum PlannedExecutor {
    /// The static plan of a CPU.
    Cpu(cpu::CpuPlan),
    /// Candle's tensors, on any other device.
    Candle { graph: Arc<Graph>, device: Device },
}

impl PlannedExecutor {
    /// Plans a graph for a device; on a CPU for so many threads.
    pub fn new(graph: Arc<Graph>, device: &Device, threads: usize) -> PlannedExecutor {
        match device.has_plan() {
            true => PlannedExecutor::Cpu(cpu::CpuPlan::new(graph, threads)),
            false => PlannedExecutor::Candle { graph, device: device.clone() },
        }
    }

    /// The graph that is planned.
    pub fn graph(&self) -> &Graph {
        match self {
            PlannedExecutor::Cpu(plan) => plan.graph(),
            PlannedExecutor::Candle { graph, .. } => graph,
        }
    }

    /// Bytes that the executor takes at most, beside the graph.
    pub fn memory_bytes(&self) -> u64 {
        match self {
            PlannedExecutor::Cpu(plan) => plan.memory_bytes(),
            PlannedExecutor::Candle { graph, .. } => candle::memory_bytes(graph),
        }
    }

    /// Takes the memory. On a CPU, call this and the executor's methods inside a [`Pool`] of the planned threads.
    ///
    /// # Errors
    /// `OutOfMemory`, or `Device` where the device has no room.
    pub fn open(self) -> Result<Box<dyn Executor>> {
        match self {
            PlannedExecutor::Cpu(plan) => Ok(Box::new(plan.open(cpu::simd::Simd::choose()?)?)),
            PlannedExecutor::Candle { graph, device } => Ok(Box::new(candle::CandleExecutor::new(graph, &device)?)),
        }
    }
}

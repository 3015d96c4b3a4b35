//! Executors: an executor runs iterations of a graph on its device and keeps parameters, optimiser state and averages
//! there. The fit sees scalars only.

pub mod candle;
pub mod cpu;
#[cfg(has_cuda)]
pub mod cuda;
mod device;
mod float_state;
mod pages;
pub mod plan;
mod pool;
mod rules;
mod state;
#[cfg(has_cuda)]
mod trial;

use device::Means;
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
    /// The learning rate of the parameters that Adam updates.
    pub learning_rate: f32,
    /// The learning rate of the parameters that Muon updates, which are matrices.
    pub matrix_learning_rate: f32,
    /// The weight of the past in the moving average; 0 starts the average anew.
    pub average_weight: f32,
}

/// What one iteration leaves behind for the fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scalars {
    pub loss: f32,
    pub data_term: f32,
    /// The mean squared distance of the restored picture from the exponential mean of the pictures before it (weight
    /// [`MEAN_WEIGHT`]). The early stopping makes its moving variance of these.
    pub deviation: f32,
    /// The value of the graph's risk; None where the graph has none.
    pub risk: Option<f32>,
}

/// The weight of a new picture in the exponential mean from which [`Scalars::deviation`] is measured (arXiv 2112.06074
/// takes 0.1; 0.05 is steadier at the same cost).
pub const MEAN_WEIGHT: f32 = 0.05;

/// Which picture to read from an executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The output of the last iteration.
    Latest,
    /// The moving average of the outputs.
    Average,
    /// The average at the last [`Executor::snapshot`].
    Snapshot,
}

/// What one evaluation of the graph gives, without an update.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    pub restored: Vec<f32>,
    pub loss: f32,
    pub data_term: f32,
    /// The value of the graph's risk; None where the graph has none.
    pub risk: Option<f32>,
    /// The gradient of the loss by each parameter, in the graph's order.
    pub gradients: Vec<Vec<f32>>,
}

/// What runs a graph. Its errors are `Device` or `Internal`; after one the executor may only be read.
pub trait Executor: Send {
    /// Runs iterations `first`, `first` + 1 and so on (counted from 1), one for each pace, and appends their scalars to
    /// `ring`. When `cancel` is set it ends early: the iteration that was running has no effect then.
    ///
    /// # Errors
    /// `Device` or `Internal`.
    fn iterate(&mut self, first: u32, paces: &[Pace], cancel: &AtomicBool, ring: &mut Vec<Scalars>) -> Result<()>;

    /// Copies a picture, of the shape of `graph.restored`.
    ///
    /// # Errors
    /// `Internal` before the first iteration, or before the first snapshot where that is read; `Device`.
    fn read(&self, reading: Reading, out: &mut [f32]) -> Result<()>;

    /// Keeps the moving average as the snapshot.
    ///
    /// # Errors
    /// `Internal` before the first iteration.
    fn snapshot(&mut self) -> Result<()>;

    /// Keeps everything that iterations change, for [`Executor::restore`].
    ///
    /// # Errors
    /// `Device` where the device has no room.
    fn checkpoint(&mut self) -> Result<()>;

    /// Goes back to the last checkpoint.
    ///
    /// # Errors
    /// `Internal` before the first checkpoint.
    fn restore(&mut self) -> Result<()>;

    /// Computes the value and the gradients of the graph at the current parameters, with the random draws of
    /// `iteration`.
    ///
    /// # Errors
    /// `Device` or `Internal`.
    fn evaluate(&mut self, iteration: u32) -> Result<Evaluation>;

    /// Copies everything that is needed to go on elsewhere.
    ///
    /// # Errors
    /// `Device`, or `OutOfMemory` where the copy has no room.
    fn state(&self) -> Result<ExecutorState>;

    /// Copies the state of the last checkpoint, which has no snapshot.
    ///
    /// # Errors
    /// Those of [`Executor::state`], and `Internal` before the first checkpoint.
    fn checkpoint_state(&self) -> Result<ExecutorState>;

    /// Replaces the buffers that `state` has, and leaves the others as they are.
    ///
    /// # Errors
    /// `Internal` for a buffer that the graph does not have or whose size is another one; nothing has changed then.
    fn load(&mut self, state: &ExecutorState) -> Result<()>;
}

/// An executor that is planned and not yet opened: the memory that it takes is known, and none of it is taken.
pub enum PlannedExecutor {
    /// The static plan of a CPU.
    Cpu(cpu::CpuPlan),
    /// The static plan of an NVIDIA card.
    #[cfg(has_cuda)]
    Cuda(Box<cuda::CudaPlan>),
    /// Candle's tensors, on any other device.
    Candle { graph: Arc<Graph>, device: Device },
}

impl PlannedExecutor {
    /// Plans a graph for a device. On a CPU, `threads` is the number of threads that the executor will run on.
    pub fn new(graph: Arc<Graph>, device: &Device, threads: usize) -> PlannedExecutor {
        match device.means() {
            Means::Plan => PlannedExecutor::Cpu(cpu::CpuPlan::new(graph, threads)),
            #[cfg(has_cuda)]
            Means::Card(card) => PlannedExecutor::Cuda(Box::new(cuda::CudaPlan::new(graph, card))),
            Means::Candle(_) => PlannedExecutor::Candle { graph, device: device.clone() },
        }
    }

    /// The graph that is planned.
    pub fn graph(&self) -> &Graph {
        match self {
            PlannedExecutor::Cpu(plan) => plan.graph(),
            #[cfg(has_cuda)]
            PlannedExecutor::Cuda(plan) => plan.graph(),
            PlannedExecutor::Candle { graph, .. } => graph,
        }
    }

    /// The bytes of the host's memory that the executor takes at most, beside the graph.
    pub fn memory_bytes(&self) -> u64 {
        match self {
            PlannedExecutor::Cpu(plan) => plan.memory_bytes(),
            #[cfg(has_cuda)]
            PlannedExecutor::Cuda(plan) => plan.memory_bytes(),
            PlannedExecutor::Candle { graph, .. } => candle::memory_bytes(graph),
        }
    }

    /// Makes sure of a graphics card: that it has the memory that the executor takes, and that it computes what a CPU
    /// does.
    ///
    /// # Errors
    /// `OutOfMemory` with both numbers; `Device`.
    pub fn check_device(&self) -> Result<()> {
        match self {
            #[cfg(has_cuda)]
            PlannedExecutor::Cuda(plan) => plan.check().and_then(|()| trial::pass(&Device::card(plan.card()))),
            PlannedExecutor::Cpu(_) | PlannedExecutor::Candle { .. } => Ok(()),
        }
    }

    /// Takes the memory and gives the executor. On a CPU, call this and the executor's methods inside a [`Pool`] of the
    /// planned threads.
    ///
    /// # Errors
    /// `OutOfMemory`, or `Device` where the device has no room.
    pub fn open(self) -> Result<Box<dyn Executor>> {
        match self {
            PlannedExecutor::Cpu(plan) => Ok(Box::new(plan.open(cpu::simd::Simd::choose()?)?)),
            #[cfg(has_cuda)]
            PlannedExecutor::Cuda(plan) => Ok(Box::new(plan.open()?)),
            PlannedExecutor::Candle { graph, device } => Ok(Box::new(candle::CandleExecutor::new(graph, &device)?)),
        }
    }
}

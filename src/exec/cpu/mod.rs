//! The CPU executor. It runs a static plan, compiled from a graph, whose steps have both directions written out. Memory
//! is taken once, and no iteration allocates.

mod arena;
mod fitted;
pub mod kernels;
mod machine;
mod ops;
mod optimizer;
mod profile;
pub mod simd;
mod target;
pub mod view;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Evaluation, Executor, ExecutorState, Pace, Reading, Scalars};
use crate::error::{Error, Result};
use crate::exec::plan::Plan;
use crate::exec::rules::adam::Factors;
use crate::exec::state::{PictureBuffer, StateBuffer};
use crate::graph::Graph;
use crate::room;
use fitted::FittedBuffers;
use kernels::Run;
use machine::Machine;
use optimizer::{Optimizer, UpdateRates};
pub use profile::StepTime;
use simd::Simd;
use target::CpuTarget;

/// A graph with its plan. The memory that an executor of it takes is known, and none of it is taken yet.
pub struct CpuPlan {
    graph: Arc<Graph>,
    plan: Plan,
}

impl CpuPlan {
    /// Plans a graph for a CPU on which so many threads will run it.
    pub fn new(graph: Arc<Graph>, threads: usize) -> CpuPlan {
        CpuPlan { plan: Plan::new(&graph, &CpuTarget { threads }), graph }
    }

    /// The graph that is planned.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The bytes that the executor takes beside the graph.
    pub fn memory_bytes(&self) -> u64 {
        let samples = self.graph.shape(self.graph.restored).samples();
        // Twice for the checkpoint; then the snapshot and the picture of the iteration that is running.
        let counted = if self.graph.counted.is_some() { 3 * samples } else { 0 };
        let fitted = 3 * self.plan.parameter_samples() + 3 * samples;
        let floats = 2 * fitted + 2 * samples + counted + Optimizer::samples(&self.graph);
        machine::memory_bytes(&self.plan) + 4 * floats as u64
    }

    /// Takes the memory and gives the executor, which runs on the threads of the pool that its methods are called in.
    ///
    /// # Errors
    /// `OutOfMemory` where the system has too little.
    pub fn open(self, simd: Simd) -> Result<CpuExecutor> {
        let CpuPlan { graph, plan } = self;
        let never = AtomicBool::new(false);
        let machine = Machine::new(graph.clone(), plan, &Run { simd, cancel: &never })?;
        let samples = graph.shape(graph.restored).samples();
        let optimizer = Optimizer::new(&graph, machine.places())?;
        let fitted = FittedBuffers::new(graph.initial_parameters()?, samples, graph.counted.map_or(0, |_| samples))?;
        let checkpoint = fitted.try_clone()?;
        Ok(CpuExecutor {
            counted: room::copy(&fitted.counted)?,
            graph,
            simd,
            machine,
            optimizer,
            fitted,
            checkpoint,
            has_checkpoint: false,
            snapshot: room::vector(samples)?,
            has_snapshot: false,
            restored: room::filled(samples, 0.0)?,
        })
    }
}

/// An executor that runs a graph on the threads of the rayon pool that its methods are called in.
pub struct CpuExecutor {
    graph: Arc<Graph>,
    simd: Simd,
    machine: Machine,
    optimizer: Optimizer,
    fitted: FittedBuffers,
    checkpoint: FittedBuffers,
    has_checkpoint: bool,
    /// Empty until the first snapshot, but with the room for it taken: its pages are not in use before.
    snapshot: Vec<f32>,
    has_snapshot: bool,
    /// The restored picture of the iteration that is running, and how much each of its samples counts.
    restored: Vec<f32>,
    counted: Vec<f32>,
}

impl CpuExecutor {
    /// Plans and opens an executor that uses the best instructions of this machine, or those that the environment asks
    /// for (see [`Simd::choose`]).
    ///
    /// # Errors
    /// `OutOfMemory` where the system has too little; `Unsupported` for instructions that this machine lacks.
    pub fn new(graph: Arc<Graph>) -> Result<Self> {
        Self::with_simd(graph, Simd::choose()?)
    }

    /// Plans and opens an executor that uses these instructions.
    ///
    /// # Errors
    /// `OutOfMemory` where the system has too little.
    pub fn with_simd(graph: Arc<Graph>, simd: Simd) -> Result<Self> {
        CpuPlan::new(graph, rayon::current_num_threads()).open(simd)
    }

    /// Runs one iteration; None when it was cancelled, and then nothing has changed.
    fn iteration(&mut self, iteration: u32, pace: Pace, cancel: &AtomicBool) -> Option<Scalars> {
        let run = Run { simd: self.simd, cancel };
        self.machine.pass(&run, &self.fitted.parameters, iteration, &mut |_, _| {});
        if run.is_cancelled() {
            return None;
        }
        self.machine.restored(&mut self.restored);
        self.machine.counted(&mut self.counted);
        let deviation = self.fitted.see(&self.restored, &self.counted, pace.average_weight);
        self.fitted.updates += 1;
        let rates = UpdateRates {
            adam: Factors::new(pace.learning_rate, self.fitted.updates),
            muon: pace.matrix_learning_rate,
        };
        let FittedBuffers { parameters, first, second, .. } = &mut self.fitted;
        self.optimizer.update(&run, rates, &self.machine.gradients, parameters, [first, second]);
        let Machine { loss, data_term, risk, .. } = self.machine;
        Some(Scalars { loss, data_term, deviation, risk })
    }
}

impl Executor for CpuExecutor {
    fn iterate(&mut self, first: u32, paces: &[Pace], cancel: &AtomicBool, ring: &mut Vec<Scalars>) -> Result<()> {
        for (iteration, pace) in (first..).zip(paces) {
            match self.iteration(iteration, *pace, cancel) {
                Some(scalars) => ring.push(scalars),
                None => break,
            }
        }
        Ok(())
    }

    fn read(&self, reading: Reading, out: &mut [f32]) -> Result<()> {
        let (picture, is_there) = match reading {
            Reading::Latest => (&self.fitted.latest, self.fitted.has_pictures),
            Reading::Average => (&self.fitted.average, self.fitted.has_pictures),
            Reading::Snapshot => (&self.snapshot, self.has_snapshot),
        };
        let picture = is_there
            .then_some(picture)
            .ok_or_else(|| Error::Internal(format!("there is no picture {reading:?} yet")))?;
        if picture.len() != out.len() {
            return Err(Error::Internal(format!("a picture of {} samples, read into {}", picture.len(), out.len())));
        }
        out.copy_from_slice(picture);
        Ok(())
    }

    fn snapshot(&mut self) -> Result<()> {
        if !self.fitted.has_pictures {
            return Err(Error::Internal("there is no average to keep yet".into()));
        }
        self.snapshot.clear();
        self.snapshot.extend_from_slice(&self.fitted.average);
        self.has_snapshot = true;
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<()> {
        self.checkpoint.copy_from(&self.fitted);
        self.has_checkpoint = true;
        Ok(())
    }

    fn restore(&mut self) -> Result<()> {
        if !self.has_checkpoint {
            return Err(Error::Internal("there is no checkpoint to go back to yet".into()));
        }
        self.fitted.copy_from(&self.checkpoint);
        Ok(())
    }

    fn evaluate(&mut self, iteration: u32) -> Result<Evaluation> {
        let never = AtomicBool::new(false);
        let run = Run { simd: self.simd, cancel: &never };
        self.machine.pass(&run, &self.fitted.parameters, iteration, &mut |_, _| {});
        self.machine.restored(&mut self.restored);
        let gradient = |place: &std::ops::Range<usize>| self.machine.gradients[place.clone()].to_vec();
        Ok(Evaluation {
            restored: self.restored.clone(),
            loss: self.machine.loss,
            data_term: self.machine.data_term,
            risk: self.machine.risk,
            gradients: self.machine.places().iter().map(gradient).collect(),
        })
    }

    fn state(&self) -> Result<ExecutorState> {
        let mut state = self.state_of(&self.fitted)?;
        if self.has_snapshot {
            state.buffers.insert(PictureBuffer::Snapshot.name().into(), room::copy(&self.snapshot)?);
        }
        Ok(state)
    }

    fn checkpoint_state(&self) -> Result<ExecutorState> {
        if !self.has_checkpoint {
            return Err(Error::Internal("there is no checkpoint yet".into()));
        }
        self.state_of(&self.checkpoint)
    }

    fn load(&mut self, state: &ExecutorState) -> Result<()> {
        // All buffers are checked before any is changed.
        state.check_lengths(|name| self.place(name).map(|place| place.len()))?;
        for (name, buffer) in &state.buffers {
            if let Some(place) = self.place(name) {
                place.copy_from_slice(buffer);
            }
        }
        self.fitted.updates = state.updates;
        self.fitted.has_pictures |= state.buffers.contains_key(PictureBuffer::Average.name());
        self.has_snapshot |= state.buffers.contains_key(PictureBuffer::Snapshot.name());
        Ok(())
    }
}

impl CpuExecutor {
    /// Copies these buffers by name.
    fn state_of(&self, fitted: &FittedBuffers) -> Result<ExecutorState> {
        let mut state = ExecutorState { updates: fitted.updates, ..ExecutorState::default() };
        for (slot, index, name) in StateBuffer::of_parameters(&self.graph) {
            let place = self.machine.places()[index].clone();
            state.buffers.insert(name, room::copy(&fitted.slot(slot)[place])?);
        }
        for picture in PictureBuffer::ALL.into_iter().filter(|_| fitted.has_pictures) {
            if let Some(samples) = fitted.picture(picture).filter(|samples| !samples.is_empty()) {
                state.buffers.insert(picture.name().into(), room::copy(samples)?);
            }
        }
        Ok(state)
    }

    /// Finds the buffer of this name in a state, to write to.
    fn place(&mut self, name: &str) -> Option<&mut [f32]> {
        match StateBuffer::named(name, &self.graph)? {
            StateBuffer::Picture(PictureBuffer::Snapshot) => {
                self.snapshot.resize(self.fitted.latest.len(), 0.0);
                Some(&mut self.snapshot)
            }
            StateBuffer::Picture(picture) => Some(self.fitted.picture_mut(picture)?),
            StateBuffer::Parameter(slot, index) => {
                let place = self.machine.places()[index].clone();
                Some(&mut self.fitted.slot_mut(slot)[place])
            }
        }
    }
}

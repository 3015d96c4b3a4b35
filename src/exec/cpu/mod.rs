//! The CPU executor: a static plan compiled from a graph, with forward and backward written out. Memory is
//! taken once, and no iteration allocates.

mod arena;
mod back;
mod fitted;
mod forward;
pub mod kernels;
mod machine;
mod optimizer;
mod place;
mod plan;
mod profile;
pub mod simd;
mod step;
mod value;
pub mod view;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Evaluation, Executor, Pace, Reading, Scalars, State};
use crate::error::{Error, Result};
use crate::graph::{Graph, Update};
use crate::room;
use fitted::Fitted;
use kernels::Run;
use kernels::adam::Rates;
use machine::Machine;
use optimizer::Optimizer;
pub use profile::StepTime;
use simd::Simd;

/// Runs a graph on the threads of the pool that it is called in.
pub struct CpuExecutor {
    graph: Arc<Graph>,
    simd: Simd,
    machine: Machine,
    optimizer: Optimizer,
    fitted: Fitted,
    checkpoint: Fitted,
    has_checkpoint: bool,
    /// Empty until it is needed, with room for it: then its pages are not in use before.
    snapshot: Vec<f32>,
    has_snapshot: bool,
    /// The restored picture of the iteration that is running, and how much its samples count.
    restored: Vec<f32>,
    counted: Vec<f32>,
}

impl CpuExecutor {
    /// With the best instructions of this machine, or those that the environment asks for.
    ///
    /// # Errors
    /// `OutOfMemory` where the system has not enough; `Unsupported` for instructions that do not exist here.
    pub fn new(graph: Arc<Graph>) -> Result<Self> {
        Self::with_simd(graph, Simd::choose()?)
    }

    /// With these instructions.
    ///
    /// # Errors
    /// `OutOfMemory` where the system has not enough.
    pub fn with_simd(graph: Arc<Graph>, simd: Simd) -> Result<Self> {
        let never = AtomicBool::new(false);
        let run = Run { simd, cancel: &never };
        let machine = Machine::new(graph.clone(), rayon::current_num_threads(), &run)?;
        let samples = graph.shape(graph.restored).samples();
        let optimizer = Optimizer::new(&graph, machine.places())?;
        let fitted = Fitted::new(graph.initial_parameters()?, samples, graph.counted.is_some())?;
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

    /// Bytes that an executor of this graph takes beside the graph, on so many threads.
    pub fn memory_bytes(graph: &Graph, threads: usize) -> u64 {
        let plan = plan::Plan::new(graph, threads);
        let parameters: usize = graph.parameters.iter().map(|parameter| parameter.samples()).sum();
        let samples = graph.shape(graph.restored).samples();
        // Fitted and its checkpoint; the snapshot and the picture of the running iteration.
        let counted = if graph.counted.is_some() { 3 * samples } else { 0 };
        let floats = 2 * (3 * parameters + 3 * samples) + 2 * samples + counted + Optimizer::samples(graph);
        machine::memory_bytes(&plan) + 4 * floats as u64
    }

    /// None when cancelled: then nothing has changed.
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
        let rates = optimizer::Pace {
            adam: Rates::new(pace.learning_rate, self.fitted.updates),
            muon: pace.matrix_learning_rate,
        };
        let Fitted { parameters, first, second, .. } = &mut self.fitted;
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
        let picture = match reading {
            Reading::Latest if self.fitted.has_pictures => Some(&self.fitted.latest),
            Reading::Average if self.fitted.has_pictures => Some(&self.fitted.average),
            Reading::Snapshot if self.has_snapshot => Some(&self.snapshot),
            _ => None,
        };
        let picture = picture.ok_or_else(|| Error::Internal(format!("there is no picture {reading:?} yet")))?;
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

    fn state(&self) -> Result<State> {
        let mut state = self.state_of(&self.fitted)?;
        if self.has_snapshot {
            state.buffers.insert("snapshot".into(), room::copy(&self.snapshot)?);
        }
        Ok(state)
    }

    fn checkpoint_state(&self) -> Result<State> {
        if !self.has_checkpoint {
            return Err(Error::Internal("there is no checkpoint yet".into()));
        }
        self.state_of(&self.checkpoint)
    }

    fn load(&mut self, state: &State) -> Result<()> {
        // All are looked at before any is changed.
        for (name, buffer) in &state.buffers {
            let place = self.place(name).map(|place| place.len());
            if place != Some(buffer.len()) {
                let wanted = place.map_or("does not exist".into(), |length| format!("must have {length}"));
                return Err(Error::Internal(format!("buffer {name} has {} samples, {wanted}", buffer.len())));
            }
        }
        for (name, buffer) in &state.buffers {
            if let Some(place) = self.place(name) {
                place.copy_from_slice(buffer);
            }
        }
        self.fitted.updates = state.updates;
        self.fitted.has_pictures |= state.buffers.contains_key("average");
        self.has_snapshot |= state.buffers.contains_key("snapshot");
        Ok(())
    }
}

impl CpuExecutor {
    fn state_of(&self, fitted: &Fitted) -> Result<State> {
        let mut state = State { updates: fitted.updates, ..State::default() };
        for (parameter, place) in self.graph.parameters.iter().zip(self.machine.places()) {
            let Fitted { parameters, first, second, .. } = fitted;
            let kinds: &[_] = match parameter.update {
                Update::Adam => &[("parameter", parameters), ("adam.first", first), ("adam.second", second)],
                Update::Muon => &[("parameter", parameters), ("muon.momentum", first)],
            };
            for (kind, all) in kinds {
                state.buffers.insert(format!("{kind}.{}", parameter.name), room::copy(&all[place.clone()])?);
            }
        }
        if fitted.has_pictures {
            let Fitted { latest, average, mean, counted, .. } = fitted;
            let pictures = [("latest", latest), ("average", average), ("mean", mean), ("counted", counted)];
            for (name, picture) in pictures.into_iter().filter(|(_, picture)| !picture.is_empty()) {
                state.buffers.insert(name.into(), room::copy(picture)?);
            }
        }
        Ok(state)
    }

    /// The buffer of this name.
    fn place(&mut self, name: &str) -> Option<&mut [f32]> {
        let pictures = &mut self.fitted;
        match name {
            "latest" => return Some(&mut pictures.latest),
            "average" => return Some(&mut pictures.average),
            "mean" => return Some(&mut pictures.mean),
            "counted" => return Some(&mut pictures.counted),
            "snapshot" => {
                self.snapshot.resize(pictures.latest.len(), 0.0);
                return Some(&mut self.snapshot);
            }
            _ => {}
        }
        let kinds = ["parameter", "adam.first", "adam.second", "muon.momentum"];
        let of = |kind: &'static str| Some((kind, name.strip_prefix(kind)?.strip_prefix('.')?));
        let (kind, name) = kinds.into_iter().find_map(of)?;
        let index = self.graph.parameters.iter().position(|parameter| parameter.name == name)?;
        let all = match (kind, self.graph.parameters[index].update) {
            ("parameter", _) => &mut pictures.parameters,
            ("adam.first", Update::Adam) | ("muon.momentum", Update::Muon) => &mut pictures.first,
            ("adam.second", Update::Adam) => &mut pictures.second,
            _ => return None,
        };
        Some(&mut all[self.machine.places()[index].clone()])
    }
}

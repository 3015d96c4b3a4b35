//! The CPU executor: a static plan compiled from a graph, with forward and backward written out. Memory is
//! taken once, and no iteration allocates.

mod arena;
pub mod kernels;
mod machine;
mod place;
mod plan;
pub mod simd;
mod value;
pub mod view;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Evaluation, Executor, MEAN_WEIGHT, Pace, Reading, Scalars, State};
use crate::error::{Error, Result};
use crate::graph::Graph;
use kernels::adam::Rates;
use kernels::{Run, adam, average};
use machine::Machine;
use simd::Simd;

/// Runs a graph on the threads of the pool that it is called in.
pub struct CpuExecutor {
    graph: Arc<Graph>,
    simd: Simd,
    machine: Machine,
    fitted: Fitted,
    checkpoint: Fitted,
    has_checkpoint: bool,
    snapshot: Vec<f32>,
    has_snapshot: bool,
    /// The restored picture of the iteration that is running.
    restored: Vec<f32>,
}

/// All that iterations change.
#[derive(Clone)]
struct Fitted {
    parameters: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    updates: u32,
    /// Whether there are pictures yet.
    has_pictures: bool,
    latest: Vec<f32>,
    average: Vec<f32>,
    mean: Vec<f32>,
}

impl Fitted {
    fn new(parameters: Vec<f32>, samples: usize) -> Fitted {
        let none = vec![0.0; parameters.len()];
        let picture = vec![0.0; samples];
        Fitted {
            first: none.clone(),
            second: none,
            parameters,
            updates: 0,
            has_pictures: false,
            latest: picture.clone(),
            average: picture.clone(),
            mean: picture,
        }
    }

    /// Without an allocation.
    fn copy_from(&mut self, other: &Fitted) {
        let pairs = [
            (&mut self.parameters, &other.parameters),
            (&mut self.first, &other.first),
            (&mut self.second, &other.second),
            (&mut self.latest, &other.latest),
            (&mut self.average, &other.average),
            (&mut self.mean, &other.mean),
        ];
        pairs.into_iter().for_each(|(to, from)| to.copy_from_slice(from));
        (self.updates, self.has_pictures) = (other.updates, other.has_pictures);
    }

    /// Takes in a new picture; gives its mean squared distance from the mean before it.
    fn see(&mut self, picture: &[f32], average_weight: f32) -> f32 {
        let deviation = if self.has_pictures { average::mean_square_distance(picture, &self.mean) } else { 0.0 };
        let past = if self.has_pictures { [average_weight, 1.0 - MEAN_WEIGHT] } else { [0.0; 2] };
        for (average, weight) in [&mut self.average, &mut self.mean].into_iter().zip(past) {
            // A weight of 0 must not keep what is not finite.
            if weight == 0.0 { average.copy_from_slice(picture) } else { average::mix(average, picture, weight) }
        }
        self.latest.copy_from_slice(picture);
        self.has_pictures = true;
        deviation
    }
}

impl CpuExecutor {
    /// With the best instructions of this machine, or those that the environment asks for.
    ///
    /// # Errors
    /// `OutOfMemory` where the arena cannot be had; `Unsupported` for instructions that do not exist here.
    pub fn new(graph: Arc<Graph>) -> Result<Self> {
        Self::with_simd(graph, Simd::choose()?)
    }

    /// With these instructions.
    ///
    /// # Errors
    /// `OutOfMemory` where the arena cannot be had.
    pub fn with_simd(graph: Arc<Graph>, simd: Simd) -> Result<Self> {
        let never = AtomicBool::new(false);
        let run = Run { simd, cancel: &never };
        let machine = Machine::new(graph.clone(), rayon::current_num_threads(), &run)?;
        let samples = graph.shape(graph.restored).samples();
        let fitted = Fitted::new(graph.initial_parameters().concat(), samples);
        let checkpoint = fitted.clone();
        let restored = vec![0.0; samples];
        Ok(CpuExecutor {
            graph,
            simd,
            machine,
            fitted,
            checkpoint,
            has_checkpoint: false,
            snapshot: restored.clone(),
            has_snapshot: false,
            restored,
        })
    }

    /// Bytes that an executor of this graph takes beside the graph, on so many threads.
    pub fn memory_bytes(graph: &Graph, threads: usize) -> u64 {
        let plan = plan::Plan::new(graph, threads);
        let parameters: usize = graph.parameters.iter().map(|parameter| parameter.samples()).sum();
        let samples = graph.shape(graph.restored).samples();
        // Fitted and its checkpoint; the snapshot and the picture of the running iteration.
        let floats = 2 * (3 * parameters + 3 * samples) + 2 * samples;
        machine::memory_bytes(&plan) + 4 * floats as u64
    }

    /// None when cancelled: then nothing has changed.
    fn iteration(&mut self, iteration: u32, pace: Pace, cancel: &AtomicBool) -> Option<Scalars> {
        let run = Run { simd: self.simd, cancel };
        self.machine.pass(&run, &self.fitted.parameters, iteration);
        if run.is_cancelled() {
            return None;
        }
        self.machine.restored(&mut self.restored);
        let deviation = self.fitted.see(&self.restored, pace.average_weight);
        self.fitted.updates += 1;
        let rates = Rates::new(pace.learning_rate, self.fitted.updates);
        let Fitted { parameters, first, second, .. } = &mut self.fitted;
        adam::update(&run, rates, &self.machine.gradients, parameters, [first, second]);
        Some(Scalars { loss: self.machine.loss, data_term: self.machine.data_term, deviation })
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
        self.snapshot.copy_from_slice(&self.fitted.average);
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
        self.machine.pass(&Run { simd: self.simd, cancel: &never }, &self.fitted.parameters, iteration);
        self.machine.restored(&mut self.restored);
        let gradient = |place: &std::ops::Range<usize>| self.machine.gradients[place.clone()].to_vec();
        Ok(Evaluation {
            restored: self.restored.clone(),
            loss: self.machine.loss,
            data_term: self.machine.data_term,
            gradients: self.machine.places().iter().map(gradient).collect(),
        })
    }

    fn state(&self) -> Result<State> {
        let mut state = State { updates: self.fitted.updates, ..State::default() };
        for (parameter, place) in self.graph.parameters.iter().zip(self.machine.places()) {
            let kinds = [("parameter", &self.fitted.parameters), ("adam.first", &self.fitted.first)];
            for (kind, all) in kinds.into_iter().chain([("adam.second", &self.fitted.second)]) {
                state.buffers.insert(format!("{kind}.{}", parameter.name), all[place.clone()].to_vec());
            }
        }
        if self.fitted.has_pictures {
            let Fitted { latest, average, mean, .. } = &self.fitted;
            for (name, picture) in [("latest", latest), ("average", average), ("mean", mean)] {
                state.buffers.insert(name.into(), picture.clone());
            }
        }
        if self.has_snapshot {
            state.buffers.insert("snapshot".into(), self.snapshot.clone());
        }
        Ok(state)
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
    /// The buffer of this name.
    fn place(&mut self, name: &str) -> Option<&mut [f32]> {
        let pictures = &mut self.fitted;
        match name {
            "latest" => return Some(&mut pictures.latest),
            "average" => return Some(&mut pictures.average),
            "mean" => return Some(&mut pictures.mean),
            "snapshot" => return Some(&mut self.snapshot),
            _ => {}
        }
        let kinds = [("parameter.", &mut pictures.parameters), ("adam.first.", &mut pictures.first)];
        let kinds = kinds.into_iter().chain([("adam.second.", &mut pictures.second)]);
        let (all, name) = kinds.into_iter().find_map(|(kind, all)| Some((all, name.strip_prefix(kind)?)))?;
        let index = self.graph.parameters.iter().position(|parameter| parameter.name == name)?;
        Some(&mut all[self.machine.places()[index].clone()])
    }
}

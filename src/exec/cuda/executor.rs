//! The executor on a card. What one iteration launches is captured once and replayed; between two control points nothing
//! is allocated, copied or waited for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cudarc::driver::{CudaFunction, CudaGraph, sys};

use super::card::{Card, failed};
use super::kernel::Launch;
use super::layout::{Layout, MOST_ITERATIONS, RATE_COLUMNS, Region, SCALAR_COLUMNS};
use super::memory::CardMemory;
use super::program::Program;
use crate::error::{Error, Result};
use crate::exec::plan::{Plan, SAMPLE_BYTES, Value};
use crate::exec::rules::adam::Factors;
use crate::exec::state::{PictureBuffer, Slot, StateBuffer};
use crate::exec::{Evaluation, Executor, ExecutorState, MEAN_WEIGHT, Pace, Reading, Scalars};
use crate::graph::Graph;
use crate::room;

/// An executor that runs the program of a graph on a card.
pub struct CudaExecutor {
    graph: Arc<Graph>,
    plan: Plan,
    program: Program,
    functions: BTreeMap<&'static str, CudaFunction>,
    memory: CardMemory,
    /// One iteration, once it has been captured.
    replay: Option<Replay>,
    /// The iterations that may be queued before they are waited for.
    most_queued: usize,
    /// Whether launches are replayed as a whole, or one by one.
    is_replayed: bool,
    history: History,
    checkpoint: Option<History>,
    has_snapshot: bool,
}

/// What has happened to the fitted buffers.
#[derive(Debug, Clone, Copy, Default)]
struct History {
    /// The number of updates so far.
    updates: u32,
    /// Whether an iteration has made pictures yet.
    has_pictures: bool,
}

/// One iteration that can be launched as a whole.
struct Replay(CudaGraph);

// SAFETY: a graph of the driver may be used by any thread, though by one at a time; only its executor has it, which is
// borrowed exclusively for each launch.
unsafe impl Send for Replay {}

/// The floating-point operations that may be queued before they are waited for, so that a cancel is heard: half a second
/// of work for a small card. A wait costs some microseconds, so large pictures lose nothing by it.
const MOST_QUEUED_FLOPS: u64 = 500_000_000_000;
/// The passes of an iteration: forward, and back to the weights and to the input.
const PASSES: u64 = 3;

impl CudaExecutor {
    /// Takes the memory on a card, and puts there what a fit starts with.
    ///
    /// # Errors
    /// `OutOfMemory`, or `Device`.
    pub(super) fn new(graph: Arc<Graph>, plan: Plan, program: Program, card: &Card) -> Result<CudaExecutor> {
        card.bind()?;
        let kernels = card.kernels()?;
        let mut functions = BTreeMap::new();
        for launch in program.pass.iter().chain(&program.update) {
            if !functions.contains_key(launch.name) {
                let function = kernels.load_function(launch.name).map_err(|error| failed(launch.name, error))?;
                functions.insert(launch.name, function);
            }
        }
        let memory = CardMemory::new(card, program.memory_bytes() / SAMPLE_BYTES)?;
        let most_queued = MOST_QUEUED_FLOPS / (PASSES * graph.forward_flops()).max(1);
        let mut executor = CudaExecutor {
            graph,
            plan,
            program,
            functions,
            memory,
            replay: None,
            most_queued: most_queued.clamp(1, MOST_ITERATIONS as u64) as usize,
            is_replayed: true,
            history: History::default(),
            checkpoint: None,
            has_snapshot: false,
        };
        executor.fill()?;
        Ok(executor)
    }

    /// Puts tables, constants and initial parameters on the card, and zeros where something must start with them.
    fn fill(&mut self) -> Result<()> {
        let Program { layout, tables, .. } = &self.program;
        for step in self.plan.steps.iter().filter(|step| !step.packed.is_empty()) {
            self.memory.clear(&floats(&step.packed))?;
        }
        let Layout { gradients, fitted, counters, hiding, .. } = layout;
        for region in [gradients, fitted, counters, hiding] {
            self.memory.clear(region)?;
        }
        let words: Vec<f32> = tables.iter().map(|word| f32::from_bits(*word)).collect();
        self.memory.write(&(layout.tables..layout.tables + words.len()), &words)?;
        self.memory.write(&layout.slot(Slot::Value), &self.graph.initial_parameters()?)?;
        for (constant, region) in &layout.constants {
            let constant = &self.graph.constants[constant.0];
            constant.draw()?;
            self.memory.write(region, constant.samples())?;
        }
        for (constant, value) in &self.plan.constants {
            let (constant, value) = (&self.graph.constants[constant.0], &self.plan.values[value.0]);
            constant.draw()?;
            self.memory.write(&floats(&value.samples), &blocked(constant.samples(), value)?)?;
        }
        self.memory.wait()
    }

    /// Tells the card which iteration comes next, and the rates of this one and those after it.
    fn prepare(&mut self, first: u32, paces: &[Pace]) -> Result<()> {
        let mut rates = [0.0; MOST_ITERATIONS * RATE_COLUMNS];
        for (index, (row, pace)) in rates.chunks_exact_mut(RATE_COLUMNS).zip(paces).enumerate() {
            let has_pictures = self.history.has_pictures || index > 0;
            let Factors { rate, scale } = Factors::new(pace.learning_rate, self.history.updates + 1 + index as u32);
            let of_past = if has_pictures { [pace.average_weight, 1.0 - MEAN_WEIGHT, 1.0] } else { [0.0; 3] };
            row[..3].copy_from_slice(&[rate, scale, pace.matrix_learning_rate]);
            row[3..6].copy_from_slice(&of_past);
        }
        let layout = &self.program.layout;
        let mut control = vec![0.0; layout.control.len()];
        control[0] = f32::from_bits(first);
        self.memory.write(&layout.rates, &rates)?;
        self.memory.write(&layout.control, &control)
    }

    /// Launches the kernels of later iterations one by one, which a profiler can tell apart, instead of replaying them as
    /// a whole. The bytes are the same.
    pub fn launch_one_by_one(&mut self) {
        self.is_replayed = false;
    }

    /// Runs iterations until all are queued or `cancel` is set, and gives their number.
    fn run(&mut self, iterations: usize, cancel: &AtomicBool) -> Result<usize> {
        let mut queued = 0;
        while queued < iterations && !cancel.load(Ordering::Relaxed) {
            self.launch_iteration()?;
            queued += 1;
            if queued % self.most_queued == 0 && queued < iterations {
                self.memory.wait()?;
            }
        }
        Ok(queued)
    }

    fn launch_iteration(&mut self) -> Result<()> {
        if !self.is_replayed {
            let Program { pass, update, .. } = &self.program;
            return launch(&mut self.memory, &self.functions, pass.iter().chain(update));
        }
        let replay = match self.replay.take() {
            Some(replay) => replay,
            None => self.capture()?,
        };
        let launched = replay.0.launch().map_err(|error| failed("launching an iteration", error));
        self.replay = Some(replay);
        launched
    }

    /// Captures what one iteration launches.
    fn capture(&mut self) -> Result<Replay> {
        let stream = self.memory.stream().clone();
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        stream.begin_capture(mode).map_err(|error| failed("capturing an iteration", error))?;
        let Program { pass, update, .. } = &self.program;
        let launched = launch(&mut self.memory, &self.functions, pass.iter().chain(update));
        // The capture has to end even where a launch failed, or the stream could not be used any more.
        let graph = stream.end_capture(sys::CUgraphInstantiate_flags(0));
        launched?;
        let graph = graph.map_err(|error| failed("capturing an iteration", error))?;
        let nothing = || Error::Internal("an iteration without a launch".into());
        graph.map(Replay).ok_or_else(nothing)
    }

    /// Reads the scalars of the first `count` iterations since the last control point.
    fn scalars(&self, count: usize) -> Result<Vec<Scalars>> {
        let mut rows = vec![0.0; count * SCALAR_COLUMNS];
        let start = self.program.layout.scalars.start;
        self.memory.read(&(start..start + rows.len()), &mut rows)?;
        let scalars = |row: &[f32]| Scalars {
            loss: row[0],
            data_term: row[1],
            risk: self.graph.risk.map(|_| row[2]),
            deviation: row[3],
        };
        Ok(rows.chunks_exact(SCALAR_COLUMNS).map(scalars).collect())
    }

    fn read_picture(&self, picture: PictureBuffer, out: &mut [f32]) -> Result<()> {
        let region = self.program.layout.picture(picture);
        if region.len() != out.len() {
            return Err(Error::Internal(format!("a picture of {} samples, read into {}", region.len(), out.len())));
        }
        self.memory.read(&region, out)
    }

    /// Copies the fitted buffers from where they begin on, by name.
    fn state_at(&self, start: usize, history: History) -> Result<ExecutorState> {
        let layout = &self.program.layout;
        let mut all = room::filled(layout.fitted.len(), 0.0)?;
        self.memory.read(&(start..start + all.len()), &mut all)?;
        let part = |region: Region| room::copy(&all[region.start - layout.fitted.start..][..region.len()]);
        let mut state = ExecutorState { updates: history.updates, ..ExecutorState::default() };
        for (slot, index, name) in StateBuffer::of_parameters(&self.graph) {
            state.buffers.insert(name, part(self.parameter(slot, index))?);
        }
        let pictures = PictureBuffer::ALL.into_iter().filter(|picture| *picture != PictureBuffer::Snapshot);
        for picture in pictures.filter(|_| history.has_pictures) {
            let region = layout.picture(picture);
            if !region.is_empty() {
                state.buffers.insert(picture.name().into(), part(region)?);
            }
        }
        Ok(state)
    }

    /// Where this of one parameter lies.
    fn parameter(&self, slot: Slot, index: usize) -> Region {
        let (start, place) = (self.program.layout.slot(slot).start, &self.plan.parameters[index]);
        start + place.start..start + place.end
    }

    /// Where the buffer of this name in a state lies.
    fn region(&self, name: &str) -> Option<Region> {
        let region = match StateBuffer::named(name, &self.graph)? {
            StateBuffer::Picture(picture) => self.program.layout.picture(picture),
            StateBuffer::Parameter(slot, index) => self.parameter(slot, index),
        };
        Some(region)
    }
}

impl Executor for CudaExecutor {
    fn iterate(&mut self, first: u32, paces: &[Pace], cancel: &AtomicBool, ring: &mut Vec<Scalars>) -> Result<()> {
        self.memory.bind()?;
        let mut next = first;
        for paces in paces.chunks(MOST_ITERATIONS) {
            self.prepare(next, paces)?;
            let done = self.run(paces.len(), cancel)?;
            ring.extend(self.scalars(done)?);
            self.history.updates += done as u32;
            self.history.has_pictures |= done > 0;
            next += done as u32;
            if done < paces.len() {
                break;
            }
        }
        Ok(())
    }

    fn read(&self, reading: Reading, out: &mut [f32]) -> Result<()> {
        let (picture, is_there) = match reading {
            Reading::Latest => (PictureBuffer::Latest, self.history.has_pictures),
            Reading::Average => (PictureBuffer::Average, self.history.has_pictures),
            Reading::Snapshot => (PictureBuffer::Snapshot, self.has_snapshot),
        };
        if !is_there {
            return Err(Error::Internal(format!("there is no picture {reading:?} yet")));
        }
        self.read_picture(picture, out)
    }

    fn snapshot(&mut self) -> Result<()> {
        if !self.history.has_pictures {
            return Err(Error::Internal("there is no average to keep yet".into()));
        }
        let [average, snapshot] =
            [PictureBuffer::Average, PictureBuffer::Snapshot].map(|picture| self.program.layout.picture(picture));
        self.memory.copy(&average, &snapshot)?;
        self.has_snapshot = true;
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<()> {
        let Layout { fitted, checkpoint, .. } = &self.program.layout;
        self.memory.copy(fitted, checkpoint)?;
        self.checkpoint = Some(self.history);
        Ok(())
    }

    fn restore(&mut self) -> Result<()> {
        let nothing = || Error::Internal("there is no checkpoint to go back to yet".into());
        let history = self.checkpoint.ok_or_else(nothing)?;
        let Layout { fitted, checkpoint, .. } = &self.program.layout;
        self.memory.copy(checkpoint, fitted)?;
        self.history = history;
        Ok(())
    }

    fn evaluate(&mut self, iteration: u32) -> Result<Evaluation> {
        self.memory.bind()?;
        self.prepare(iteration, &[])?;
        launch(&mut self.memory, &self.functions, self.program.pass.iter())?;
        let scalars = self.scalars(1)?;
        let restored = &self.plan.values[self.plan.restored.0];
        let mut stored = room::filled(restored.stored(), 0.0)?;
        self.memory.read(&floats(&restored.samples), &mut stored)?;
        let mut gradients = room::filled(self.plan.parameter_samples(), 0.0)?;
        self.memory.read(&self.program.layout.gradients, &mut gradients)?;
        Ok(Evaluation {
            restored: planes(&stored, restored)?,
            loss: scalars[0].loss,
            data_term: scalars[0].data_term,
            risk: scalars[0].risk,
            gradients: self.plan.parameters.iter().map(|place| gradients[place.clone()].to_vec()).collect(),
        })
    }

    fn state(&self) -> Result<ExecutorState> {
        let mut state = self.state_at(self.program.layout.fitted.start, self.history)?;
        if self.has_snapshot {
            let mut snapshot = room::filled(self.program.layout.snapshot.len(), 0.0)?;
            self.read_picture(PictureBuffer::Snapshot, &mut snapshot)?;
            state.buffers.insert(PictureBuffer::Snapshot.name().into(), snapshot);
        }
        Ok(state)
    }

    fn checkpoint_state(&self) -> Result<ExecutorState> {
        let nothing = || Error::Internal("there is no checkpoint yet".into());
        let history = self.checkpoint.ok_or_else(nothing)?;
        self.state_at(self.program.layout.checkpoint.start, history)
    }

    fn load(&mut self, state: &ExecutorState) -> Result<()> {
        state.check_lengths(|name| self.region(name).map(|region| region.len()))?;
        for (name, buffer) in &state.buffers {
            if let Some(region) = self.region(name) {
                self.memory.write(&region, buffer)?;
            }
        }
        self.memory.wait()?;
        self.history.updates = state.updates;
        self.history.has_pictures |= state.buffers.contains_key(PictureBuffer::Average.name());
        self.has_snapshot |= state.buffers.contains_key(PictureBuffer::Snapshot.name());
        Ok(())
    }
}

/// Appends launches to the stream.
fn launch<'a>(
    memory: &mut CardMemory,
    functions: &BTreeMap<&'static str, CudaFunction>,
    launches: impl Iterator<Item = &'a Launch>,
) -> Result<()> {
    for launch in launches {
        let unknown = || Error::Internal(format!("kernel {} is not loaded", launch.name));
        memory.launch(functions.get(launch.name).ok_or_else(unknown)?, launch)?;
    }
    Ok(())
}

/// The f32s that lie in a range of bytes of the arena.
fn floats(range: &Region) -> Region {
    range.start / SAMPLE_BYTES..range.end / SAMPLE_BYTES
}

/// The planes of a value, in blocks of channels; dead channels are 0.
fn blocked(planes: &[f32], value: &Value) -> Result<Vec<f32>> {
    let mut blocked = room::filled(value.stored(), 0.0)?;
    for (plane, lane) in planes.chunks_exact(value.pixels()).zip(&value.lanes) {
        let places = blocked[first_sample(value, *lane)..].iter_mut().step_by(value.block);
        places.zip(plane).for_each(|(place, sample)| *place = *sample);
    }
    Ok(blocked)
}

/// The planes of a value that is stored in blocks of channels.
fn planes(blocked: &[f32], value: &Value) -> Result<Vec<f32>> {
    let mut planes = room::filled(value.shape.samples(), 0.0)?;
    for (plane, lane) in planes.chunks_exact_mut(value.pixels()).zip(&value.lanes) {
        let samples = blocked[first_sample(value, *lane)..].iter().step_by(value.block);
        plane.iter_mut().zip(samples).for_each(|(place, sample)| *place = *sample);
    }
    Ok(planes)
}

/// Where the first sample of a physical channel is stored.
fn first_sample(value: &Value, lane: usize) -> usize {
    lane / value.block * value.pixels() * value.block + lane % value.block
}

//! The machine that runs a plan: forward, then back, on one arena. No iteration allocates.

use std::ops::Range;
use std::sync::Arc;

use super::arena::Arena;
use super::kernels::{Run, planes};
use super::ops::{self, StepContext, StepOp};
use crate::error::Result;
use crate::exec::plan::{Plan, Step, Value, ValueId};
use crate::graph::Graph;
use crate::room;

/// A plan with its memory and its steps made ready.
pub(super) struct Machine {
    graph: Arc<Graph>,
    plan: Plan,
    /// The steps of the plan, made ready to run.
    ops: Vec<Box<dyn StepOp>>,
    arena: Arena,
    workspace: Workspace,
    /// The gradients of all parameters, one after the other.
    pub gradients: Vec<f32>,
    /// The loss of the last pass.
    pub loss: f32,
    /// The data term of the last pass.
    pub data_term: f32,
    /// The risk of the last pass; None where the graph has none.
    pub risk: Option<f32>,
}

/// Small buffers that all steps share, since they run one after the other.
pub(super) struct Workspace {
    /// The scale and the shift of the norm that is running, or their gradients, by physical channel.
    pub norms: [Vec<f32>; 2],
    /// Sums in double precision of the step that is running.
    pub sums: Vec<f64>,
    /// The bias of the convolution that is running, by physical channel.
    pub bias: Vec<f32>,
}

impl Workspace {
    fn new(plan: &Plan, ops: &[Box<dyn StepOp>]) -> Result<Workspace> {
        let channels = channels(plan);
        Ok(Workspace {
            norms: [room::filled(channels, 0.0)?, room::filled(channels, 0.0)?],
            sums: room::filled(sums(plan, ops), 0.0)?,
            bias: room::filled(channels, 0.0)?,
        })
    }
}

/// The number of physical channels of the widest value.
fn channels(plan: &Plan) -> usize {
    plan.values.iter().map(Value::channels).max().unwrap_or(0)
}

/// The number of sums that the widest step takes.
fn sums(plan: &Plan, ops: &[Box<dyn StepOp>]) -> usize {
    let steps = ops.iter().zip(&plan.steps);
    steps.map(|(op, step)| op.sums(plan.input(step), plan.output(step))).max().unwrap_or(0)
}

/// Makes all steps of a plan ready.
fn prepare(plan: &Plan) -> Vec<Box<dyn StepOp>> {
    let op = |step: &Step| ops::prepare(&step.action, plan.input(step), plan.output(step));
    plan.steps.iter().map(op).collect()
}

/// The bytes that a machine takes for a plan, beside those of the graph.
pub(super) fn memory_bytes(plan: &Plan) -> u64 {
    let floats = plan.parameter_samples() + 3 * channels(plan);
    plan.arena_bytes as u64 + 4 * floats as u64 + 8 * sums(plan, &prepare(plan)) as u64
}

impl Machine {
    /// Takes the memory for a plan of this graph, and puts the constants there.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(graph: Arc<Graph>, plan: Plan, run: &Run) -> Result<Machine> {
        let mut arena = Arena::new(plan.arena_bytes)?;
        // Drawn now, since no iteration may allocate.
        for constant in &graph.constants {
            constant.draw()?;
        }
        for (constant, value) in &plan.constants {
            let value = &plan.values[value.0];
            let samples = graph.constants[constant.0].samples();
            planes::block(run, samples, &value.lanes, value.pixels(), arena.write(&value.samples));
        }
        let ops = prepare(&plan);
        Ok(Machine {
            workspace: Workspace::new(&plan, &ops)?,
            gradients: room::filled(plan.parameter_samples(), 0.0)?,
            loss: f32::NAN,
            data_term: f32::NAN,
            risk: None,
            graph,
            plan,
            ops,
            arena,
        })
    }

    /// The name of each step, for the profile.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        let steps = self.ops.iter().zip(&self.plan.steps);
        steps.map(|(op, step)| op.name(self.plan.input(step), self.plan.output(step)))
    }

    /// Where the samples of each parameter lie among those of all.
    pub fn places(&self) -> &[Range<usize>] {
        &self.plan.parameters
    }

    /// Copies the restored picture of the last pass as planes.
    pub fn restored(&self, out: &mut [f32]) {
        self.read(self.plan.restored, out);
    }

    /// Copies how much each sample of the restored picture counts; copies nothing where all count fully.
    pub fn counted(&self, out: &mut [f32]) {
        if let Some(counted) = self.plan.counted {
            self.read(counted, out);
        }
    }

    fn read(&self, id: ValueId, out: &mut [f32]) {
        let value = &self.plan.values[id.0];
        planes::unblock(self.arena.read(&value.samples), &value.lanes, value.pixels(), out);
    }

    fn scalar(&self, id: ValueId) -> f32 {
        self.arena.read(&self.plan.values[id.0].samples)[0]
    }

    /// Computes the loss and the gradients at these parameters, with the random draws of `iteration`. After a cancel
    /// they mean nothing. `watch` is told of each step that is done, by its index, and in which direction.
    pub fn pass(&mut self, run: &Run, parameters: &[f32], iteration: u32, watch: &mut dyn FnMut(usize, Direction)) {
        for index in 0..self.ops.len() {
            if run.is_cancelled() {
                return;
            }
            self.run(run, index, parameters, iteration, Direction::Forward);
            watch(index, Direction::Forward);
        }
        // They are read now, since the way back reuses their memory.
        (self.loss, self.data_term) = (self.scalar(self.plan.loss), self.scalar(self.plan.data_term));
        self.risk = self.plan.risk.map(|risk| self.scalar(risk));
        let loss = &self.plan.values[self.plan.loss.0];
        set_scalar(self.arena.write(&loss.gradient), 1.0);
        for index in (0..self.ops.len()).rev() {
            if run.is_cancelled() {
                return;
            }
            self.run(run, index, parameters, iteration, Direction::Back);
            watch(index, Direction::Back);
        }
    }

    fn run(&mut self, run: &Run, index: usize, parameters: &[f32], iteration: u32, direction: Direction) {
        let Machine { graph, plan, ops, arena, workspace, gradients, .. } = self;
        let step = &plan.steps[index];
        let context = &mut StepContext { run, graph, plan, step, arena, workspace, parameters, gradients, iteration };
        match direction {
            Direction::Forward => ops[index].forward(context),
            Direction::Back if plan.runs_back(step) => ops[index].back(context),
            Direction::Back => {}
        }
    }
}

/// The direction in which a pass goes through the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Back,
}

/// Writes a scalar into its block, of which it is the first lane.
pub(super) fn set_scalar(block: &mut [f32], scalar: f32) {
    block.fill(0.0);
    if let Some(first) = block.first_mut() {
        *first = scalar;
    }
}

//! Runs a plan: forward, then back, on one arena. No iteration allocates.

use std::ops::Range;
use std::sync::Arc;

use super::arena::Arena;
use super::kernels::{Run, planes};
use super::ops::{self, StepContext, StepOp};
use crate::error::Result;
use crate::exec::plan::{Plan, Step, Value, ValueId};
use crate::graph::Graph;
use crate::room;

/// A plan with its memory.
pub(super) struct Machine {
    graph: Arc<Graph>,
    plan: Plan,
    /// The plan's steps, made ready.
    ops: Vec<Box<dyn StepOp>>,
    arena: Arena,
    workspace: Workspace,
    /// Gradients of all parameters, one after the other.
    pub gradients: Vec<f32>,
    pub loss: f32,
    pub data_term: f32,
    pub risk: Option<f32>,
}

/// Small buffers that steps share.
pub(super) struct Workspace {
    /// Scale and shift of the norm that is running, or their gradients, by physical channel.
    pub norms: [Vec<f32>; 2],
    pub sums: Vec<f64>,
    /// Bias of the convolution that is running, by physical channel.
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

fn channels(plan: &Plan) -> usize {
    plan.values.iter().map(Value::channels).max().unwrap_or(0)
}

/// Sums that the plan's steps take at most.
fn sums(plan: &Plan, ops: &[Box<dyn StepOp>]) -> usize {
    let steps = ops.iter().zip(&plan.steps);
    steps.map(|(op, step)| op.sums(plan.input(step), plan.output(step))).max().unwrap_or(0)
}

fn prepare(plan: &Plan) -> Vec<Box<dyn StepOp>> {
    let op = |step: &Step| ops::prepare(&step.action, plan.input(step), plan.output(step));
    plan.steps.iter().map(op).collect()
}

/// Bytes that a machine takes beside the graph's own.
pub(super) fn memory_bytes(plan: &Plan) -> u64 {
    let floats = plan.parameter_samples() + 3 * channels(plan);
    plan.arena_bytes as u64 + 4 * floats as u64 + 8 * sums(plan, &prepare(plan)) as u64
}

impl Machine {
    /// Takes the memory of a plan of this graph.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(graph: Arc<Graph>, plan: Plan, run: &Run) -> Result<Machine> {
        let mut arena = Arena::new(plan.arena_bytes)?;
        // No iteration allocates.
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

    /// The names of the steps, for the profile.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        let steps = self.ops.iter().zip(&self.plan.steps);
        steps.map(|(op, step)| op.name(self.plan.input(step), self.plan.output(step)))
    }

    /// Place of each parameter among all.
    pub fn places(&self) -> &[Range<usize>] {
        &self.plan.parameters
    }

    /// Copies the restored picture as planes.
    pub fn restored(&self, out: &mut [f32]) {
        self.read(self.plan.restored, out);
    }

    /// Copies how much each of its samples counts; nothing where all do.
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

    /// Loss and gradients at these parameters with the draws of `iteration`. After a cancel they mean
    /// nothing. `watch` is told of each step that is done, and in which direction.
    pub fn pass(&mut self, run: &Run, parameters: &[f32], iteration: u32, watch: &mut dyn FnMut(usize, Direction)) {
        for index in 0..self.ops.len() {
            if run.is_cancelled() {
                return;
            }
            self.run(run, index, parameters, iteration, Direction::Forward);
            watch(index, Direction::Forward);
        }
        // Read now: the way back uses their memory.
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

/// Which way a pass goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Back,
}

/// A scalar is the first lane of its block.
pub(super) fn set_scalar(block: &mut [f32], scalar: f32) {
    block.fill(0.0);
    if let Some(first) = block.first_mut() {
        *first = scalar;
    }
}

//! Runs a plan: forward, then back, on one arena. No iteration allocates.

use std::ops::Range;
use std::sync::Arc;

use super::arena::Arena;
use super::kernels::crop::Part;
use super::kernels::pad::Frame;
use super::kernels::{LANES, Run, data_term, norm, planes};
use super::plan::{Plan, pixels};
use super::step::ConvWork;
use super::value::{Value, ValueId};
use super::view::View;
use crate::error::Result;
use crate::graph::Graph;
use crate::room;

/// A plan with its memory.
pub(super) struct Machine {
    pub(super) graph: Arc<Graph>,
    pub(super) plan: Plan,
    pub(super) arena: Arena,
    /// How readers see each value.
    pub(super) views: Vec<View>,
    /// Scale and shift of the norm being looked at, by physical channel.
    pub(super) norms: [Vec<f32>; 2],
    pub(super) sums: Vec<f64>,
    /// Bias of the convolution that is running, by physical channel.
    pub(super) bias: Vec<f32>,
    /// Of all parameters, one after the other.
    pub gradients: Vec<f32>,
    pub loss: f32,
    pub data_term: f32,
    pub risk: Option<f32>,
}

/// f64s and channels that a plan's kernels need at most.
fn sums_len(plan: &Plan) -> usize {
    let of = |value: &Value| {
        let rows = value.blocks * value.shape.height;
        norm::sums_len(value.blocks, pixels(value.shape)).max(rows).max(data_term::sums_len(value.len()))
    };
    plan.values.iter().map(of).max().unwrap_or(0)
}

fn channels(plan: &Plan) -> usize {
    plan.values.iter().map(|value| value.blocks * LANES).max().unwrap_or(0)
}

/// Bytes that a machine takes beside the graph's own.
pub(super) fn memory_bytes(plan: &Plan) -> u64 {
    let parameters = plan.parameters.last().map_or(0, |last| last.end);
    let floats = plan.arena_samples + parameters + plan.values.iter().map(|v| 4 * v.blocks * LANES).sum::<usize>();
    4 * floats as u64 + 8 * sums_len(plan) as u64
}

impl Machine {
    pub fn new(graph: Arc<Graph>, threads: usize, run: &Run) -> Result<Machine> {
        let plan = Plan::new(&graph, threads);
        let mut arena = Arena::new(plan.arena_samples)?;
        // No iteration allocates.
        for constant in &graph.constants {
            constant.draw()?;
        }
        for (constant, value) in &plan.constants {
            let value = &plan.values[value.0];
            let samples = graph.constants[constant.0].samples();
            planes::block(run, samples, &value.lanes, pixels(value.shape), arena.write(&value.samples));
        }
        let view = |value: &Value| View { is_leaky: value.is_leaky, ..View::plain(value.blocks) };
        let channels = channels(&plan);
        Ok(Machine {
            views: plan.values.iter().map(view).collect(),
            norms: [vec![0.0; channels], vec![0.0; channels]],
            sums: room::filled(sums_len(&plan), 0.0)?,
            bias: vec![0.0; channels],
            gradients: room::filled(plan.parameters.last().map_or(0, |last| last.end), 0.0)?,
            loss: f32::NAN,
            data_term: f32::NAN,
            risk: None,
            graph,
            plan,
            arena,
        })
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
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
        planes::unblock(self.arena.read(&value.samples), &value.lanes, pixels(value.shape), out);
    }

    fn scalar(&self, id: ValueId) -> f32 {
        self.arena.read(&self.plan.values[id.0].samples)[0]
    }

    /// Loss and gradients at these parameters with the draws of `iteration`. After a cancel they mean
    /// nothing. `watch` is told of each step that is done, and whether on the way back.
    pub fn pass(&mut self, run: &Run, parameters: &[f32], iteration: u32, watch: &mut dyn FnMut(usize, bool)) {
        for index in 0..self.plan.steps.len() {
            if run.is_cancelled() {
                return;
            }
            self.forward(run, index, parameters, iteration);
            watch(index, false);
        }
        // Read now: the way back uses their memory.
        (self.loss, self.data_term) = (self.scalar(self.plan.loss), self.scalar(self.plan.data_term));
        self.risk = self.plan.risk.map(|risk| self.scalar(risk));
        let loss = &self.plan.values[self.plan.loss.0];
        set_scalar(self.arena.write(&loss.gradient), 1.0);
        for index in (0..self.plan.steps.len()).rev() {
            if run.is_cancelled() {
                return;
            }
            self.back(run, index);
            watch(index, true);
        }
    }
}

/// A scalar is the first lane of its block.
pub(super) fn set_scalar(block: &mut [f32], scalar: f32) {
    block.fill(0.0);
    if let Some(first) = block.first_mut() {
        *first = scalar;
    }
}

pub(super) fn size_of(value: &Value) -> [usize; 2] {
    [value.shape.height, value.shape.width]
}

/// The padded input of this convolution within the part that all share.
pub(super) fn padded_range(plan: &Plan, work: &ConvWork, from: &Value) -> Range<usize> {
    let (height, width) = work.conv.padded();
    plan.padded.start..plan.padded.start + from.blocks * height * width * LANES
}

pub(super) fn frame(work: &ConvWork, from: &Value) -> Frame {
    let (padded_height, padded_width) = work.conv.padded();
    let (border, padding) = (work.border, work.padding);
    Frame { height: from.shape.height, width: from.shape.width, border, padding, padded_height, padded_width }
}

pub(super) fn part(from: &Value, to: &Value, top: usize, left: usize) -> Part {
    Part { from: size_of(from), corner: [top, left], size: size_of(to) }
}

/// From logical to physical channels; dead ones get 0.
pub(super) fn spread_lanes(logical: &[f32], lanes: &[usize], physical: &mut [f32]) {
    physical.fill(0.0);
    for (sample, lane) in logical.iter().zip(lanes) {
        physical[*lane] = *sample;
    }
}

/// A matrix by row and column, given row by row; 0 beyond it.
pub(super) fn entry(weights: &[f32], columns: usize) -> impl Fn(usize, usize) -> f32 + Sync + '_ {
    move |row, column| weights.get(row * columns + column).filter(|_| column < columns).copied().unwrap_or(0.0)
}

//! Runs a plan: forward, then back, on one arena. No iteration allocates.

use std::ops::Range;
use std::sync::Arc;

use super::arena::Arena;
use super::kernels::crop::Part;
use super::kernels::data_term::Given;
use super::kernels::pad::{Frame, fold, pad};
use super::kernels::resample::resample;
use super::kernels::{LANES, Run, crop, data_term, noise, norm, planes, sigmoid, variation};
use super::plan::{ConvWork, Plan, Step, Work, pixels};
use super::value::{Norm, Value};
use super::view::View;
use crate::error::Result;
use crate::graph::Graph;
use crate::rng::Draws;

/// A plan with its memory.
pub(super) struct Machine {
    graph: Arc<Graph>,
    plan: Plan,
    arena: Arena,
    /// How readers see each value.
    views: Vec<View>,
    /// Scale and shift of the norm being looked at, by physical channel.
    norms: [Vec<f32>; 2],
    sums: Vec<f64>,
    /// Bias of the convolution that is running, by physical channel.
    bias: Vec<f32>,
    /// Of all parameters, one after the other.
    pub gradients: Vec<f32>,
    pub loss: f32,
    pub data_term: f32,
}

/// f64s and channels that a plan's kernels need at most.
fn sums_len(plan: &Plan) -> usize {
    let of = |value: &Value| norm::sums_len(value.blocks, pixels(value.shape)).max(value.blocks * value.shape.height);
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
        for (constant, value) in &plan.constants {
            let value = &plan.values[value.0];
            let samples = &graph.constants[constant.0].samples;
            planes::block(run, samples, &value.lanes, pixels(value.shape), arena.write(&value.samples));
        }
        let view = |value: &Value| View { is_leaky: value.is_leaky, ..View::plain(value.blocks) };
        let channels = channels(&plan);
        Ok(Machine {
            views: plan.values.iter().map(view).collect(),
            norms: [vec![0.0; channels], vec![0.0; channels]],
            sums: vec![0.0; sums_len(&plan)],
            bias: vec![0.0; channels],
            gradients: vec![0.0; plan.parameters.last().map_or(0, |last| last.end)],
            loss: f32::NAN,
            data_term: f32::NAN,
            graph,
            plan,
            arena,
        })
    }

    /// Place of each parameter among all.
    pub fn places(&self) -> &[Range<usize>] {
        &self.plan.parameters
    }

    /// Copies the restored picture as planes.
    pub fn restored(&self, out: &mut [f32]) {
        let value = &self.plan.values[self.plan.restored.0];
        planes::unblock(self.arena.read(&value.samples), &value.lanes, pixels(value.shape), out);
    }

    /// Loss and gradients at these parameters with the draws of `iteration`. After a cancel they mean
    /// nothing.
    pub fn pass(&mut self, run: &Run, parameters: &[f32], iteration: u32) {
        for index in 0..self.plan.steps.len() {
            if run.is_cancelled() {
                return;
            }
            self.forward(run, index, parameters, iteration);
        }
        // Read now: the way back uses their memory.
        self.loss = self.arena.read(&self.plan.values[self.plan.loss.0].samples)[0];
        self.data_term = self.arena.read(&self.plan.values[self.plan.data_term.0].samples)[0];
        let loss = &self.plan.values[self.plan.loss.0];
        set_scalar(self.arena.write(&loss.gradient), 1.0);
        for index in (0..self.plan.steps.len()).rev() {
            if run.is_cancelled() {
                return;
            }
            self.back(run, index);
        }
    }

    fn forward(&mut self, run: &Run, index: usize, parameters: &[f32], iteration: u32) {
        let Machine { graph, plan, arena, views, norms, sums, bias, .. } = self;
        let Step { work, input, output, .. } = &plan.steps[index];
        let to = &plan.values[output.0];
        let from = &plan.values[input.unwrap_or(*output).0];
        let view = &views[input.unwrap_or(*output).0];
        let size = size_of(to);
        match work {
            Work::Picture(id) => {
                let picture = &parameters[plan.parameters[id.0].clone()];
                planes::block(run, picture, &to.lanes, pixels(to.shape), arena.write(&to.samples));
            }
            Work::Noise { stream, standard_deviation } => {
                let ([out], [z]) = arena.parts([&to.samples], [&from.samples]);
                let draws = Draws::new(graph.seed, graph.job, *stream, iteration);
                noise::add(run, &draws, *standard_deviation, &to.lanes, size, z, out);
            }
            Work::Conv(work) => {
                let padded_range = padded_range(plan, work, from);
                spread_lanes(&parameters[plan.parameters[work.bias.0].clone()], &to.lanes, bias);
                let (writes, reads) = ([&padded_range, &work.packed, &to.samples, &plan.scratch], [&from.samples]);
                let ([padded, packed, out, scratch], [samples]) = arena.parts(writes, reads);
                work.conv.pack(run, &parameters[plan.parameters[work.weight.0].clone()], packed);
                pad(run, &frame(work, from), samples, view, padded);
                let bias = (!work.is_bias_cancelled).then_some(&bias[..to.blocks * LANES]);
                work.conv.forward(run, padded, packed, bias, out, scratch);
            }
            Work::View => {
                if let Some(Norm { scale, shift }) = to.norm {
                    let channels = to.blocks * LANES;
                    for (norm, id) in norms.iter_mut().zip([scale, shift]) {
                        spread_lanes(&parameters[plan.parameters[id.0].clone()], &to.lanes, &mut norm[..channels]);
                    }
                    let norms = [&norms[0][..channels], &norms[1][..channels]];
                    norm::measure(run, arena.read(&to.samples), to.blocks, sums, norms, &mut views[output.0]);
                }
            }
            Work::Resample(work) => {
                let seen = plan.padded.start..plan.padded.start + from.len();
                let ([seen, out, scratch], [samples]) =
                    arena.parts([&seen, &to.samples, &plan.scratch], [&from.samples]);
                pad(run, &Frame::bare(from.shape.height, from.shape.width), samples, view, seen);
                resample(run, [&work.resample.rows, &work.resample.columns], seen, out, false, scratch);
            }
            Work::Copy => {
                let ([out], [samples]) = arena.parts([&to.samples], [&from.samples]);
                if from.blocks == to.blocks {
                    pad(run, &Frame::bare(size[0], size[1]), samples, view, out);
                }
            }
            Work::Crop { top, left } => {
                let ([out], [samples]) = arena.parts([&to.samples], [&from.samples]);
                crop::forward(part(from, to, *top, *left), to.blocks, samples, out);
            }
            Work::Sigmoid => {
                let ([out], [samples]) = arena.parts([&to.samples], [&from.samples]);
                sigmoid::forward(run, samples, out);
            }
            Work::DataTerm { degraded, observed } => {
                let ([out], [predicted]) = arena.parts([&to.samples], [&from.samples]);
                let given = given(graph, from, degraded.0, observed.0);
                set_scalar(out, data_term::forward(run, &given, predicted, sums));
            }
            Work::Variation => {
                let ([out], [samples]) = arena.parts([&to.samples], [&from.samples]);
                set_scalar(out, variation::forward(run, &from.lanes, size_of(from), samples, sums));
            }
            Work::Weigh { weight, is_first } => {
                let ([out], [term]) = arena.parts([&to.samples], [&from.samples]);
                let before = if *is_first { 0.0 } else { out[0] };
                set_scalar(out, before + weight * term[0]);
            }
        }
    }

    fn back(&mut self, run: &Run, index: usize) {
        let Machine { graph, plan, arena, views, sums, gradients, norms, .. } = self;
        let Step { work, input, output, adds } = &plan.steps[index];
        let to = &plan.values[output.0];
        let from = &plan.values[input.unwrap_or(*output).0];
        let size = size_of(to);
        if !to.needs_gradient {
            return;
        }
        // Whether the way back goes on.
        let goes_on = from.needs_gradient;
        match work {
            Work::Picture(id) => {
                let by_picture = &mut gradients[plan.parameters[id.0].clone()];
                planes::unblock(arena.read(&to.gradient), &to.lanes, pixels(to.shape), by_picture);
            }
            Work::Noise { .. } | Work::Copy if goes_on => {
                let ([by_input], [by_output]) = arena.parts([&from.gradient], [&to.gradient]);
                fold(run, &Frame::bare(size[0], size[1]), by_output, by_input, *adds);
            }
            Work::Noise { .. } | Work::Copy => {}
            Work::Conv(work) => {
                let view = &views[input.unwrap_or(*output).0];
                back_of_conv(run, plan, arena, gradients, Conv { work, from, to, view, adds: *adds });
            }
            Work::View => {
                let ([gradient], [samples]) = arena.parts([&to.gradient], [&to.samples]);
                match to.norm {
                    Some(Norm { scale, shift }) => {
                        let [by_scale, by_shift] = norms;
                        let channels = to.blocks * LANES;
                        let by = [&mut by_scale[..channels], &mut by_shift[..channels]];
                        norm::back(run, samples, &views[output.0], sums, gradient, by);
                        gather_lanes(by_scale, &to.lanes, &mut gradients[plan.parameters[scale.0].clone()]);
                        gather_lanes(by_shift, &to.lanes, &mut gradients[plan.parameters[shift.0].clone()]);
                    }
                    None => norm::back_leaky(run, samples, gradient),
                }
            }
            Work::Resample(work) if goes_on => {
                let ([by_input, scratch], [by_output]) = arena.parts([&from.gradient, &plan.scratch], [&to.gradient]);
                resample(run, [&work.back_rows, &work.back_columns], by_output, by_input, *adds, scratch);
            }
            Work::Resample(_) => {}
            Work::Crop { top, left } if goes_on => {
                let ([by_input], [by_output]) = arena.parts([&from.gradient], [&to.gradient]);
                crop::back(part(from, to, *top, *left), to.blocks, by_output, by_input, *adds);
            }
            Work::Crop { .. } => {}
            Work::Sigmoid if goes_on => {
                let ([by_input], [out, by_output]) = arena.parts([&from.gradient], [&to.samples, &to.gradient]);
                sigmoid::back(run, out, by_output, by_input, *adds);
            }
            Work::Sigmoid => {}
            Work::DataTerm { degraded, observed } if goes_on => {
                let given = given(graph, from, degraded.0, observed.0);
                let ([gradient], [predicted, by_term]) = arena.parts([&from.gradient], [&from.samples, &to.gradient]);
                data_term::back(run, &given, predicted, by_term[0], gradient, *adds);
            }
            Work::DataTerm { .. } => {}
            Work::Variation if goes_on => {
                let ([gradient], [samples, by_term]) = arena.parts([&from.gradient], [&from.samples, &to.gradient]);
                variation::back(run, size_of(from), samples, by_term[0], gradient, *adds);
            }
            Work::Variation => {}
            Work::Weigh { weight, .. } if goes_on => {
                let ([by_term], [by_sum]) = arena.parts([&from.gradient], [&to.gradient]);
                let before = if *adds { by_term[0] } else { 0.0 };
                set_scalar(by_term, before + weight * by_sum[0]);
            }
            Work::Weigh { .. } => {}
        }
    }
}

/// A scalar is the first lane of its block.
fn set_scalar(block: &mut [f32], scalar: f32) {
    block.fill(0.0);
    if let Some(first) = block.first_mut() {
        *first = scalar;
    }
}

fn size_of(value: &Value) -> [usize; 2] {
    [value.shape.height, value.shape.width]
}

/// A convolution's step.
struct Conv<'a> {
    work: &'a ConvWork,
    from: &'a Value,
    to: &'a Value,
    view: &'a View,
    adds: bool,
}

fn back_of_conv(run: &Run, plan: &Plan, arena: &mut Arena, gradients: &mut [f32], step: Conv) {
    let Conv { work, from, to, view, adds } = step;
    let frame = frame(work, from);
    let padded_range = padded_range(plan, work, from);
    let by_padded_range = plan.by_padded.start..plan.by_padded.start + padded_range.len();
    let by_weight = &mut gradients[plan.parameters[work.weight.0].clone()];
    let reads = [&from.samples, &to.gradient, &work.packed];
    let writes = [&padded_range, &by_padded_range, &plan.scratch];
    let ([padded, by_padded, scratch], [samples, by_out, packed]) = arena.parts(writes, reads);
    pad(run, &frame, samples, view, padded);
    let by_input = from.needs_gradient.then_some(&mut *by_padded);
    work.conv.backward(run, padded, by_out, packed, by_weight, by_input, scratch);
    let by_bias = &mut gradients[plan.parameters[work.bias.0].clone()];
    if work.is_bias_cancelled {
        by_bias.fill(0.0)
    } else {
        sum_of_planes(by_out, &to.lanes, pixels(to.shape), by_bias)
    }
    if from.needs_gradient {
        let ([by_input], [by_padded]) = arena.parts([&from.gradient], [&by_padded_range]);
        fold(run, &frame, by_padded, by_input, adds);
    }
}

/// The padded input of this convolution within the part that all share.
fn padded_range(plan: &Plan, work: &ConvWork, from: &Value) -> Range<usize> {
    let (height, width) = work.conv.padded();
    plan.padded.start..plan.padded.start + from.blocks * height * width * LANES
}

fn frame(work: &ConvWork, from: &Value) -> Frame {
    let (padded_height, padded_width) = work.conv.padded();
    let (border, padding) = (work.border, work.padding);
    Frame { height: from.shape.height, width: from.shape.width, border, padding, padded_height, padded_width }
}

fn part(from: &Value, to: &Value, top: usize, left: usize) -> Part {
    Part { from: size_of(from), corner: [top, left], size: size_of(to) }
}

fn given<'a>(graph: &'a Graph, value: &'a Value, degraded: usize, observed: usize) -> Given<'a> {
    Given {
        degraded: &graph.constants[degraded].samples,
        observed: &graph.constants[observed].samples,
        lanes: &value.lanes,
        size: size_of(value),
    }
}

/// From logical to physical channels; dead ones get 0.
fn spread_lanes(logical: &[f32], lanes: &[usize], physical: &mut [f32]) {
    physical.fill(0.0);
    for (sample, lane) in logical.iter().zip(lanes) {
        physical[*lane] = *sample;
    }
}

fn gather_lanes(physical: &[f32], lanes: &[usize], logical: &mut [f32]) {
    for (sample, lane) in logical.iter_mut().zip(lanes) {
        *sample = physical[*lane];
    }
}

fn sum_of_planes(blocked: &[f32], lanes: &[usize], pixels: usize, sums: &mut [f32]) {
    for (sum, lane) in sums.iter_mut().zip(lanes) {
        let from = &blocked[lane / LANES * pixels * LANES + lane % LANES..];
        *sum = from.iter().step_by(LANES).take(pixels).map(|x| f64::from(*x)).sum::<f64>() as f32;
    }
}

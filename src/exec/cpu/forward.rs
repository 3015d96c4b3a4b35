//! The steps of a plan going forward.

use super::arena::Arena;
use super::kernels::data_term::{self, Given};
use super::kernels::pad::{Frame, pad};
use super::kernels::resample::resample;
use super::kernels::{LANES, Run, crop, fill, hide, mix, noise, norm, planes, sigmoid, variation, weigh};
use super::machine::{Machine, entry, frame, padded_range, part, set_scalar, size_of, spread_lanes};
use super::plan::{Plan, pixels};
use super::step::{Step, Work};
use super::value::{Norm, Value};
use super::view::View;
use crate::graph::Hiding;
use crate::rng::Draws;

impl Machine {
    pub(super) fn forward(&mut self, run: &Run, index: usize, parameters: &[f32], iteration: u32) {
        let Machine { graph, plan, arena, views, norms, sums, bias, .. } = self;
        let Step { work, input, output, .. } = &plan.steps[index];
        let to = &plan.values[output.0];
        let from = &plan.values[input.unwrap_or(*output).0];
        let view = &views[input.unwrap_or(*output).0];
        match work {
            Work::Picture(id) => {
                let picture = &parameters[plan.parameters[id.0].clone()];
                planes::block(run, picture, &to.lanes, pixels(to.shape), arena.write(&to.samples));
            }
            Work::Noise { constant, stream, standard_deviation, level } => {
                let none = 0..0;
                let level = level.map_or(&none, |level| &plan.values[level.0].samples);
                let samples = if constant.is_some() { &none } else { &from.samples };
                let ([out], [samples, level]) = arena.parts([&to.samples], [samples, level]);
                match constant {
                    Some(id) => {
                        planes::block(run, graph.constants[id.0].samples(), &to.lanes, pixels(to.shape), out);
                    }
                    None => out.copy_from_slice(samples),
                }
                let draws = Draws::new(graph.seed, graph.job, *stream, iteration);
                let level = (!level.is_empty()).then_some(level);
                noise::add(run, &draws, *standard_deviation, level, &to.lanes, size_of(to), out);
            }
            Work::Hide { stream, share, hiding } => {
                let ([out], [weight]) = arena.parts([&to.samples], [&from.samples]);
                let draws = Draws::new(graph.seed, graph.job, *stream, iteration);
                match hiding {
                    Hiding::Pixels => hide::pixels(run, &draws, *share, pixels(to.shape), weight, out),
                    Hiding::Holes => hide::like_holes(&draws, *share, size_of(to), weight, out),
                }
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
            _ => look(run, plan, arena, work, [from, to], view, sums),
        }
    }
}

/// Steps that read several values or give a scalar.
fn look(
    run: &Run,
    plan: &Plan,
    arena: &mut Arena,
    work: &Work,
    [from, to]: [&Value; 2],
    view: &View,
    sums: &mut [f64],
) {
    match work {
        Work::Fill(weight) => {
            let weight = &plan.values[weight.0].samples;
            let ([out, scratch], [samples, weight]) =
                arena.parts([&to.samples, &plan.scratch], [&from.samples, weight]);
            fill::fill(run, size_of(to), samples, weight, out, scratch);
        }
        Work::DataTerm { degraded, weight } => {
            let [degraded, weight] = [degraded, weight].map(|id| &plan.values[id.0].samples);
            let ([out], [predicted, degraded, weight]) = arena.parts([&to.samples], [&from.samples, degraded, weight]);
            let given = Given { predicted, degraded, weight, samples: from.shape.samples() };
            set_scalar(out, data_term::forward(run, &given, sums));
        }
        Work::Variation => {
            let ([out], [samples]) = arena.parts([&to.samples], [&from.samples]);
            set_scalar(out, variation::forward(run, &from.lanes, size_of(from), samples, sums));
        }
        _ => rearrange(run, plan, arena, work, [from, to], view),
    }
}

/// Steps that need nothing but their input.
fn rearrange(run: &Run, plan: &Plan, arena: &mut Arena, work: &Work, [from, to]: [&Value; 2], view: &View) {
    if let Work::Resample(work) = work {
        let seen = plan.padded.start..plan.padded.start + from.len();
        let ([seen, out, scratch], [samples]) = arena.parts([&seen, &to.samples, &plan.scratch], [&from.samples]);
        pad(run, &Frame::bare(from.shape.height, from.shape.width), samples, view, seen);
        return resample(run, [&work.resample.rows, &work.resample.columns], seen, out, false, scratch);
    }
    let ([out], [samples]) = arena.parts([&to.samples], [&from.samples]);
    match work {
        Work::Copy => pad(run, &Frame::bare(to.shape.height, to.shape.width), samples, view, out),
        Work::Relane => planes::relane(samples, &from.lanes, out, &to.lanes, pixels(to.shape), false),
        Work::Crop { top, left } => crop::forward(part(from, to, *top, *left), to.blocks, samples, out),
        Work::Sigmoid => sigmoid::forward(run, samples, out),
        Work::Mix(weights) => mix::mix(run, entry(weights, from.shape.channels), pixels(to.shape), samples, out, false),
        Work::Weigh { weight, is_first } => weigh::weigh(run, *weight, samples, out, !is_first),
        _ => {}
    }
}

//! The steps of a plan going back.

use super::arena::Arena;
use super::kernels::data_term::{self, Given};
use super::kernels::pad::{Frame, fold, pad};
use super::kernels::resample::resample;
use super::kernels::{LANES, Run, crop, mix, norm, planes, sigmoid, variation, weigh};
use super::machine::{Machine, entry, frame, padded_range, part, size_of};
use super::plan::{Plan, pixels};
use super::step::{ConvWork, Step, Work};
use super::value::{Norm, Value};
use super::view::View;

impl Machine {
    pub(super) fn back(&mut self, run: &Run, index: usize) {
        let Machine { plan, arena, views, sums, gradients, norms, .. } = self;
        let Step { work, input, output, adds } = &plan.steps[index];
        let to = &plan.values[output.0];
        let from = &plan.values[input.unwrap_or(*output).0];
        if !to.needs_gradient {
            return;
        }
        match work {
            Work::Picture(id) => {
                let by_picture = &mut gradients[plan.parameters[id.0].clone()];
                planes::unblock(arena.read(&to.gradient), &to.lanes, pixels(to.shape), by_picture);
            }
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
            _ if from.needs_gradient => hand_on(run, plan, arena, work, [from, to], *adds),
            _ => {}
        }
    }
}

/// The way back of steps without parameters.
fn hand_on(run: &Run, plan: &Plan, arena: &mut Arena, work: &Work, [from, to]: [&Value; 2], adds: bool) {
    let size = size_of(to);
    match work {
        Work::Resample(work) => {
            let ([by_input, scratch], [by_output]) = arena.parts([&from.gradient, &plan.scratch], [&to.gradient]);
            resample(run, [&work.back_rows, &work.back_columns], by_output, by_input, adds, scratch);
        }
        Work::Sigmoid => {
            let ([by_input], [out, by_output]) = arena.parts([&from.gradient], [&to.samples, &to.gradient]);
            sigmoid::back(run, out, by_output, by_input, adds);
        }
        Work::DataTerm { degraded, weight } => {
            let [degraded, weight] = [degraded, weight].map(|id| &plan.values[id.0].samples);
            let reads = [&from.samples, degraded, weight, &to.gradient];
            let ([gradient], [predicted, degraded, weight, by_term]) = arena.parts([&from.gradient], reads);
            let given = Given { predicted, degraded, weight, samples: from.shape.samples() };
            data_term::back(run, &given, by_term[0], gradient, adds);
        }
        Work::Variation => {
            let ([gradient], [samples, by_term]) = arena.parts([&from.gradient], [&from.samples, &to.gradient]);
            variation::back(run, size_of(from), samples, by_term[0], gradient, adds);
        }
        _ => {
            let ([by_input], [by_output]) = arena.parts([&from.gradient], [&to.gradient]);
            match work {
                Work::Noise { .. } | Work::Copy => {
                    fold(run, &Frame::bare(size[0], size[1]), by_output, by_input, adds);
                }
                Work::Relane => planes::relane(by_output, &to.lanes, by_input, &from.lanes, pixels(to.shape), adds),
                Work::Crop { top, left } => {
                    crop::back(part(from, to, *top, *left), to.blocks, by_output, by_input, adds);
                }
                Work::Mix(weights) => {
                    let weight = entry(weights, from.shape.channels);
                    mix::mix(run, |to, from| weight(from, to), pixels(to.shape), by_output, by_input, adds);
                }
                Work::Weigh { weight, .. } => weigh::weigh(run, *weight, by_output, by_input, adds),
                _ => {}
            }
        }
    }
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
    let is_own = work.by_padded.is_empty();
    let by_padded_range = if is_own { &from.gradient } else { &work.by_padded };
    let by_weight = &mut gradients[plan.parameters[work.weight.0].clone()];
    let reads = [&from.samples, &to.gradient, &work.packed];
    let writes = [&padded_range, by_padded_range, &plan.scratch];
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
    if from.needs_gradient && !is_own {
        let ([by_input], [by_padded]) = arena.parts([&from.gradient], [by_padded_range]);
        fold(run, &frame, by_padded, by_input, adds);
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

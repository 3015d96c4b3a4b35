//! The step of the logistic function. It does without the system's libm, since bits must not depend on the system.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::{Run, TASK_SAMPLES};
use crate::exec::cpu::simd::for_every_path;
use crate::exec::plan::{Store, Value};
use rayon::prelude::*;

/// The logistic function of each sample.
pub(super) struct SigmoidStep;

impl StepOp for SigmoidStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("sigmoid", to)
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let ([out], [samples]) = context.arena.parts([&to.samples], [&from.samples]);
        forward(context.run, samples, out);
    }

    fn back(&self, context: &mut StepContext) {
        let (from, to, store) = (context.from(), context.to(), context.step.store);
        let ([by_input], [out, by_output]) = context.arena.parts([&from.gradient], [&to.samples, &to.gradient]);
        back(context.run, out, by_output, by_input, store);
    }
}

fn forward(run: &Run, samples: &[f32], out: &mut [f32]) {
    out.par_chunks_mut(TASK_SAMPLES).zip(samples.par_chunks(TASK_SAMPLES)).for_each(|(out, samples)| {
        if !run.is_cancelled() {
            sigmoid(run.simd, samples, out);
        }
    });
}

/// Stores `by_out` s (1 - s) as `gradient`, for the output s.
fn back(run: &Run, out: &[f32], by_out: &[f32], gradient: &mut [f32], store: Store) {
    let given = out.par_chunks(TASK_SAMPLES).zip(by_out.par_chunks(TASK_SAMPLES));
    gradient.par_chunks_mut(TASK_SAMPLES).zip(given).for_each(|(gradient, (s, by_out))| {
        if run.is_cancelled() {
            return;
        }
        for ((gradient, s), by_out) in gradient.iter_mut().zip(s).zip(by_out) {
            let by_sample = by_out * s * (1.0 - s);
            match store {
                Store::Overwrite => *gradient = by_sample,
                Store::Add => *gradient += by_sample,
            }
        }
    });
}

for_every_path! {
    fn sigmoid(samples: &[f32], out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(samples) {
            *out = 1.0 / (1.0 + exp(-x));
        }
    }
}

/// Computes e^x with a relative error of at most 2e-7; x beyond +-87 counts as +-87.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, so that n ln 2 is exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // A NaN stays one, as comparisons with it are false.
    let x = if x > 87.0 { 87.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    // The nearest whole number, by the addition that leaves no room for a fraction.
    const ROUND: f32 = 12_582_912.0;
    let n = (x * LOG2_E + ROUND) - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let p = 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    p * f32::from_bits(((n as i32 + 127) as u32) << 23)
}

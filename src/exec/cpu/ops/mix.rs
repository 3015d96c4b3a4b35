//! The step that mixes channels by a matrix; its way back mixes by the transposed matrix.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::{LANES, Run, TASK_SAMPLES};
use crate::exec::plan::{Store, Value};
use rayon::prelude::*;

/// The matrix that mixes the channels.
pub(super) struct MixStep {
    weights: Vec<f32>,
    /// The number of channels that are mixed.
    columns: usize,
}

impl MixStep {
    /// A mix of a value's channels by these weights, with a row for each channel that is made.
    pub fn new(weights: &[f32], from: &Value) -> MixStep {
        MixStep { weights: weights.to_vec(), columns: from.shape.channels }
    }

    /// The weight in a row and a column, which is 0 beyond the last one.
    fn weight(&self, row: usize, column: usize) -> f32 {
        let weight = self.weights.get(row * self.columns + column);
        weight.filter(|_| column < self.columns).copied().unwrap_or(0.0)
    }
}

impl StepOp for MixStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("mix", to)
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let ([out], [samples]) = context.arena.parts([&to.samples], [&from.samples]);
        mix(context.run, |to, from| self.weight(to, from), to.pixels(), samples, out, Store::Overwrite);
    }

    fn back(&self, context: &mut StepContext) {
        let (from, to, store) = (context.from(), context.to(), context.step.store);
        let ([by_input], [by_output]) = context.arena.parts([&from.gradient], [&to.gradient]);
        mix(context.run, |to, from| self.weight(from, to), to.pixels(), by_output, by_input, store);
    }
}

/// Stores in each channel of `out` the sum of the channels of `samples`, each times `weight` (to that channel, from
/// this one), pixel by pixel. Channels beyond the last have weight 0.
fn mix(
    run: &Run,
    weight: impl Fn(usize, usize) -> f32 + Sync,
    pixels: usize,
    samples: &[f32],
    out: &mut [f32],
    store: Store,
) {
    let block = pixels * LANES;
    out.par_chunks_mut(block).enumerate().for_each(|(to, out)| {
        out.par_chunks_mut(TASK_SAMPLES).enumerate().for_each(|(task, out)| {
            if run.is_cancelled() {
                return;
            }
            if store == Store::Overwrite {
                out.fill(0.0);
            }
            for (from, samples) in samples.chunks_exact(block).enumerate() {
                let lane = |i: usize| std::array::from_fn(|o| weight(to * LANES + o, from * LANES + i));
                let weights: [[f32; LANES]; LANES] = std::array::from_fn(lane);
                add(&weights, &samples[task * TASK_SAMPLES..], out);
            }
        });
    });
}

/// Adds one block of `samples` to one of `out`; `weights` has for each lane of `samples` its weight in each lane of
/// `out`.
fn add(weights: &[[f32; LANES]; LANES], samples: &[f32], out: &mut [f32]) {
    for (out, x) in out.chunks_exact_mut(LANES).zip(samples.chunks_exact(LANES)) {
        for (weights, x) in weights.iter().zip(x) {
            out.iter_mut().zip(weights).for_each(|(out, weight)| *out += weight * x);
        }
    }
}

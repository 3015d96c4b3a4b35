//! The step that adds noise, drawn afresh at each iteration.

use super::{StepContext, StepOp, copy, sized};
use crate::exec::cpu::kernels::{LANES, Run, planes, rows_at_once};
use crate::exec::plan::{Value, ValueId};
use crate::graph::ConstantId;
use crate::rng::{Draws, Stream};
use rayon::prelude::*;

/// The noise that is added to the input or to a constant.
pub(super) struct NoiseStep {
    /// The constant that the noise is added to; None where it is added to the input.
    pub constant: Option<ConstantId>,
    pub stream: Stream,
    pub standard_deviation: f32,
    /// A value that has for each sample a factor of the standard deviation.
    pub level: Option<ValueId>,
}

impl StepOp for NoiseStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("noise", to)
    }

    fn forward(&self, context: &mut StepContext) {
        let (run, to) = (context.run, context.to());
        let none = 0..0;
        let level = self.level.map_or(&none, |level| &context.value(level).samples);
        let samples = if self.constant.is_some() { &none } else { &context.from().samples };
        let draws = context.draws(self.stream);
        let ([out], [samples, level]) = context.arena.parts([&to.samples], [samples, level]);
        match self.constant {
            Some(id) => planes::block(run, context.graph.constants[id.0].samples(), &to.lanes, to.pixels(), out),
            None => out.copy_from_slice(samples),
        }
        let level = (!level.is_empty()).then_some(level);
        add(run, &draws, self.standard_deviation, level, &to.lanes, to.size(), out);
    }

    fn back(&self, context: &mut StepContext) {
        copy::back(context);
    }
}

/// The number of pixels that are drawn at once; draws start at multiples of 4.
const PIECE: usize = 256;

/// Adds s n to each sample, or s l n with a blocked `level` l. The draw n of a sample is that of its place in C, H, W
/// order, so that it does not depend on the blocks.
fn add(
    run: &Run,
    draws: &Draws,
    s: f32,
    level: Option<&[f32]>,
    lanes: &[usize],
    [height, width]: [usize; 2],
    out: &mut [f32],
) {
    let row = width * LANES;
    let at_once = rows_at_once(row);
    out.par_chunks_mut(at_once * row).enumerate().for_each(|(chunk, out)| {
        if run.is_cancelled() {
            return;
        }
        for (i, out) in out.chunks_exact_mut(row).enumerate() {
            let index = chunk * at_once + i;
            let level = level.map(|level| &level[index * row..][..row]);
            for (channel, lane) in planes::of_block(lanes, index / height) {
                let first = (channel * height + index % height) * width;
                add_row(draws, s, first as u64, lane, level, out);
            }
        }
    });
}

fn add_row(draws: &Draws, s: f32, first: u64, lane: usize, level: Option<&[f32]>, out: &mut [f32]) {
    let mut normals = [0.0f32; PIECE + 4];
    for (piece, out) in out.chunks_mut(PIECE * LANES).enumerate() {
        let start = first + (piece * PIECE) as u64;
        let skipped = (start % 4) as usize;
        let count = out.len() / LANES;
        draws.normal(start - skipped as u64, &mut normals[..skipped + count]);
        let pixels = out[lane..].iter_mut().step_by(LANES).zip(&normals[skipped..]);
        match level {
            None => pixels.for_each(|(out, normal)| *out += s * normal),
            Some(level) => {
                let level = level[piece * PIECE * LANES + lane..].iter().step_by(LANES);
                pixels.zip(level).for_each(|((out, normal), level)| *out += s * level * normal);
            }
        }
    }
}

//! The step that hides a share of a weight's pixels.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::{LANES, Run};
use crate::exec::plan::Value;
use crate::graph::{Hiding, HoleCopy, MOST_COPIES};
use crate::rng::{Draws, Stream};
use rayon::prelude::*;

/// What is hidden of a weight: a share of its pixels, drawn afresh at each iteration.
pub(super) struct HideStep {
    pub stream: Stream,
    pub share: f32,
    pub hiding: Hiding,
}

impl StepOp for HideStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("hide", to)
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let draws = context.draws(self.stream);
        let ([out], [weight]) = context.arena.parts([&to.samples], [&from.samples]);
        match self.hiding {
            Hiding::Pixels => pixels(context.run, &draws, self.share, to.pixels(), weight, out),
            Hiding::Holes => like_holes(&draws, self.share, to.size(), weight, out),
        }
    }

    /// No gradient passes.
    fn back(&self, _: &mut StepContext) {}
}

/// The number of pixels that are drawn at once; draws start at multiples of 4.
const PIECE: usize = 1024;

/// Writes `weight` to `out`, with 0 in all channels of a pixel whose draw is below `share`. A block has so many
/// `pixels`.
fn pixels(run: &Run, draws: &Draws, share: f32, pixels: usize, weight: &[f32], out: &mut [f32]) {
    let blocks = out.par_chunks_mut(pixels * LANES).zip(weight.par_chunks(pixels * LANES));
    blocks.for_each(|(out, weight)| {
        let pieces = out.par_chunks_mut(PIECE * LANES).zip(weight.par_chunks(PIECE * LANES));
        pieces.enumerate().for_each(|(piece, (out, weight))| {
            if run.is_cancelled() {
                return;
            }
            let mut numbers = [0.0; PIECE];
            draws.uniform((piece * PIECE) as u64, &mut numbers[..out.len() / LANES]);
            let of_pixels = out.chunks_exact_mut(LANES).zip(weight.chunks_exact(LANES));
            for ((out, weight), number) in of_pixels.zip(&numbers) {
                let kept = if *number < share { 0.0 } else { 1.0 };
                (0..LANES).for_each(|lane| out[lane] = weight[lane] * kept);
            }
        });
    });
}

/// Writes `weight` to `out`, with 0 where copies of its holes lie: as many copies as hide `share` of what is known. The
/// size is height and width.
fn like_holes(draws: &Draws, share: f32, [height, width]: [usize; 2], weight: &[f32], out: &mut [f32]) {
    out.copy_from_slice(weight);
    let plane = height * width * LANES;
    // Counts are whole numbers, so their sum does not depend on the order.
    let count = |of: &[f32]| of[..plane].par_chunks_exact(LANES).filter(|pixel| pixel[0] != 0.0).count();
    let known = count(weight);
    for index in 0..MOST_COPIES {
        if (known - count(out)) as f32 >= share * known as f32 {
            break;
        }
        let copy = HoleCopy::draw(draws, index, [width, height]);
        out.par_chunks_exact_mut(width * LANES).enumerate().for_each(|(row, out)| {
            let holes = &weight[copy.row(row % height) * width * LANES..][..width * LANES];
            for (x, pixel) in out.chunks_exact_mut(LANES).enumerate() {
                if holes[copy.column(x) * LANES] == 0.0 {
                    pixel.fill(0.0);
                }
            }
        });
    }
}

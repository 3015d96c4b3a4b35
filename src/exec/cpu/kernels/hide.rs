//! A weight without a share of its pixels.

use rayon::prelude::*;

use super::{LANES, Run};
use crate::rng::Draws;

/// Pixels drawn at once; draws start at multiples of 4.
const PIECE: usize = 1024;

/// `out` is `weight`, or 0 for all channels of a pixel whose draw is below `share`; `pixels` a block.
pub fn hide(run: &Run, draws: &Draws, share: f32, pixels: usize, weight: &[f32], out: &mut [f32]) {
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

//! Fresh noise.

use rayon::prelude::*;

use super::planes::of_block;
use super::{LANES, Run, rows_at_once};
use crate::rng::Draws;

/// Pixels drawn at once; draws start at multiples of 4.
const PIECE: usize = 256;

/// Adds s n, or s l n with a blocked `level` l; the draw of a sample is the one of its place in C, H, W order.
pub fn add(
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
            for (channel, lane) in of_block(lanes, index / height) {
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

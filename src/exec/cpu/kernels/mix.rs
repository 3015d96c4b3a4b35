//! Channels mixed by a matrix, and its way back, which is the transposed one.

use rayon::prelude::*;

use super::{LANES, Run, TASK_SAMPLES};

/// `out` (+)= `weight`(its channel, that of `samples`) samples, pixel by pixel. Channels beyond the last have weight 0.
pub fn mix(
    run: &Run,
    weight: impl Fn(usize, usize) -> f32 + Sync,
    pixels: usize,
    samples: &[f32],
    out: &mut [f32],
    adds: bool,
) {
    let block = pixels * LANES;
    out.par_chunks_mut(block).enumerate().for_each(|(to, out)| {
        out.par_chunks_mut(TASK_SAMPLES).enumerate().for_each(|(task, out)| {
            if run.is_cancelled() {
                return;
            }
            if !adds {
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

/// Of one block; `weights` are those of each lane of `samples`.
fn add(weights: &[[f32; LANES]; LANES], samples: &[f32], out: &mut [f32]) {
    for (out, x) in out.chunks_exact_mut(LANES).zip(samples.chunks_exact(LANES)) {
        for (weights, x) in weights.iter().zip(x) {
            out.iter_mut().zip(weights).for_each(|(out, weight)| *out += weight * x);
        }
    }
}

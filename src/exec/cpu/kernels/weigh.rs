//! Terms of a weighted sum.

use rayon::prelude::*;

use super::{Run, TASK_SAMPLES};

/// `out` (+)= `weight` `term`.
pub fn weigh(run: &Run, weight: f32, term: &[f32], out: &mut [f32], adds: bool) {
    out.par_chunks_mut(TASK_SAMPLES).zip(term.par_chunks(TASK_SAMPLES)).for_each(|(out, term)| {
        if run.is_cancelled() {
            return;
        }
        for (out, term) in out.iter_mut().zip(term) {
            *out = if adds { *out + weight * term } else { weight * term };
        }
    });
}

//! The kernel of Adam's update; see `exec::rules`.

use rayon::prelude::*;

use super::{Run, TASK_SAMPLES};
use crate::exec::cpu::simd::for_every_path;
use crate::exec::rules::adam::{EPSILON, FIRST_DECAY, Factors, SECOND_DECAY};

/// Updates parameters and both of their moments by the gradients.
pub fn update(
    run: &Run,
    factors: Factors,
    gradients: &[f32],
    parameters: &mut [f32],
    [first, second]: [&mut [f32]; 2],
) {
    let moments = first.par_chunks_mut(TASK_SAMPLES).zip(second.par_chunks_mut(TASK_SAMPLES));
    let chunks = parameters.par_chunks_mut(TASK_SAMPLES).zip(gradients.par_chunks(TASK_SAMPLES)).zip(moments);
    chunks.for_each(|((parameters, gradients), (first, second))| {
        step(run.simd, factors, gradients, parameters, first, second);
    });
}

for_every_path! {
    fn step(factors: Factors, gradients: &[f32], parameters: &mut [f32], first: &mut [f32], second: &mut [f32]) {
        let fresh = [(1.0 - FIRST_DECAY) as f32, (1.0 - SECOND_DECAY) as f32];
        let decay = [FIRST_DECAY as f32, SECOND_DECAY as f32];
        let moments = first.iter_mut().zip(second.iter_mut());
        for ((parameter, g), (m, v)) in parameters.iter_mut().zip(gradients).zip(moments) {
            *m = *m * decay[0] + g * fresh[0];
            *v = *v * decay[1] + g * g * fresh[1];
            *parameter -= factors.rate * *m / (v.sqrt() * factors.scale + EPSILON);
        }
    }
}

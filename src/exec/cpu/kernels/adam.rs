//! The update of Adam (Kingma and Ba, arXiv 1412.6980), as PyTorch computes it, without decay.

use rayon::prelude::*;

use super::{Run, TASK_SAMPLES};
use crate::exec::cpu::simd::for_every_path;

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.999;
const EPSILON: f32 = 1e-8;

/// What an update multiplies with.
#[derive(Clone, Copy)]
pub struct Rates {
    /// Learning rate over the correction of the first moment.
    step: f32,
    /// 1 / sqrt of the correction of the second moment.
    correction: f32,
}

impl Rates {
    /// `update` counts from 1.
    pub fn new(learning_rate: f32, update: u32) -> Rates {
        let corrected = |decay: f64| 1.0 - decay.powi(update as i32);
        Rates {
            step: (f64::from(learning_rate) / corrected(FIRST_DECAY)) as f32,
            correction: (1.0 / corrected(SECOND_DECAY).sqrt()) as f32,
        }
    }
}

/// Updates parameters and both moments by the gradients.
pub fn update(run: &Run, rates: Rates, gradients: &[f32], parameters: &mut [f32], [first, second]: [&mut [f32]; 2]) {
    let moments = first.par_chunks_mut(TASK_SAMPLES).zip(second.par_chunks_mut(TASK_SAMPLES));
    let chunks = parameters.par_chunks_mut(TASK_SAMPLES).zip(gradients.par_chunks(TASK_SAMPLES)).zip(moments);
    chunks.for_each(|((parameters, gradients), (first, second))| {
        step(run.simd, rates, gradients, parameters, first, second);
    });
}

for_every_path! {
    fn step(rates: Rates, gradients: &[f32], parameters: &mut [f32], first: &mut [f32], second: &mut [f32]) {
        let fresh = [(1.0 - FIRST_DECAY) as f32, (1.0 - SECOND_DECAY) as f32];
        let decay = [FIRST_DECAY as f32, SECOND_DECAY as f32];
        let moments = first.iter_mut().zip(second.iter_mut());
        for ((parameter, g), (m, v)) in parameters.iter_mut().zip(gradients).zip(moments) {
            *m = *m * decay[0] + g * fresh[0];
            *v = *v * decay[1] + g * g * fresh[1];
            *parameter -= rates.step * *m / (v.sqrt() * rates.correction + EPSILON);
        }
    }
}

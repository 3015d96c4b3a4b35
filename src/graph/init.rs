//! Initial parameters, as PyTorch draws them: it is what the presets were tuned with.

use crate::rng::{Draws, Stream};

/// How a parameter starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    Constant(f32),
    /// Uniform in low..high.
    Uniform(f32, f32),
}

impl Init {
    /// PyTorch's default of a convolution's weight and bias: uniform in +-1/sqrt(fan in).
    pub fn of_fan_in(fan_in: usize) -> Init {
        let bound = 1.0 / (fan_in as f32).sqrt();
        Init::Uniform(-bound, bound)
    }

    /// Draws the values of the parameter at `index` of a graph.
    pub(super) fn draw(self, seed: u32, job: u32, index: u32, values: &mut [f32]) {
        match self {
            Init::Constant(value) => values.fill(value),
            Init::Uniform(low, high) => {
                Draws::new(seed, job, Stream::Parameters, index).uniform(0, values);
                values.iter_mut().for_each(|value| *value = low + *value * (high - low));
            }
        }
    }
}

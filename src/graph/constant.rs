//! A constant: a picture, a weight, or random numbers that stay the same from iteration to iteration.

use std::sync::OnceLock;

use super::shape::Shape;
use crate::error::Result;
use crate::rng::Draws;
use crate::room;

/// Data that stays the same during a fit.
#[derive(Debug, Clone)]
pub struct Constant {
    pub shape: Shape,
    samples: OnceLock<Vec<f32>>,
    /// What random samples are drawn from, and the end of their range.
    uniform: Option<(Draws, f32)>,
}

impl Constant {
    /// A constant with these samples, C, H, W of the shape.
    pub(super) fn given(shape: Shape, samples: Vec<f32>) -> Constant {
        debug_assert_eq!(samples.len(), shape.samples());
        Constant { shape, samples: OnceLock::from(samples), uniform: None }
    }

    /// A constant of random numbers that are uniform in 0..range.
    pub(super) fn uniform(shape: Shape, draws: Draws, range: f32) -> Constant {
        Constant { shape, samples: OnceLock::new(), uniform: Some((draws, range)) }
    }

    /// The samples, C, H, W of the shape. Random ones are drawn by [`Constant::draw`], or at the first call: how much
    /// memory a graph needs can be asked before.
    pub fn samples(&self) -> &[f32] {
        self.samples.get_or_init(|| self.with_draws(vec![0.0; self.shape.samples()]))
    }

    /// Draws the samples of a random constant, where that has not been done.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn draw(&self) -> Result<()> {
        if self.samples.get().is_none() {
            let samples = self.with_draws(room::filled(self.shape.samples(), 0.0)?);
            self.samples.get_or_init(|| samples);
        }
        Ok(())
    }

    fn with_draws(&self, mut samples: Vec<f32>) -> Vec<f32> {
        if let Some((draws, range)) = &self.uniform {
            draws.uniform(0, &mut samples);
            samples.iter_mut().for_each(|sample| *sample *= range);
        }
        samples
    }
}

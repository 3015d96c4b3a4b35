//! Parameters that are updated together.

use candle_core::{Result, Tensor};

use super::optimizer::Three;

/// Their samples one after the other.
#[derive(Default)]
pub(super) struct Batch {
    indices: Vec<usize>,
    gradients: Vec<Tensor>,
}

impl Batch {
    pub fn push(&mut self, index: usize, gradient: &Tensor) {
        self.indices.push(index);
        self.gradients.push(gradient.clone());
    }

    pub fn gradient(&self) -> Result<Tensor> {
        join(self.gradients.iter())
    }

    /// All parameters, or all moments.
    pub fn joined(&self, all: &[Three], which: usize) -> Result<Tensor> {
        join(self.indices.iter().map(|index| &all[*index][which]))
    }

    /// Puts back what was joined: parameters, first and, where there are such, second moments.
    pub fn part(&self, joined: &[Tensor], all: &mut [Three]) -> Result<()> {
        for (which, joined) in joined.iter().enumerate() {
            let (joined, mut start) = (joined.flatten_all()?, 0);
            for index in &self.indices {
                let one = &mut all[*index][which];
                let samples = one.elem_count();
                *one = joined.narrow(0, start, samples)?.reshape(one.shape())?;
                start += samples;
            }
        }
        Ok(())
    }
}

fn join<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> Result<Tensor> {
    let flat = tensors.map(Tensor::flatten_all).collect::<Result<Vec<_>>>()?;
    Tensor::cat(&flat, 0)
}

//! Parameters that are updated together.

use candle_core::{Result, Tensor};

/// Some parameters, whose samples are put one after the other for the update.
#[derive(Default)]
pub(super) struct ParameterGroup {
    indices: Vec<usize>,
    gradients: Vec<Tensor>,
}

impl ParameterGroup {
    /// Takes in the parameter of this index.
    pub fn push(&mut self, index: usize, gradient: &Tensor) {
        self.indices.push(index);
        self.gradients.push(gradient.clone());
    }

    /// The gradients by the group's parameters, one after the other.
    pub fn gradient(&self) -> Result<Tensor> {
        join(self.gradients.iter())
    }

    /// The group's part of `all`, which holds a tensor for each parameter, one after the other.
    pub fn joined(&self, all: &[Tensor]) -> Result<Tensor> {
        join(self.indices.iter().map(|index| &all[*index]))
    }

    /// Replaces the group's part of `all` by what was [`ParameterGroup::joined`] and updated since.
    pub fn put_back(&self, joined: &Tensor, all: &mut [Tensor]) -> Result<()> {
        let (joined, mut start) = (joined.flatten_all()?, 0);
        for index in &self.indices {
            let samples = all[*index].elem_count();
            all[*index] = joined.narrow(0, start, samples)?.reshape(all[*index].shape())?;
            start += samples;
        }
        Ok(())
    }
}

fn join<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> Result<Tensor> {
    let flat = tensors.map(Tensor::flatten_all).collect::<Result<Vec<_>>>()?;
    Tensor::cat(&flat, 0)
}

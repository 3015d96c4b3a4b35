//! Groups of parameters that are updated together.

use candle_core::{Result, Tensor};

/// Some parameters, whose samples are joined into one tensor for the update.
#[derive(Default)]
pub(super) struct ParameterGroup {
    indices: Vec<usize>,
    gradients: Vec<Tensor>,
}

impl ParameterGroup {
    /// Adds the parameter of this index to the group.
    pub fn push(&mut self, index: usize, gradient: &Tensor) {
        self.indices.push(index);
        self.gradients.push(gradient.clone());
    }

    /// Joins the gradients by the group's parameters, one after the other.
    pub fn gradient(&self) -> Result<Tensor> {
        join(self.gradients.iter())
    }

    /// Joins the group's part of `all`, which has a tensor for each parameter of the graph.
    pub fn joined(&self, all: &[Tensor]) -> Result<Tensor> {
        join(self.indices.iter().map(|index| &all[*index]))
    }

    /// Replaces the group's part of `all` by a tensor that [`ParameterGroup::joined`] gave and that was updated since.
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

//! A parameter: what it is called, how it starts, and by which rule it is updated.

use super::init::Init;

/// A part of the network, or a picture, that the fit changes.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Path through the network, such as `body.inner.down1.conv.weight`.
    pub name: String,
    /// Dimensions: (outputs, inputs, k, k) for a convolution, (channels) for a bias or norm, (C, H, W) for a picture.
    pub dims: Vec<usize>,
    pub init: Init,
    pub update: Update,
}

/// The rule by which a parameter is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    Adam,
    /// Muon's rule, for the weight of a convolution seen as a matrix of outputs x (inputs k k).
    Muon,
}

impl Parameter {
    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.dims.iter().product()
    }

    /// The rows and columns of a parameter that is updated as a matrix; None of any other.
    pub fn matrix(&self) -> Option<[usize; 2]> {
        match self.update {
            Update::Adam => None,
            Update::Muon => self.dims.first().map(|rows| [*rows, self.samples() / rows]),
        }
    }
}

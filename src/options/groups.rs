//! Options that belong together, as a preset chooses them and a fit reads them.

use super::choice::Input;

/// The size of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkOptions {
    pub input_depth: u32,
    pub channels: u32,
    pub channels_deepest: u32,
    pub scales: u32,
    pub skip_channels: u32,
}

/// How fast the parameters and the average of the pictures follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateOptions {
    pub learning_rate: f32,
    pub matrix_learning_rate: f32,
    pub average_weight: f32,
}

/// What the network is fed, and what its picture is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EstimatorOptions {
    pub input: Input,
    pub input_noise: f32,
    pub recorruption: f32,
    pub held_out: f32,
}

//! The options of a fit as tasks, fit and session read them: every number is known and every choice is one of its
//! members, so nobody there asks for AUTO.

use super::{AUTO, DeviceKind, Downsample, Hole, Input, Optimizer, Options, Quality, Task};

/// Options in which the preset has replaced AUTO. [`resolve`](super::resolve) makes them, and `Options::from` turns them
/// back into what a host reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResolvedOptions {
    pub task: Task,
    pub quality: Quality,
    pub device: DeviceKind,
    pub device_index: u32,
    pub threads: u32,
    pub seed: u32,
    pub factor: u32,
    pub downsample: Downsample,
    /// The shape of the holes; none where nobody named one and the task is not inpainting.
    pub hole: Option<Hole>,
    pub optimizer: Optimizer,
    pub tile_size: u32,
    pub iterations: u32,
    pub early_stop: u32,
    pub runs: u32,
    pub memory_limit: u64,
    pub time_limit: f32,
    pub strength: f32,
    /// The standard deviation of the noise, 0..255; none where nobody told it and none was found.
    pub noise_level: Option<f32>,
    pub tv_weight: f32,
    pub network: NetworkOptions,
    pub rates: RateOptions,
    pub estimator: EstimatorOptions,
}

/// The size of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkOptions {
    pub input_depth: u32,
    pub channels: u32,
    pub channels_deepest: u32,
    pub scales: u32,
    pub skip_channels: u32,
}

/// How fast the parameters and the average of the pictures move.
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

impl From<ResolvedOptions> for Options {
    /// Writes the options in use as plain numbers. What there is nothing to say of is AUTO.
    fn from(resolved: ResolvedOptions) -> Options {
        let ResolvedOptions { network, rates, estimator, .. } = resolved;
        Options {
            task: resolved.task,
            quality: resolved.quality,
            device: resolved.device,
            device_index: resolved.device_index,
            threads: resolved.threads,
            seed: resolved.seed,
            factor: resolved.factor,
            downsample: resolved.downsample as u32,
            hole: resolved.hole.map_or(AUTO, |hole| hole as u32),
            input: estimator.input as u32,
            optimizer: resolved.optimizer as u32,
            tile_size: resolved.tile_size,
            iterations: resolved.iterations,
            input_depth: network.input_depth,
            channels: network.channels,
            channels_deepest: network.channels_deepest,
            scales: network.scales,
            skip_channels: network.skip_channels,
            early_stop: resolved.early_stop,
            runs: resolved.runs,
            memory_limit: resolved.memory_limit,
            time_limit: resolved.time_limit,
            strength: resolved.strength,
            noise_level: resolved.noise_level.unwrap_or(f32::NAN),
            learning_rate: rates.learning_rate,
            matrix_learning_rate: rates.matrix_learning_rate,
            input_noise: estimator.input_noise,
            average_weight: rates.average_weight,
            tv_weight: resolved.tv_weight,
            recorruption: estimator.recorruption,
            held_out: estimator.held_out,
        }
    }
}

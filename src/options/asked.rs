//! The options as a host, a command line or a saved session carries them: plain numbers, each of which may be left to
//! the preset.

use super::choice::{DeviceKind, Quality, Task};

/// In an integer option: the preset decides. In a float option that is NaN.
pub const AUTO: u32 = u32::MAX;

/// What is asked for. Fields from `factor` on may be AUTO (NaN in a float), but `memory_limit` and `time_limit`. Ranges
/// and texts are in the option table, [`rows`](super::rows).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    pub task: Task,
    pub quality: Quality,
    pub device: DeviceKind,
    pub device_index: u32,
    pub threads: u32,
    pub seed: u32,
    pub factor: u32,
    pub downsample: u32,
    pub hole: u32,
    pub input: u32,
    pub optimizer: u32,
    pub tile_size: u32,
    pub iterations: u32,
    pub input_depth: u32,
    pub channels: u32,
    pub channels_deepest: u32,
    pub scales: u32,
    pub skip_channels: u32,
    pub early_stop: u32,
    pub runs: u32,
    pub memory_limit: u64,
    pub time_limit: f32,
    pub strength: f32,
    pub noise_level: f32,
    pub learning_rate: f32,
    pub matrix_learning_rate: f32,
    pub input_noise: f32,
    pub average_weight: f32,
    pub tv_weight: f32,
    pub recorruption: f32,
    pub held_out: f32,
}

impl Options {
    /// Leaves everything to the preset of `task` and `quality`.
    pub fn new(task: Task, quality: Quality) -> Self {
        Options {
            task,
            quality,
            device: DeviceKind::Auto,
            device_index: 0,
            threads: 0,
            seed: 0,
            factor: AUTO,
            downsample: AUTO,
            hole: AUTO,
            input: AUTO,
            optimizer: AUTO,
            tile_size: AUTO,
            iterations: AUTO,
            input_depth: AUTO,
            channels: AUTO,
            channels_deepest: AUTO,
            scales: AUTO,
            skip_channels: AUTO,
            early_stop: AUTO,
            runs: AUTO,
            memory_limit: 0,
            time_limit: 0.0,
            strength: f32::NAN,
            noise_level: f32::NAN,
            learning_rate: f32::NAN,
            matrix_learning_rate: f32::NAN,
            input_noise: f32::NAN,
            average_weight: f32::NAN,
            tv_weight: f32::NAN,
            recorruption: f32::NAN,
            held_out: f32::NAN,
        }
    }

    /// Whether the side of the tiles is asked for, so that nothing else may choose it.
    pub fn has_own_tile_size(&self) -> bool {
        self.tile_size != AUTO
    }
}

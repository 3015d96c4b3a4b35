//! The options of a fit as tasks, fit and session read them: every number is known and every choice is one of its
//! members, so nobody there asks for AUTO.

use super::asked::{AUTO, Options};
use super::choice::{Choice, DeviceKind, Downsample, Hole, Optimizer, Quality, Task};
use super::groups::{EstimatorOptions, NetworkOptions, RateOptions};
use super::measured::Measured;
use super::presets;

/// Options in which the preset has replaced AUTO. [`resolve`] makes them, and `Options::from` turns them back into what a
/// host reads. What each field means is told in the option table.
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

/// Replaces every AUTO by what the preset chooses. A number that stands for no choice counts as AUTO.
pub fn resolve(asked: &Options, measured: &Measured) -> ResolvedOptions {
    let preset = presets::preset(asked, measured);
    let noise_level = float_or(asked.noise_level, measured.noise.level);
    ResolvedOptions {
        task: asked.task,
        quality: asked.quality,
        device: asked.device,
        device_index: asked.device_index,
        threads: asked.threads,
        seed: asked.seed,
        factor: integer_or(asked.factor, preset.factor),
        downsample: choice_or(asked.downsample, preset.downsample),
        hole: Hole::from_index(asked.hole).ok().or(preset.hole),
        optimizer: choice_or(asked.optimizer, preset.optimizer),
        tile_size: integer_or(asked.tile_size, preset.tile_size),
        iterations: integer_or(asked.iterations, preset.iterations),
        early_stop: integer_or(asked.early_stop, preset.early_stop),
        runs: integer_or(asked.runs, preset.runs),
        memory_limit: asked.memory_limit,
        time_limit: asked.time_limit,
        strength: float_or(asked.strength, preset.strength),
        noise_level: noise_level.is_finite().then_some(noise_level),
        tv_weight: float_or(asked.tv_weight, preset.tv_weight),
        network: network(asked, preset.network),
        rates: rates(asked, preset.rates),
        estimator: estimator(asked, preset.estimator),
    }
}

fn network(asked: &Options, preset: NetworkOptions) -> NetworkOptions {
    NetworkOptions {
        input_depth: integer_or(asked.input_depth, preset.input_depth),
        channels: integer_or(asked.channels, preset.channels),
        channels_deepest: integer_or(asked.channels_deepest, preset.channels_deepest),
        scales: integer_or(asked.scales, preset.scales),
        skip_channels: integer_or(asked.skip_channels, preset.skip_channels),
    }
}

fn rates(asked: &Options, preset: RateOptions) -> RateOptions {
    RateOptions {
        learning_rate: float_or(asked.learning_rate, preset.learning_rate),
        matrix_learning_rate: float_or(asked.matrix_learning_rate, preset.matrix_learning_rate),
        average_weight: float_or(asked.average_weight, preset.average_weight),
    }
}

fn estimator(asked: &Options, preset: EstimatorOptions) -> EstimatorOptions {
    EstimatorOptions {
        input: choice_or(asked.input, preset.input),
        input_noise: float_or(asked.input_noise, preset.input_noise),
        recorruption: float_or(asked.recorruption, preset.recorruption),
        held_out: float_or(asked.held_out, preset.held_out),
    }
}

/// Gives what is asked for, or the preset's number for AUTO.
fn integer_or(asked: u32, preset: u32) -> u32 {
    if asked == AUTO { preset } else { asked }
}

/// Gives what is asked for, or the preset's number for NaN.
fn float_or(asked: f32, preset: f32) -> f32 {
    if asked.is_nan() { preset } else { asked }
}

/// Gives what is asked for, or the preset's choice for a number that stands for none.
fn choice_or<C: Choice>(asked: u32, preset: C) -> C {
    C::from_index(asked).unwrap_or(preset)
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

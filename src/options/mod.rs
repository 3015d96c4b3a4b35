//! What to run, as plain numbers that a host, a command line and a saved project can carry.
//! A number that is AUTO is left to the preset, which decides when it has seen the picture.

mod measured;
mod presets;
mod resolved;
mod table;

pub use measured::{Measured, Noise, NoiseKind};
pub use presets::resolve;
pub use resolved::{EstimatorOptions, NetworkOptions, RateOptions, ResolvedOptions};
pub use table::{Kind, Row, get, info, row, rows, set};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// In an integer option: the preset decides. In a float option that is NaN.
pub const AUTO: u32 = u32::MAX;

/// A choice among numbered words, as options carry it.
pub trait Choice: Copy + 'static {
    /// The option's name, for messages.
    const OPTION: &'static str;
    /// Word and member, in the order of their numbers from 0.
    const CHOICES: &'static [(&'static str, Self)];

    /// The member with this number.
    ///
    /// # Errors
    /// `InvalidArgument` for a number that stands for nothing.
    fn from_index(index: u32) -> Result<Self> {
        match Self::CHOICES.get(index as usize) {
            Some((_, choice)) => Ok(*choice),
            None => {
                Err(Error::invalid(format!("{} is {index}, must be 0 to {}", Self::OPTION, Self::CHOICES.len() - 1)))
            }
        }
    }

    fn word(index: u32) -> &'static str {
        Self::CHOICES.get(index as usize).map_or("auto", |(word, _)| word)
    }
}

macro_rules! choice {
    ($(#[$meta:meta])* $name:ident, $option:literal, $($(#[$doc:meta])* $member:ident = $word:literal),+) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* $member),+ }

        impl Choice for $name {
            const OPTION: &'static str = $option;
            const CHOICES: &'static [(&'static str, Self)] = &[$(($word, $name::$member)),+];
        }
    };
}

choice!(
    /// What to do with the picture.
    Task, "task",
    Denoise = "denoise",
    /// Remove JPEG artifacts.
    Dejpeg = "dejpeg",
    /// The result is `factor` times larger.
    SuperResolve = "super-resolve",
    /// Needs a mask.
    Inpaint = "inpaint"
);
choice!(
    /// A preset of the options.
    Quality, "quality",
    /// The paper's networks and numbers, task by task.
    Reference = "reference",
    /// The default: the reference's quality in a fraction of its time.
    Balanced = "balanced",
    /// An interactive answer.
    Fast = "fast"
);
choice!(
    /// Where it runs.
    DeviceKind, "device",
    /// The fastest of this build and machine.
    Auto = "auto",
    Cpu = "cpu",
    Cuda = "cuda",
    Metal = "metal"
);
choice!(
    /// Kernel of the down-sampling in super-resolution's data term.
    Downsample, "downsample",
    Lanczos2 = "lanczos2",
    Lanczos3 = "lanczos3",
    Bicubic = "bicubic",
    Box = "box",
    Gaussian = "gaussian"
);
choice!(
    /// The inpainting preset, by the shape of the holes.
    Hole, "hole",
    /// Thin holes all over the picture: text, scratches.
    Text = "text",
    /// A few large regions.
    Region = "region",
    /// Scattered missing pixels.
    Sparse = "sparse"
);
choice!(
    /// The network input z.
    Input, "input",
    Noise = "noise",
    Meshgrid = "meshgrid",
    /// The degraded picture, or the guide.
    Picture = "picture"
);
choice!(
    /// Rule of the parameter update.
    Optimizer, "optimizer",
    Adam = "adam",
    Muon = "muon"
);

/// Every option. Fields from `factor` on may be AUTO (NaN in a float), but `memory_limit` and
/// `time_limit`. Ranges, texts and the presets' numbers are in the option table, [`rows`].
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
    /// Everything left to the preset of `task` and `quality`.
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

    /// Checks every option against its range in the table.
    ///
    /// # Errors
    /// `InvalidArgument` naming the option, its value and its range.
    pub fn check(&self) -> Result<()> {
        rows().iter().try_for_each(|row| row.check((row.get)(self)))
    }
}

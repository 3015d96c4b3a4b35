//! `reference`: the numbers of the authors' code (DmitryUlyanov/deep-image-prior 042e0d4), notebook by notebook.

use super::Preset;
use crate::options::asked::{AUTO, Options};
use crate::options::choice::{Choice, Downsample, Hole, Input, Optimizer, Task};
use crate::options::groups::{EstimatorOptions, NetworkOptions, RateOptions};
use crate::options::measured::Measured;

/// Chooses the notebook's numbers for a picture.
pub fn preset(asked: &Options, measured: &Measured) -> Preset {
    match asked.task {
        Task::Denoise if measured.has_guide => FLASH,
        Task::Denoise if asked.noise_level >= STRONG_NOISE => DENOISE_STRONG,
        Task::Denoise => DENOISE,
        Task::Dejpeg => DEJPEG,
        Task::SuperResolve if asked.factor != AUTO && asked.factor > LARGEST_FACTOR_OF_X4 => SUPER_RESOLVE_X8,
        Task::SuperResolve => SUPER_RESOLVE_X4,
        Task::Inpaint => inpaint(asked, measured),
    }
}

fn inpaint(asked: &Options, measured: &Measured) -> Preset {
    let hole = Hole::from_index(asked.hole).unwrap_or(measured.hole);
    let preset = match hole {
        Hole::Text => TEXT,
        Hole::Region => REGION,
        Hole::Sparse if measured.is_very_sparse() => VERY_SPARSE,
        Hole::Sparse => SPARSE,
    };
    Preset { hole: Some(hole), ..preset }
}

/// From this level on, 0..255, noise has the numbers of the authors' sigma 50, below it those of their sigma 25: the
/// border is half way.
const STRONG_NOISE: f32 = 37.5;
/// Factors above this take the numbers of x8, the others those of x4.
const LARGEST_FACTOR_OF_X4: u32 = 5;

/// What nearly all notebooks share: the network.
const NETWORK: NetworkOptions =
    NetworkOptions { input_depth: 32, channels: 128, channels_deepest: 128, scales: 5, skip_channels: 4 };

/// What nearly all notebooks share: the rate of Adam and the weight of the average. The rate of Muon is ours, for who
/// asks for it: the authors have Adam alone.
const RATES: RateOptions = RateOptions { learning_rate: 0.01, matrix_learning_rate: 0.02, average_weight: 0.99 };

/// What nearly all notebooks share: random numbers as the input, with this noise, and all that is observed in the loss.
const RANDOM_INPUT: EstimatorOptions =
    EstimatorOptions { input: Input::Noise, input_noise: 0.03, recorruption: 0.0, held_out: 0.0 };

/// denoising.ipynb at sigma 25 (F16): 3000 iterations, input noise of 1/30.
const DENOISE: Preset = Preset {
    factor: 4,
    downsample: Downsample::Lanczos2,
    hole: None,
    optimizer: Optimizer::Adam,
    tile_size: 0,
    iterations: 3000,
    early_stop: 0,
    runs: 1,
    strength: 1.0,
    tv_weight: 0.0,
    network: NETWORK,
    rates: RATES,
    estimator: EstimatorOptions { input_noise: 1.0 / 30.0, ..RANDOM_INPUT },
};

/// denoising.ipynb at sigma 50: input noise of 1/20.
const DENOISE_STRONG: Preset =
    Preset { estimator: EstimatorOptions { input_noise: 1.0 / 20.0, ..RANDOM_INPUT }, ..DENOISE };

/// flash-no-flash.ipynb: the flash picture is the input, without noise.
const FLASH: Preset = Preset {
    iterations: 601,
    rates: RateOptions { learning_rate: 0.1, ..RATES },
    estimator: EstimatorOptions { input: Input::Picture, input_noise: 0.0, ..RANDOM_INPUT },
    ..DENOISE
};

/// denoising.ipynb with the JPEG (snail): three random channels into a network of 8, 16, 32, 64 and 128 channels.
const DEJPEG: Preset =
    Preset { iterations: 2400, network: NetworkOptions { input_depth: 3, channels: 8, ..NETWORK }, ..DENOISE };

/// super-resolution.ipynb, four times larger.
const SUPER_RESOLVE_X4: Preset = Preset { iterations: 2000, estimator: RANDOM_INPUT, ..DENOISE };

/// super-resolution.ipynb, eight times larger.
const SUPER_RESOLVE_X8: Preset =
    Preset { iterations: 4000, estimator: EstimatorOptions { input_noise: 0.05, ..RANDOM_INPUT }, ..DENOISE };

/// inpainting.ipynb under a text (kate): skip connections as wide as the network.
const TEXT: Preset = Preset {
    iterations: 6001,
    network: NetworkOptions { skip_channels: 128, ..NETWORK },
    estimator: RANDOM_INPUT,
    ..DENOISE
};

/// inpainting.ipynb in a large region (vase): coordinates as the input, no skip connections.
const REGION: Preset = Preset {
    iterations: 5001,
    network: NetworkOptions { input_depth: 2, skip_channels: 0, ..NETWORK },
    estimator: EstimatorOptions { input: Input::Meshgrid, ..RANDOM_INPUT },
    ..DENOISE
};

/// restoration.ipynb with half of the pixels (barbara).
const SPARSE: Preset = Preset {
    iterations: 11_000,
    rates: RateOptions { learning_rate: 0.001, ..RATES },
    estimator: RANDOM_INPUT,
    ..DENOISE
};

/// restoration.ipynb with 2 % of the pixels (kate): channels from 16 to 128, no skip connections, no input noise.
const VERY_SPARSE: Preset = Preset {
    iterations: 1000,
    network: NetworkOptions { channels: 16, skip_channels: 0, ..NETWORK },
    estimator: EstimatorOptions { input_noise: 0.0, ..RANDOM_INPUT },
    ..DENOISE
};

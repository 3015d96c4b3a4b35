//! The presets: a task, a quality and what was measured in the picture give every number.
//! `reference` is the authors' code (DmitryUlyanov/deep-image-prior 042e0d4), notebook by notebook.

use super::{AUTO, Choice, Hole, Input, Optimizer, Options, Quality, Task};

/// What the presets want to know of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Shape of the holes, for inpainting.
    pub hole: Hole,
    /// Share of the pixels that is missing, 0..1.
    pub missing_share: f32,
    /// A cleaner picture of the same scene is given.
    pub has_guide: bool,
}

impl Measured {
    /// Nothing special: no guide; a few thin holes.
    pub fn plain() -> Self {
        Measured { hole: Hole::Text, missing_share: 0.1, has_guide: false }
    }

    /// One of each kind of picture that makes the presets of `task` differ.
    pub fn kinds(task: Task) -> Vec<Measured> {
        let hole = |hole, missing_share| Measured { hole, missing_share, has_guide: false };
        match task {
            Task::Denoise => vec![Measured::plain(), Measured { has_guide: true, ..Measured::plain() }],
            Task::Dejpeg | Task::SuperResolve => vec![Measured::plain()],
            Task::Inpaint => {
                vec![hole(Hole::Text, 0.1), hole(Hole::Region, 0.1), hole(Hole::Sparse, 0.5), hole(Hole::Sparse, 0.9)]
            }
        }
    }

    /// Nearly everything is missing: the preset of the authors' 98 % case.
    pub fn is_very_sparse(&self) -> bool {
        self.missing_share >= VERY_SPARSE
    }
}

/// From this missing share on a sparse mask is the authors' 98 % case, below it their 50 % case.
const VERY_SPARSE: f32 = 0.8;
/// Factors above this take the numbers of x8, the others those of x4.
const LARGEST_FACTOR_OF_X4: u32 = 5;
/// The authors' input noise is 1/30 at sigma 25 and 1/20 at sigma 50: the border is half way.
const STRONG_NOISE: f32 = 37.5;
/// `fast` runs this share of `balanced`.
const FAST_SHARE: u32 = 5;
/// Iterations without a new minimum of the moving variance (arXiv 2112.06074 waits 1000).
const PATIENCE: u32 = 500;

/// Replaces every AUTO by the number of the preset.
pub fn resolve(options: &Options, measured: &Measured) -> Options {
    let preset = preset(options, measured);
    let mut resolved = *options;
    for row in super::rows() {
        if (row.get)(&resolved).is_nan() {
            (row.set)(&mut resolved, (row.get)(&preset));
        }
    }
    resolved
}

fn preset(options: &Options, measured: &Measured) -> Options {
    let mut preset = common(options.task, options.quality);
    match options.task {
        Task::Denoise if measured.has_guide => flash(&mut preset),
        Task::Denoise => denoise(&mut preset, options.noise_level),
        Task::Dejpeg => dejpeg(&mut preset),
        Task::SuperResolve => super_resolve(&mut preset, options.factor),
        Task::Inpaint => {
            let asked = Hole::from_index(options.hole).unwrap_or(measured.hole);
            inpaint(&mut preset, asked, measured);
        }
    }
    if options.quality != Quality::Reference {
        sooner(&mut preset, measured);
    }
    preset
}

/// What all the authors' notebooks share.
fn common(task: Task, quality: Quality) -> Options {
    Options {
        factor: 4,
        downsample: 0,
        hole: AUTO,
        input: Input::Noise as u32,
        optimizer: Optimizer::Adam as u32,
        tile_size: 0,
        input_depth: 32,
        channels: 128,
        channels_deepest: 128,
        scales: 5,
        skip_channels: 4,
        early_stop: 0,
        runs: 1,
        strength: 1.0,
        learning_rate: 0.01,
        matrix_learning_rate: 0.02,
        average_weight: 0.99,
        tv_weight: 0.0,
        recorruption: 0.0,
        held_out: 0.0,
        ..Options::new(task, quality)
    }
}

fn denoise(preset: &mut Options, noise_level: f32) {
    preset.iterations = 3000;
    preset.input_noise = if noise_level >= STRONG_NOISE { 1.0 / 20.0 } else { 1.0 / 30.0 };
}

fn flash(preset: &mut Options) {
    preset.iterations = 601;
    preset.input = Input::Picture as u32;
    preset.learning_rate = 0.1;
    preset.input_noise = 0.0;
}

fn dejpeg(preset: &mut Options) {
    preset.iterations = 2400;
    preset.input_depth = 3;
    preset.channels = 8;
    preset.input_noise = 1.0 / 30.0;
}

fn super_resolve(preset: &mut Options, factor: u32) {
    let is_x8 = factor != AUTO && factor > LARGEST_FACTOR_OF_X4;
    preset.iterations = if is_x8 { 4000 } else { 2000 };
    preset.input_noise = if is_x8 { 0.05 } else { 0.03 };
}

fn inpaint(preset: &mut Options, hole: Hole, measured: &Measured) {
    preset.hole = hole as u32;
    preset.input_noise = 0.03;
    match hole {
        Hole::Text => {
            preset.iterations = 6001;
            preset.skip_channels = 128;
        }
        Hole::Region => {
            preset.iterations = 5001;
            preset.input = Input::Meshgrid as u32;
            preset.input_depth = 2;
            preset.skip_channels = 0;
        }
        Hole::Sparse if measured.is_very_sparse() => {
            preset.iterations = 1000;
            preset.channels = 16;
            preset.skip_channels = 0;
            preset.input_noise = 0.0;
        }
        Hole::Sparse => {
            preset.iterations = 11000;
            preset.learning_rate = 0.001;
        }
    }
}

/// `balanced` and `fast`: the narrow network, which denoises as well for an eighth of the arithmetic,
/// except for inpainting, where no small network came near; early stopping everywhere.
fn sooner(preset: &mut Options, measured: &Measured) {
    preset.early_stop = PATIENCE;
    if preset.task != Task::Inpaint && !measured.has_guide {
        preset.channels = 16;
        preset.input_depth = 32;
    }
    if preset.quality == Quality::Fast {
        preset.iterations /= FAST_SHARE;
    }
}

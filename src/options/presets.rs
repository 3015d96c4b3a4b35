//! The presets: a task, a quality and what was measured in the picture give every number.
//! `reference` is the authors' code (DmitryUlyanov/deep-image-prior 042e0d4), notebook by notebook.

use super::{
    AUTO, Choice, Downsample, EstimatorOptions, Hole, Input, Measured, NetworkOptions, NoiseKind, Optimizer, Options,
    Quality, RateOptions, ResolvedOptions, Task,
};

/// Factors above this take the numbers of x8, the others those of x4.
const LARGEST_FACTOR_OF_X4: u32 = 5;
/// The authors' input noise is 1/30 at sigma 25 and 1/20 at sigma 50: the border is half way.
const STRONG_NOISE: f32 = 37.5;
/// Iterations without a new minimum of the moving variance (arXiv 2112.06074 waits 1000).
const PATIENCE: u32 = 500;
/// Pixels that judge a recorrupted fit well; a small picture spares fewer.
const HELD_OUT_PIXELS: f32 = 13_000.0;

/// Replaces every AUTO by the number of the preset. A number that stands for no choice counts as AUTO.
pub fn resolve(asked: &Options, measured: &Measured) -> ResolvedOptions {
    let complete = complete(asked, measured);
    ResolvedOptions {
        task: complete.task,
        quality: complete.quality,
        device: complete.device,
        device_index: complete.device_index,
        threads: complete.threads,
        seed: complete.seed,
        factor: complete.factor,
        downsample: Downsample::from_index(complete.downsample).unwrap_or(Downsample::Lanczos2),
        hole: Hole::from_index(complete.hole).ok(),
        optimizer: Optimizer::from_index(complete.optimizer).unwrap_or(Optimizer::Adam),
        tile_size: complete.tile_size,
        iterations: complete.iterations,
        early_stop: complete.early_stop,
        runs: complete.runs,
        memory_limit: complete.memory_limit,
        time_limit: complete.time_limit,
        strength: complete.strength,
        noise_level: Some(complete.noise_level).filter(|level| level.is_finite()),
        tv_weight: complete.tv_weight,
        network: NetworkOptions {
            input_depth: complete.input_depth,
            channels: complete.channels,
            channels_deepest: complete.channels_deepest,
            scales: complete.scales,
            skip_channels: complete.skip_channels,
        },
        rates: RateOptions {
            learning_rate: complete.learning_rate,
            matrix_learning_rate: complete.matrix_learning_rate,
            average_weight: complete.average_weight,
        },
        estimator: EstimatorOptions {
            input: Input::from_index(complete.input).unwrap_or(Input::Noise),
            input_noise: complete.input_noise,
            recorruption: complete.recorruption,
            held_out: complete.held_out,
        },
    }
}

/// Fills the options that were left open with the numbers of the preset.
fn complete(options: &Options, measured: &Measured) -> Options {
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
        sooner(&mut preset, measured, options);
    }
    preset.noise_level = measured.noise.level;
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

/// `balanced` and `fast`; how their numbers were found is told in tests/benches/quality.md.
fn sooner(preset: &mut Options, measured: &Measured, options: &Options) {
    if measured.has_guide && !recorrupts(measured, options) {
        preset.early_stop = PATIENCE;
    } else {
        flat(preset, measured, options);
    }
    if preset.quality == Quality::Fast {
        let part = match (options.task, preset.input == Input::Noise as u32) {
            (Task::Dejpeg, true) => FAST_PART_OF_JPEG,
            (_, true) => FAST_PART_OF_RANDOM,
            (Task::Denoise, false) if draws_colour(measured) => FAST_PART_OF_COLOUR,
            (_, false) => FAST_PART,
        };
        preset.iterations = (part * preset.iterations as f32) as u32;
    }
}

/// A flat network of few channels, whose weights Muon updates. Where the picture can be its own input, and
/// `options` do not say otherwise, it is.
fn flat(preset: &mut Options, measured: &Measured, options: &Options) {
    preset.optimizer = Optimizer::Muon as u32;
    preset.input_depth = 32;
    preset.channels = 32;
    // Flat, however many channels are asked for.
    preset.channels_deepest = if options.channels == AUTO { 32 } else { options.channels };
    preset.scales = 5;
    preset.skip_channels = 4;
    preset.learning_rate = 0.01;
    preset.matrix_learning_rate = 0.02;
    preset.tile_size = tile(measured.pixels);
    match preset.task {
        Task::Denoise if !feeds_picture(options) => published(preset),
        Task::Denoise if measured.noise.kind == NoiseKind::Impulse && !measured.has_guide => remasked(preset, measured),
        Task::Denoise if recorrupts(measured, options) => recorrupted(preset, measured.pixels, options.held_out),
        Task::Denoise if draws_colour(measured) => coloured(preset),
        Task::Denoise => published(preset),
        Task::Dejpeg => {
            published(preset);
            preset.iterations = unblocking(measured.jpeg_step);
        }
        Task::SuperResolve => {
            let factor = if options.factor == AUTO { preset.factor } else { options.factor };
            preset.iterations = enlarging(measured.pixels.saturating_mul(factor * factor));
        }
        Task::Inpaint if feeds_picture(options) && options.held_out != 0.0 => remasked(preset, measured),
        Task::Inpaint => drawn(preset, measured.pixels),
    }
}

/// Whether nothing speaks against the picture as the network's input.
fn feeds_picture(options: &Options) -> bool {
    options.scales != 0 && (options.input == AUTO || options.input == Input::Picture as u32)
}

/// Whether the noise is known well enough to draw more of it.
fn recorrupts(measured: &Measured, options: &Options) -> bool {
    let knows_noise = measured.noise.is_white() || options.noise_level.is_finite();
    feeds_picture(options) && knows_noise && options.recorruption != 0.0
}

/// Pictures of more pixels are cut.
const MOST_PIXELS_AT_ONCE: u32 = 1 << 20;
/// Side of their tiles.
const TILE: u32 = 512;
/// Side of tiles that are drawn from random numbers, which takes the fewer iterations the less there is to draw.
const TILE_OF_RANDOM: u32 = 128;

fn tile(pixels: u32) -> u32 {
    if pixels > MOST_PIXELS_AT_ONCE { TILE } else { 2 * TILE }
}

const ITERATIONS_OF_TILE: u32 = 250;

/// Iterations where z is random, for each pixel of the restored picture's side: the network has to write the
/// picture down.
const ITERATIONS_OF_RANDOM: f32 = 1.6;
const LEAST_ITERATIONS: f32 = 500.0;
const MOST_ITERATIONS: f32 = 2000.0;
/// `fast` runs this part of `balanced`, and this one where z is random: a network that has to draw the picture first
/// has nothing to show before.
const FAST_PART: f32 = 1.0 / 3.0;
const FAST_PART_OF_RANDOM: f32 = 0.5;
/// Of a JPEG file more is true than its fit has drawn by then.
const FAST_PART_OF_JPEG: f32 = 0.7;

fn by_side(pixels: u32, iterations: f32, least: f32) -> u32 {
    (iterations * (pixels as f32).sqrt()).clamp(least, MOST_ITERATIONS) as u32
}

/// An enlarged picture does not get worse again: what is not in the small one is never shown to the network.
fn enlarging(pixels: u32) -> u32 {
    by_side(pixels, 2.5, 1000.0)
}

/// A random input, as in the paper, which has to be stopped before it draws what is not wanted. No rule known sees
/// that moment in a camera's noise or in JPEG's blocks, but in tiles of one size it hardly varies.
fn published(preset: &mut Options) {
    preset.matrix_learning_rate = 0.01;
    preset.tile_size = TILE_OF_RANDOM;
    preset.iterations = ITERATIONS_OF_TILE;
}

/// Iterations in which a network that is fed luma has learnt the colours, and not yet their noise: after 40, 80, 150 chroma
/// was at 35.4, 36.1 and 32.9 dB.
const ITERATIONS_OF_COLOUR: u32 = 80;

/// `fast` runs this part of them: with less the colours are not there yet.
const FAST_PART_OF_COLOUR: f32 = 0.5;

/// Whether the network is to draw the colours from luma.
fn draws_colour(measured: &Measured) -> bool {
    measured.noise.kind == NoiseKind::Chroma && !measured.has_guide
}

/// The picture's own luma is the input, without noise.
fn coloured(preset: &mut Options) {
    preset.input = Input::Picture as u32;
    preset.input_noise = 0.0;
    preset.matrix_learning_rate = 0.01;
    preset.iterations = ITERATIONS_OF_COLOUR;
}

/// Iterations for a JPEG file times the root of its lowest frequencies' mean step: the finer the steps, the more of what
/// it shows is true. From quality 25 on more iterations gain next to nothing.
const ITERATIONS_BY_STEP: f32 = 1750.0;
const LEAST_OF_JPEG: f32 = 200.0;
const MOST_OF_JPEG: f32 = 350.0;

fn unblocking(step: f32) -> u32 {
    if step.is_nan() {
        return ITERATIONS_OF_TILE;
    }
    (ITERATIONS_BY_STEP / step.sqrt()).clamp(LEAST_OF_JPEG, MOST_OF_JPEG) as u32
}

/// A random input where only the holes are the network's.
fn drawn(preset: &mut Options, pixels: u32) {
    preset.iterations = by_side(pixels, ITERATIONS_OF_RANDOM, LEAST_ITERATIONS);
    preset.early_stop = preset.iterations / 4;
}

/// Fits that are averaged, each stopped at its own best: one alone does not get better when it runs longer.
const RUNS: u32 = 2;

/// The target shares its noise with the input.
fn recorrupted(preset: &mut Options, pixels: u32, held_out: f32) {
    preset.input = Input::Picture as u32;
    preset.input_noise = 0.0;
    preset.matrix_learning_rate = 0.01;
    preset.recorruption = 0.7;
    preset.runs = if preset.quality == Quality::Fast { 1 } else { RUNS };
    preset.held_out = (HELD_OUT_PIXELS / pixels as f32).clamp(0.05, 0.15);
    // Only what is held out tells when to stop.
    preset.early_stop = if held_out == 0.0 { 0 } else { 20 };
    preset.iterations = 400;
}

/// Iterations for strokes, for each pixel of the picture's side: the more there is to learn from, the longer a network
/// does before it knows the picture by heart, which its error on what it was shown does not tell.
const ITERATIONS_OF_STROKES: f32 = 2.3;

/// Where half of the pixels are missing there is less to learn from than where a few impulses are.
const ITERATIONS_OF_SPARSE: f32 = 1000.0;

/// From this missing share on so few pixels are left that nothing fine is to be learnt from them.
const FEW_PIXELS: f32 = 0.88;

/// Fine structure around a small hole reaches it through wide skip connections; what large holes or the space between
/// few pixels get comes from the coarse scales.
fn remasked_skips(preset: &Options, measured: &Measured) -> u32 {
    match Hole::from_index(preset.hole) {
        Ok(Hole::Region) => preset.skip_channels,
        Ok(Hole::Sparse) if measured.missing_share >= FEW_PIXELS => 0,
        _ => 32,
    }
}

/// What is known is hidden in turn: pixels, or copies of the holes, which take longer to learn.
fn remasked(preset: &mut Options, measured: &Measured) {
    let pixels = measured.pixels;
    preset.input = Input::Picture as u32;
    preset.input_noise = 0.03;
    let is_sparse = preset.hole == Hole::Sparse as u32;
    let is_scattered = is_sparse || preset.task == Task::Denoise;
    let has_strokes = !is_scattered && preset.hole == Hole::Text as u32;
    preset.held_out = if has_strokes { 0.15 } else { 0.3 };
    preset.skip_channels = remasked_skips(preset, measured);
    // What is drawn into a large hole never settles, and drifts in the end.
    if preset.hole == Hole::Region as u32 {
        preset.average_weight = 0.997;
    }
    // The error on a few copies of a hole depends on where they come to lie.
    preset.early_stop = if is_scattered { 50 } else { 200 };
    // Large pictures are fitted in neighbourhoods of holes and in tiles, which have less to learn.
    let side = if has_strokes && pixels <= MOST_PIXELS_AT_ONCE { (pixels as f32).sqrt() } else { 0.0 };
    let least = match Hole::from_index(preset.hole) {
        Ok(Hole::Sparse) => ITERATIONS_OF_SPARSE,
        Ok(Hole::Region) => 400.0,
        _ => 600.0,
    };
    preset.iterations = (ITERATIONS_OF_STROKES * side).clamp(least, 1200.0) as u32;
}

//! `balanced`: a small network that Muon trains in some hundred iterations. tests/benches/quality.md tells how its
//! numbers were found; comments name the rows of its first table.

use super::Preset;
use super::iterations::Iterations;
use crate::options::asked::{AUTO, Options};
use crate::options::choice::{Hole, Input, Optimizer, Task};
use crate::options::groups::{EstimatorOptions, NetworkOptions, RateOptions};
use crate::options::measured::{Measured, NoiseKind};

/// Chooses our numbers for a picture, where they are not those of the `reference` preset.
pub fn preset(reference: Preset, asked: &Options, measured: &Measured) -> Preset {
    if measured.has_guide && !can_recorrupt(asked, measured) {
        return Preset { early_stop: PATIENCE, ..reference };
    }
    let base = Preset {
        optimizer: Optimizer::Muon,
        network: network(asked),
        rates: RATES,
        tile_size: tile_size(measured.pixels),
        ..reference
    };
    match asked.task {
        Task::Denoise => denoise(base, asked, measured),
        Task::Dejpeg => Preset { iterations: iterations_of_jpeg(measured.jpeg_step), ..fit_from_noise(base) },
        Task::SuperResolve => super_resolve(base, asked, measured),
        Task::Inpaint if may_feed_picture(asked) && asked.held_out != 0.0 => remask(base, measured),
        Task::Inpaint => draw_holes(base, measured),
    }
}

fn denoise(base: Preset, asked: &Options, measured: &Measured) -> Preset {
    if !may_feed_picture(asked) {
        return fit_from_noise(base);
    }
    if measured.noise.kind == NoiseKind::Impulse && !measured.has_guide {
        return remask(base, measured);
    }
    if can_recorrupt(asked, measured) {
        return recorrupt(base, asked, measured);
    }
    if draws_colour(asked.task, measured) { draw_colour(base) } else { fit_from_noise(base) }
}

/// Whether nothing speaks against the picture as the network's input.
fn may_feed_picture(asked: &Options) -> bool {
    asked.scales != 0 && (asked.input == AUTO || asked.input == Input::Picture as u32)
}

/// Whether the noise is known well enough to draw more of it.
fn can_recorrupt(asked: &Options, measured: &Measured) -> bool {
    let is_noise_known = measured.noise.is_white() || asked.noise_level.is_finite();
    may_feed_picture(asked) && is_noise_known && asked.recorruption != 0.0
}

/// Whether the network draws the colours from luma, which has no noise.
pub(super) fn draws_colour(task: Task, measured: &Measured) -> bool {
    task == Task::Denoise && measured.noise.kind == NoiseKind::Chroma && !measured.has_guide
}

/// The iterations without a new minimum of the moving variance that end a fit (arXiv 2112.06074 waits 1000).
const PATIENCE: u32 = 500;

/// Row "network": flat, with 32 channels at five scales.
const NETWORK: NetworkOptions =
    NetworkOptions { input_depth: 32, channels: 32, channels_deepest: 32, scales: 5, skip_channels: 4 };

/// Row "optimiser": Muon for the weights of convolutions, Adam for the rest.
const RATES: RateOptions = RateOptions { learning_rate: 0.01, matrix_learning_rate: 0.02, average_weight: 0.99 };

/// Half of Muon's rate, for fits that end before they learn what is not wanted.
const CAREFUL_RATES: RateOptions = RateOptions { matrix_learning_rate: 0.01, ..RATES };

/// The network has as many channels at every scale, however many are asked for.
fn network(asked: &Options) -> NetworkOptions {
    let channels_deepest = if asked.channels == AUTO { NETWORK.channels_deepest } else { asked.channels };
    NetworkOptions { channels_deepest, ..NETWORK }
}

/// Pictures of more pixels are cut.
const MOST_PIXELS_AT_ONCE: u32 = 1 << 20;
/// The side of their tiles: row "tiles that inherit parameters".
const TILE_SIZE: u32 = 512;
/// A picture of fewer pixels is cut only where a side of it is longer than this.
const TILE_SIZE_OF_SMALL: u32 = 1024;

fn tile_size(pixels: u32) -> u32 {
    if pixels > MOST_PIXELS_AT_ONCE { TILE_SIZE } else { TILE_SIZE_OF_SMALL }
}

/// Row "random numbers as input: whole or in tiles". No rule known sees the moment in which such a fit begins to draw a
/// camera's noise or JPEG's blocks, but in tiles of one size it hardly varies.
const FROM_NOISE_TILE_SIZE: u32 = 128;
const FROM_NOISE_ITERATIONS: u32 = 250;

/// Fits a picture from random numbers, as the paper does, in tiles.
fn fit_from_noise(base: Preset) -> Preset {
    Preset { rates: CAREFUL_RATES, tile_size: FROM_NOISE_TILE_SIZE, iterations: FROM_NOISE_ITERATIONS, ..base }
}

/// Row "JPEG: iterations": so many for a file, divided by the root of its lowest frequencies' mean step. The finer the
/// steps, the more of what the file shows is true; from quality 25 on more iterations gain next to nothing.
const JPEG_ITERATIONS_BY_STEP: f32 = 1750.0;
const JPEG_ITERATIONS: [f32; 2] = [200.0, 350.0];

fn iterations_of_jpeg(step: f32) -> u32 {
    let [least, most] = JPEG_ITERATIONS;
    if step.is_nan() {
        FROM_NOISE_ITERATIONS
    } else {
        (JPEG_ITERATIONS_BY_STEP / step.sqrt()).clamp(least, most) as u32
    }
}

/// Row "super-resolution", by the side of the enlarged picture. That does not get worse again: what is not in the small
/// one is never shown to the network.
const SUPER_RESOLVE_ITERATIONS: Iterations = Iterations::growing(2.5, [1000, 2000]);

fn super_resolve(base: Preset, asked: &Options, measured: &Measured) -> Preset {
    let factor = if asked.factor == AUTO { base.factor } else { asked.factor };
    let pixels = measured.pixels.saturating_mul(factor * factor);
    Preset { iterations: SUPER_RESOLVE_ITERATIONS.for_pixels(pixels), ..base }
}

/// Row "noise in colour alone": the picture's own luma is the input, without noise.
const COLOUR: EstimatorOptions =
    EstimatorOptions { input: Input::Picture, input_noise: 0.0, recorruption: 0.0, held_out: 0.0 };
/// In so many iterations a network has learnt the colours, and not yet their noise.
const COLOUR_ITERATIONS: u32 = 80;

fn draw_colour(base: Preset) -> Preset {
    Preset { rates: CAREFUL_RATES, estimator: COLOUR, iterations: COLOUR_ITERATIONS, ..base }
}

/// Rows "input for white noise" and "width, skips, activation, recorruption"; what is held out follows the picture.
const RECORRUPTED: EstimatorOptions =
    EstimatorOptions { input: Input::Picture, input_noise: 0.0, recorruption: 0.7, held_out: 0.0 };
/// Row "how many pixels to hold out": so many judge a fit well. A small picture spares fewer.
const HELD_OUT_PIXELS: f32 = 13_000.0;
const HELD_OUT_SHARE: [f32; 2] = [0.05, 0.15];
/// Row "when to stop it": so many iterations without a lower risk end the fit, or so many in all.
const RECORRUPTED_PATIENCE: u32 = 20;
const RECORRUPTED_ITERATIONS: u32 = 400;
/// Row "one fit or two": two, averaged.
const RECORRUPTED_RUNS: u32 = 2;

fn recorrupt(base: Preset, asked: &Options, measured: &Measured) -> Preset {
    let [least, most] = HELD_OUT_SHARE;
    let held_out = (HELD_OUT_PIXELS / measured.pixels as f32).clamp(least, most);
    Preset {
        rates: CAREFUL_RATES,
        estimator: EstimatorOptions { held_out, ..RECORRUPTED },
        runs: RECORRUPTED_RUNS,
        // Only what is held out tells when to stop.
        early_stop: if asked.held_out == 0.0 { 0 } else { RECORRUPTED_PATIENCE },
        iterations: RECORRUPTED_ITERATIONS,
        ..base
    }
}

/// A random input where only the holes are the network's: it has to write the picture down first.
const HOLES_FROM_NOISE_ITERATIONS: Iterations = Iterations::growing(1.6, [500, 2000]);
/// Iterations over this, without a steadier picture, end such a fit.
const HOLES_FROM_NOISE_PATIENCE_DIVISOR: u32 = 4;

fn draw_holes(base: Preset, measured: &Measured) -> Preset {
    let iterations = HOLES_FROM_NOISE_ITERATIONS.for_pixels(measured.pixels);
    Preset { iterations, early_stop: iterations / HOLES_FROM_NOISE_PATIENCE_DIVISOR, ..base }
}

/// The numbers of a fit from which known pixels are hidden in turn, by what is missing.
struct Remasking {
    held_out: f32,
    skip_channels: u32,
    average_weight: f32,
    early_stop: u32,
    iterations: Iterations,
}

/// Rows "inpainting: what is hidden" and "strokes and scattered pixels: skip connections": fine structure around a
/// small hole reaches it through wide skip connections. Row "salt and pepper".
const IMPULSES: Remasking = Remasking {
    held_out: 0.3,
    skip_channels: 32,
    average_weight: RATES.average_weight,
    early_stop: 50,
    iterations: Iterations::fixed(600),
};

/// Row "scattered pixels: iterations": where half of the pixels are missing there is less to learn from than where a few
/// impulses are.
const SPARSE: Remasking = Remasking { iterations: Iterations::fixed(1000), ..IMPULSES };

/// Row "strokes and scattered pixels: skip connections": what the space between few pixels gets comes from the coarse
/// scales.
const FEW_PIXELS: Remasking = Remasking { skip_channels: 0, ..SPARSE };

/// From this missing share on a sparse mask has it: so few pixels are left that nothing fine is to be learnt from them.
const FEW_PIXELS_FROM: f32 = 0.88;

/// Row "strokes": the more there is to learn from, the longer a network does before it knows the picture by heart, which
/// its error on what it was shown does not tell. The error on a few copies of a hole depends on where they come to lie,
/// so it waits longer than for single pixels.
const STROKES: Remasking =
    Remasking { held_out: 0.15, early_stop: 200, iterations: Iterations::growing(2.3, [600, 1200]), ..IMPULSES };

/// Rows "large holes: how many pictures are averaged" and "large holes: iterations": what is drawn into them never
/// settles, and drifts in the end. What is next to a large hole is not what belongs into it.
const REGIONS: Remasking = Remasking {
    skip_channels: NETWORK.skip_channels,
    average_weight: 0.997,
    early_stop: 200,
    iterations: Iterations::fixed(400),
    ..IMPULSES
};

/// The noise of the network's input beside the hidden picture, as in the authors' inpainting.
const REMASKED_INPUT_NOISE: f32 = 0.03;

/// Hides what is known in turn: pixels, or copies of the holes, which take longer to learn.
fn remask(base: Preset, measured: &Measured) -> Preset {
    let row = match base.hole {
        None => IMPULSES,
        Some(Hole::Sparse) if measured.missing_share >= FEW_PIXELS_FROM => FEW_PIXELS,
        Some(Hole::Sparse) => SPARSE,
        Some(Hole::Text) => STROKES,
        Some(Hole::Region) => REGIONS,
    };
    let Remasking { held_out, skip_channels, average_weight, early_stop, iterations } = row;
    // Large pictures are fitted in neighbourhoods of holes and in tiles, which have less to learn.
    let pixels = if measured.pixels <= MOST_PIXELS_AT_ONCE { measured.pixels } else { 0 };
    Preset {
        network: NetworkOptions { skip_channels, ..base.network },
        rates: RateOptions { average_weight, ..base.rates },
        estimator: EstimatorOptions {
            input: Input::Picture,
            input_noise: REMASKED_INPUT_NOISE,
            held_out,
            ..base.estimator
        },
        early_stop,
        iterations: iterations.for_pixels(pixels),
        ..base
    }
}

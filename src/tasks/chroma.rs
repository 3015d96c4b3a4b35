//! Luma and chroma instead of red, green and blue. In the data term chroma weighs less: a JPEG file has it with coarser
//! steps and mostly at half the size, and of a small picture it says less about where edges are. Where only chroma is
//! noisy, as at a camera's high ISO, luma is the network's input and stays as it was given.

use super::flat_blocks::FlatBlocks;
use super::{Given, Subject};
use crate::graph::{GraphBuilder, NodeId, Outputs};
use crate::objective;
use crate::options::{Measured, Options, Quality, Task};
use crate::pixels::Picture;
use crate::pixels::jpeg::LUMA_AND_CHROMA;

/// Luma's is 1.
const WEIGHT: f32 = 0.3;

/// Weight of chroma's total variation, per sample, for each JPEG step in units of 0..1.
const SMOOTHNESS: f32 = 0.05;

/// Whether the data term is of luma and chroma. White noise is the same in both, and a camera's gains nothing.
pub fn is_weighed(options: &Options, channels: usize) -> bool {
    let weighs = matches!(options.task, Task::Dejpeg | Task::SuperResolve);
    weighs && options.quality != Quality::Reference && channels == 3
}

/// Appends luma and chroma of a picture in colour.
pub fn mix(graph: &mut GraphBuilder, x: NodeId) -> NodeId {
    graph.mix(x, &LUMA_AND_CHROMA)
}

/// Adds the total variation of the restored chroma to the loss, in proportion to a JPEG file's steps: in smooth places
/// its blocks of 16 pixels are so large that a network takes them for part of the scene.
pub fn smooth(graph: &mut GraphBuilder, outputs: Outputs, options: &Options, measured: &Measured) -> NodeId {
    let shape = graph.shape(outputs.restored);
    let has_steps = options.task == Task::Dejpeg && measured.jpeg_step.is_finite();
    if has_steps && is_weighed(options, shape.channels) {
        let chroma = graph.mix(outputs.restored, &LUMA_AND_CHROMA[1..]);
        let weight = SMOOTHNESS * measured.jpeg_step / 255.0 / shape.samples() as f32;
        return objective::with_variation(graph, outputs.loss, chroma, weight);
    }
    outputs.loss
}

/// The same of what is given, with their weights. A sample whose pixel misses a channel is missing.
pub fn of(given: &Given) -> Given {
    let Given { degraded, weight } = given;
    let pixels = degraded.size.area();
    let pixel = |picture: &Picture, i: usize| [0, 1, 2].map(|channel| picture.samples[channel * pixels + i]);
    let mut mixed = Given { degraded: degraded.clone(), weight: weight.clone() };
    for (channel, row) in LUMA_AND_CHROMA.iter().enumerate() {
        let share = if channel == 0 { 1.0 } else { WEIGHT };
        for i in 0..pixels {
            let sample = pixel(degraded, i).iter().zip(row).map(|(x, by)| x * by).sum();
            mixed.degraded.samples[channel * pixels + i] = sample;
            mixed.weight.samples[channel * pixels + i] = share * pixel(weight, i).into_iter().fold(1.0, f32::min);
        }
    }
    mixed
}

/// Standard deviation, 0..1, and correlation of neighbours from which on chroma's flat blocks have noise of its own.
const LEAST_NOISE: f32 = 2.0 / 255.0;
const LEAST_CORRELATION: f64 = 0.3;
/// Luma with more would have to be denoised as well.
const LARGEST_OF_LUMA: f32 = 3.0 / 255.0;
/// Luma's weights leave two thirds of a deviation that is independent in red, green and blue.
const LARGEST_IN_LUMA: f32 = 0.8;

/// Whether both channels of chroma have smooth noise all over the picture, and luma has hardly any. On photographs
/// without it neither channel has.
pub(super) fn has_noise(image: &Picture, weight: &Picture) -> bool {
    let is_noisy = |row: &[f32; 3]| {
        let mut chroma = mixed(image, row);
        // In 0..1, so that nothing passes for black.
        chroma.samples.iter_mut().for_each(|x| *x += 0.5);
        FlatBlocks::of(&chroma, &one_channel(weight)).have_smooth_noise(LEAST_NOISE, LEAST_CORRELATION)
    };
    let has_quiet_luma = || {
        let luma = mixed(image, &LUMA_AND_CHROMA[0]);
        FlatBlocks::of(&luma, &one_channel(weight)).deviation < LARGEST_OF_LUMA
    };
    image.channels == 3 && LUMA_AND_CHROMA[1..].iter().all(is_noisy) && has_quiet_luma()
}

/// The subject with its own luma as a guide.
pub(super) fn guided_by_luma(subject: &Subject) -> Subject {
    Subject { guide: Some(mixed(&subject.image, &LUMA_AND_CHROMA[0])), ..subject.clone() }
}

/// Whether the noise of flat blocks, of this standard deviation in each channel, is another one in each: what all
/// channels share stays whole in luma.
pub(super) fn are_independent(image: &Picture, weight: &Picture, deviation: f32) -> bool {
    image.channels == 1 || {
        let luma = mixed(image, &LUMA_AND_CHROMA[0]);
        FlatBlocks::of(&luma, &one_channel(weight)).deviation < LARGEST_IN_LUMA * deviation
    }
}

pub(super) fn one_channel(weight: &Picture) -> Picture {
    Picture { channels: 1, samples: weight.plane(0).to_vec(), size: weight.size }
}

pub(super) fn mixed(image: &Picture, [by_r, by_g, by_b]: &[f32; 3]) -> Picture {
    let [r, g, b] = [0, 1, 2].map(|channel| image.plane(channel));
    let samples = (0..image.size.area()).map(|i| by_r * r[i] + by_g * g[i] + by_b * b[i]).collect();
    Picture { size: image.size, channels: 1, samples }
}

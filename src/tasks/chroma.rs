//! The data term in luma and chroma instead of red, green and blue, chroma weighing less: a JPEG file has it with
//! coarser steps and mostly at half the size, and of a small picture it says less about where edges are.

use super::Given;
use crate::graph::{Graph, NodeId};
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
pub fn mix(graph: &mut Graph, x: NodeId) -> NodeId {
    graph.mix(x, &LUMA_AND_CHROMA)
}

/// Adds the total variation of the restored chroma to the loss, in proportion to a JPEG file's steps: in smooth places
/// its blocks of 16 pixels are so large that a network takes them for part of the scene.
pub fn smooth(graph: &mut Graph, options: &Options, measured: &Measured) {
    let shape = graph.shape(graph.restored);
    let has_steps = options.task == Task::Dejpeg && measured.jpeg_step.is_finite();
    if has_steps && is_weighed(options, shape.channels) {
        let chroma = graph.mix(graph.restored, &LUMA_AND_CHROMA[1..]);
        let weight = SMOOTHNESS * measured.jpeg_step / 255.0 / shape.samples() as f32;
        objective::with_variation(graph, chroma, weight);
    }
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

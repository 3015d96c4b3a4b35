//! Luma and chroma in the data term instead of red, green and blue. Chroma weighs less: a JPEG file has it with coarser
//! steps and mostly at half the size, and in a small picture it says less about where edges are.

use super::observation::Observation;
use crate::graph::{GraphBuilder, NodeId};
use crate::options::{Quality, ResolvedOptions, Task};
use crate::pixels::Picture;
use crate::pixels::jpeg::LUMA_AND_CHROMA;

/// Weight of a sample of chroma in the data term, where one of luma has 1.
const CHROMA_WEIGHT: f32 = 0.3;

/// Whether the data term is of luma and chroma. White noise is the same in both, and a camera's gains nothing.
pub fn is_weighed(options: &ResolvedOptions, channels: usize) -> bool {
    let weighs = matches!(options.task, Task::Dejpeg | Task::SuperResolve);
    weighs && options.quality != Quality::Reference && channels == 3
}

/// Appends luma and chroma of a picture in colour.
pub fn mix(graph: &mut GraphBuilder, x: NodeId) -> NodeId {
    graph.mix(x, &LUMA_AND_CHROMA)
}

/// Turns an observation in colour into luma and chroma, with their weights. A sample whose pixel misses a channel is
/// missing.
pub fn in_luma_and_chroma(given: &Observation) -> Observation {
    let Observation { degraded, weight } = given;
    let pixels = degraded.size.area();
    let pixel = |picture: &Picture, i: usize| [0, 1, 2].map(|channel| picture.samples[channel * pixels + i]);
    let mut mixed = Observation { degraded: degraded.clone(), weight: weight.clone() };
    for (channel, row) in LUMA_AND_CHROMA.iter().enumerate() {
        let share = if channel == 0 { 1.0 } else { CHROMA_WEIGHT };
        for i in 0..pixels {
            let sample = pixel(degraded, i).iter().zip(row).map(|(x, by)| x * by).sum();
            mixed.degraded.samples[channel * pixels + i] = sample;
            mixed.weight.samples[channel * pixels + i] = share * pixel(weight, i).into_iter().fold(1.0, f32::min);
        }
    }
    mixed
}

//! JPEG artifact removal: the degradation is the identity, the network so narrow at its fine scales
//! that blocks and ringing do not pass.

use super::Given;
use super::network::uniform;
use crate::graph::{Graph, NodeId};
use crate::nets::{SkipNet, Upsample};
use crate::options::{Options, Quality};
use crate::pixels::Picture;
use crate::pixels::jpeg::LUMA_AND_CHROMA;

/// The authors' network has skip connections from this scale on.
const FIRST_SKIP: usize = 3;
/// Of chroma in the data term, luma's being 1: its steps are the coarser ones and most files have it at half the size,
/// so less of what it shows is true.
const CHROMA_WEIGHT: f32 = 0.3;

pub fn network(options: &Options, outputs: usize) -> SkipNet {
    let mut net = uniform(options, outputs, Upsample::Bilinear);
    if options.quality == Quality::Reference {
        net.scales.iter_mut().take(FIRST_SKIP).for_each(|scale| scale.skip = 0);
    }
    net
}

/// Whether the data term is of luma and chroma.
pub fn weighs_chroma(options: &Options, channels: usize) -> bool {
    options.quality != Quality::Reference && channels == 3
}

/// Appends luma and chroma of a picture.
pub fn in_luma_and_chroma(graph: &mut Graph, x: NodeId) -> NodeId {
    graph.mix(x, &LUMA_AND_CHROMA)
}

/// A picture in colour as luma and chroma, with their weights. A sample whose pixel misses a channel is missing.
pub fn luma_and_chroma(given: &Given) -> Given {
    let Given { degraded, weight } = given;
    let pixels = degraded.size.area();
    let of = |picture: &Picture, i: usize| [0, 1, 2].map(|channel| picture.samples[channel * pixels + i]);
    let mut mixed = Given { degraded: degraded.clone(), weight: weight.clone() };
    for (channel, row) in LUMA_AND_CHROMA.iter().enumerate() {
        let share = if channel == 0 { 1.0 } else { CHROMA_WEIGHT };
        for i in 0..pixels {
            let sample = of(degraded, i).iter().zip(row).map(|(x, by)| x * by).sum();
            mixed.degraded.samples[channel * pixels + i] = sample;
            mixed.weight.samples[channel * pixels + i] = share * of(weight, i).into_iter().fold(1.0, f32::min);
        }
    }
    mixed
}

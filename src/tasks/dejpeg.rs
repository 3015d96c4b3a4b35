//! JPEG artifact removal: the degradation is the identity, the network so narrow at its fine scales
//! that blocks and ringing do not pass.

use super::estimate::chroma::is_weighed;
use super::network::uniform;
use crate::graph::{GraphBuilder, NodeId, Outputs};
use crate::nets::{SkipNet, Upsample};
use crate::objective;
use crate::options::{Measured, Quality, ResolvedOptions, Task};
use crate::pixels::Picture;
use crate::pixels::jpeg::{LUMA_AND_CHROMA, Quantisation};

/// The authors' network has skip connections from this scale on.
const FIRST_SKIP: usize = 3;
/// Weight of chroma's total variation, per sample, for each JPEG step in units of 0..1.
const SMOOTHNESS: f32 = 0.05;

/// Makes the network of JPEG artifact removal.
pub fn network(options: &ResolvedOptions, outputs: usize) -> SkipNet {
    let mut net = uniform(options, outputs, Upsample::Bilinear);
    if options.quality == Quality::Reference {
        net.scales.iter_mut().take(FIRST_SKIP).for_each(|scale| scale.skip = 0);
    }
    net
}

/// Finds the quantisation that the result is kept to, if `image` shows one. The published fit is kept to none.
pub fn quantisation(task: Task, quality: Quality, image: &Picture) -> Option<Quantisation> {
    let is_kept_to = task == Task::Dejpeg && quality != Quality::Reference;
    if is_kept_to { Quantisation::find(image) } else { None }
}

/// Appends the loss with the total variation of the restored chroma, in proportion to a JPEG file's steps: in smooth
/// places its blocks of 16 pixels are so large that a network takes them for part of the scene.
pub fn with_smooth_chroma(
    graph: &mut GraphBuilder,
    outputs: Outputs,
    options: &ResolvedOptions,
    measured: &Measured,
) -> NodeId {
    let shape = graph.shape(outputs.restored);
    let has_steps = options.task == Task::Dejpeg && measured.jpeg_step.is_finite();
    if has_steps && is_weighed(options, shape.channels) {
        let chroma = graph.mix(outputs.restored, &LUMA_AND_CHROMA[1..]);
        let weight = SMOOTHNESS * measured.jpeg_step / 255.0 / shape.samples() as f32;
        return objective::with_variation(graph, outputs.loss, chroma, weight);
    }
    outputs.loss
}

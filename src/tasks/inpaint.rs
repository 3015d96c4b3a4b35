//! Inpainting: only what is observed counts in the data term, and the network follows the holes'
//! shape, as in the authors' notebooks: text (kate), region (vase), sparse (barbara; kate at 98 %).

use super::finish::border::Border;
use super::network::uniform;
use super::subject::Subject;
use crate::nets::{Halve, SkipNet, Upsample};
use crate::options::{Hole, Measured, Quality, ResolvedOptions, Task};

/// Makes the network of inpainting.
pub fn network(options: &ResolvedOptions, measured: &Measured, outputs: usize) -> SkipNet {
    let is_sparse = options.hole == Some(Hole::Sparse);
    let upsample = if is_sparse { Upsample::Bilinear } else { Upsample::Nearest };
    let mut net = uniform(options, outputs, upsample);
    if is_sparse && measured.is_very_sparse() {
        net.halve = Halve::Average;
    }
    net
}

/// Prepares the step that makes a finished fill meet its border. Pixels that are lost one by one have no border but
/// their neighbours, and the published fit stays as it is.
pub fn border(options: &ResolvedOptions, subject: &Subject) -> Option<Border> {
    let has_shape = options.task == Task::Inpaint && options.hole != Some(Hole::Sparse);
    let is_ours = options.quality != Quality::Reference;
    if has_shape && is_ours { Border::of(&subject.image, &subject.weight) } else { None }
}

/// Gives the inpainting preset in use, for the metrics; none for other tasks.
pub fn hole_in_use(options: &ResolvedOptions) -> Option<Hole> {
    options.hole.filter(|_| options.task == Task::Inpaint)
}

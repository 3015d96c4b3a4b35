//! Inpainting: only what is observed counts in the data term, and the network follows the holes'
//! shape, as in the authors' notebooks: text (kate), region (vase), sparse (barbara; kate at 98 %).

use super::network::uniform;
use crate::nets::{Halve, SkipNet, Upsample};
use crate::options::{Hole, Measured, Options};

pub fn network(options: &Options, measured: &Measured, outputs: usize) -> SkipNet {
    let is_sparse = options.hole == Hole::Sparse as u32;
    let upsample = if is_sparse { Upsample::Bilinear } else { Upsample::Nearest };
    let mut net = uniform(options, outputs, upsample);
    if is_sparse && measured.is_very_sparse() {
        net.halve = Halve::Average;
    }
    net
}

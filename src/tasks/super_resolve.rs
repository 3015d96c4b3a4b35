//! Super-resolution: the restored picture, made small, must be the given one.

use super::network::uniform;
use crate::degradation::{self, Kernel};
use crate::error::Result;
use crate::graph::{Graph, NodeId};
use crate::nets::{SkipNet, Upsample};
use crate::options::{Choice, Downsample, Options};

pub fn network(options: &Options, outputs: usize) -> SkipNet {
    uniform(options, outputs, Upsample::Bilinear)
}

/// The forward operator of the options' kernel.
///
/// # Errors
/// `InvalidArgument` for a number that stands for no kernel.
pub fn degrade(graph: &mut Graph, restored: NodeId, options: &Options) -> Result<NodeId> {
    let factor = options.factor as usize;
    let kernel = match Downsample::from_index(options.downsample)? {
        Downsample::Lanczos2 => return Ok(degradation::lanczos2(graph, restored, factor)),
        Downsample::Lanczos3 => Kernel::Lanczos3,
        Downsample::Bicubic => Kernel::Bicubic,
        Downsample::Box => Kernel::Box,
        Downsample::Gaussian => Kernel::Gaussian,
    };
    Ok(degradation::downsample(graph, restored, factor, kernel))
}

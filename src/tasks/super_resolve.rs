//! Super-resolution: the restored picture, made small, must be the given one.

use super::network::uniform;
use crate::degradation;
use crate::graph::{Graph, NodeId};
use crate::nets::{SkipNet, Upsample};
use crate::options::Options;

pub fn network(options: &Options, outputs: usize) -> SkipNet {
    uniform(options, outputs, Upsample::Bilinear)
}

pub fn degrade(graph: &mut Graph, restored: NodeId, factor: usize) -> NodeId {
    degradation::lanczos2(graph, restored, factor)
}

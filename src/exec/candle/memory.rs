//! The estimate of the memory that candle's executor takes.

use std::collections::BTreeSet;

use crate::graph::{Graph, Node, NodeId, Op};

/// The bytes of an f32.
const SAMPLE_BYTES: u64 = 4;

/// Estimates the bytes that the executor takes on its device: constants, values that wait for their gradients, and
/// pictures and parameters several times over.
pub(in crate::exec) fn memory_bytes(graph: &Graph) -> u64 {
    let restored = graph.shape(graph.restored).samples() as u64;
    let constants = graph.constants.iter().map(|constant| constant.shape.samples() as u64).sum::<u64>();
    let parameters = graph.parameters.iter().map(|parameter| parameter.samples() as u64).sum::<u64>();
    let size = |id: NodeId| graph.shape(id).samples() as u64;
    let largest = (0..graph.nodes.len()).map(|i| size(NodeId(i))).max().unwrap_or(0);
    let alive = kept(graph).into_iter().map(size).sum::<u64>() + LIVE_GRADIENTS * largest;
    let samples = COPIES_OF_A_PARAMETER * parameters + COPIES_OF_A_PICTURE * restored + constants;
    SAMPLE_BYTES * (samples + alive + alive / FRAGMENTED)
}

/// How many times each parameter is there: it has a gradient, two moments, an update, and a checkpoint of three.
const COPIES_OF_A_PARAMETER: u64 = 8;
/// How many times a picture is there: average, mean, latest and snapshot, and their checkpoints.
const COPIES_OF_A_PICTURE: u64 = 8;
/// The number of gradients of the largest size that are alive together.
const LIVE_GRADIENTS: u64 = 4;
/// The allocator holds up to this part more than what is alive (measured on the CPU; from run to run it
/// varies by a quarter).
const FRAGMENTED: u64 = 5;

/// Lists the nodes whose values are kept because gradients read them: the inputs of convolutions, norms and losses, the
/// outputs of other curves. Constants are counted elsewhere.
fn kept(graph: &Graph) -> BTreeSet<NodeId> {
    let is_own = |id: &NodeId| !matches!(graph.nodes[id.0].op, Op::Constant(_) | Op::Parameter(_));
    let read = |(index, node): (usize, &Node)| match node.op {
        Op::Conv { .. } | Op::BatchNorm { .. } | Op::DataTerm | Op::TotalVariation => node.inputs.clone(),
        Op::LeakyRelu | Op::Sigmoid => vec![NodeId(index)],
        Op::Constant(_) | Op::Parameter(_) | Op::AddNoise { .. } | Op::Resample(_) | Op::Crop { .. } => Vec::new(),
        Op::Mix { .. } | Op::Concat | Op::Hide { .. } | Op::Fill | Op::WeightedSum { .. } => Vec::new(),
    };
    graph.nodes.iter().enumerate().flat_map(read).filter(is_own).collect()
}

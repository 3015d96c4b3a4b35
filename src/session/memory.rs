//! Memory: what a session will need, and what the machine has. Refusing before the start is the only
//! way, since a failed allocation inside the tensor library ends the host.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::exec::Device;
use crate::exec::cpu::CpuExecutor;
use crate::graph::{Graph, Node, NodeId, Op};
use crate::options::Options;
use crate::tasks::Recipe;

/// Bytes that a session takes at most, over what the process has without it: a job of this recipe and, where that is
/// but a part, the `beside` samples of the whole picture.
pub(super) fn estimate(recipe: &Recipe, beside: usize, device: &Device, threads: usize) -> u64 {
    let graph = &recipe.graph;
    let restored = graph.shape(graph.restored).samples() as u64;
    let constants = graph.constants.iter().map(|constant| constant.shape.samples() as u64).sum::<u64>();
    let executor = match device.has_plan() {
        true => CpuExecutor::memory_bytes(graph, threads),
        false => candle_bytes(graph, restored, constants),
    };
    let pictures = PICTURES * restored + HALF_PICTURES_BESIDE * beside as u64 / 2;
    executor
        + executor / FRAGMENTED_PLAN
        + SAMPLE_BYTES * (pictures + constants)
        + threads as u64 * BYTES_A_THREAD
        + FIXED_BYTES
}

const SAMPLE_BYTES: u64 = 4;
/// What was given, its original and its weight, alpha, the mean of runs, and the published pictures, those of the
/// moment before among them.
const PICTURES: u64 = 17;
/// What was given, its original and its mask, what is done, and a preview with what was given below it.
const HALF_PICTURES_BESIDE: u64 = 14;
/// What a plan's buffers lose to the allocator.
const FRAGMENTED_PLAN: u64 = 250;
/// What a thread touches of its stack.
const BYTES_A_THREAD: u64 = 128 << 10;
/// The graph without its constants, the allocator's own, and the code that runs first at the end of a session.
const FIXED_BYTES: u64 = 21 << 17;

/// What candle's executor has on its device: constants, what waits for its gradient, and pictures and
/// parameters several times over.
fn candle_bytes(graph: &Graph, restored: u64, constants: u64) -> u64 {
    let parameters = graph.parameters.iter().map(|parameter| parameter.samples() as u64).sum::<u64>();
    let size = |id: NodeId| graph.shape(id).samples() as u64;
    let largest = (0..graph.nodes.len()).map(|i| size(NodeId(i))).max().unwrap_or(0);
    let alive = kept(graph).into_iter().map(size).sum::<u64>() + LIVE_GRADIENTS * largest;
    let samples = COPIES_OF_A_PARAMETER * parameters + COPIES_OF_A_PICTURE * restored + constants;
    SAMPLE_BYTES * (samples + alive + alive / FRAGMENTED)
}

/// Each parameter has a gradient, two moments, an update, and a checkpoint of three.
const COPIES_OF_A_PARAMETER: u64 = 8;
/// Average, mean, latest and snapshot, and their checkpoints.
const COPIES_OF_A_PICTURE: u64 = 8;
/// Gradients of the largest size that are alive together.
const LIVE_GRADIENTS: u64 = 4;
/// The allocator holds up to this part more than what is alive (measured on the CPU; from run to run it
/// varies by a quarter).
const FRAGMENTED: u64 = 5;

/// Nodes whose values gradients read: convolutions, norms and losses their inputs, other curves their
/// outputs. Constants are counted elsewhere.
fn kept(graph: &Graph) -> BTreeSet<NodeId> {
    let is_own = |id: &NodeId| !matches!(graph.nodes[id.0].op, Op::Constant(_) | Op::Parameter(_));
    let read = |(index, node): (usize, &Node)| match node.op {
        Op::Conv { .. } | Op::BatchNorm { .. } | Op::DataTerm | Op::TotalVariation => node.inputs.clone(),
        Op::LeakyRelu | Op::Sigmoid => vec![NodeId(index)],
        _ => Vec::new(),
    };
    graph.nodes.iter().enumerate().flat_map(read).filter(is_own).collect()
}

/// Refuses what the limit or the machine is too small for.
///
/// # Errors
/// `OutOfMemory` with both numbers.
pub(super) fn check(options: &Options, needed_bytes: u64) -> Result<()> {
    let limits = [(options.memory_limit, "memory_limit"), (available_bytes().unwrap_or(0), "this machine")];
    for (limit_bytes, limit) in limits {
        if limit_bytes > 0 && needed_bytes > limit_bytes {
            return Err(Error::OutOfMemory { needed_bytes, limit_bytes, limit });
        }
    }
    Ok(())
}

/// Memory that could be had now without swapping; `None` where the system does not say.
fn available_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes << 10)
}

//! Memory: what a session will need, and what the machine has. Refusing before the start is the only
//! way, since a failed allocation inside the tensor library ends the host.

use crate::error::{Error, Result};
use crate::graph::{Graph, Op};
use crate::options::Options;
use crate::tasks::Recipe;

/// Bytes that a session of this recipe takes at most.
pub(super) fn estimate(recipe: &Recipe, threads: usize) -> u64 {
    let graph = &recipe.graph;
    let restored = graph.shape(graph.restored).samples() as u64;
    SAMPLE_BYTES * (PICTURES * restored + parameters(graph) + constants(graph) + values(graph))
        + scratch(graph, threads)
        + FIXED_BYTES
}

const SAMPLE_BYTES: u64 = 4;
/// Average, mean, latest and snapshot, their checkpoints, and what is published and imported.
const PICTURES: u64 = 16;
/// Code, threads' stacks and the allocator's own.
const FIXED_BYTES: u64 = 24 << 20;
/// Each parameter has a gradient, two moments, an update, and a checkpoint of three.
const COPIES_OF_A_PARAMETER: u64 = 8;

fn parameters(graph: &Graph) -> u64 {
    COPIES_OF_A_PARAMETER * graph.parameters.iter().map(|p| p.samples() as u64).sum::<u64>()
}

fn constants(graph: &Graph) -> u64 {
    // Once in the graph and once on the device.
    2 * graph.constants.iter().map(|c| c.samples.len() as u64).sum::<u64>()
}

/// What automatic differentiation keeps of the nodes, and the gradients alive at once.
fn values(graph: &Graph) -> u64 {
    let size = |op: &Op, samples: u64| match op {
        Op::Constant(_) | Op::Parameter(_) => 0,
        _ => samples,
    };
    let sizes: Vec<u64> = graph.nodes.iter().map(|node| size(&node.op, node.shape.samples() as u64)).collect();
    let largest = sizes.iter().max().copied().unwrap_or(0);
    sizes.iter().sum::<u64>() + LIVE_GRADIENTS * largest
}

/// Gradients of the largest size that are alive together.
const LIVE_GRADIENTS: u64 = 4;

fn scratch(_graph: &Graph, threads: usize) -> u64 {
    threads as u64 * SCRATCH_BYTES_A_THREAD
}

const SCRATCH_BYTES_A_THREAD: u64 = 8 << 20;

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

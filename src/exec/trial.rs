//! The trial of a graphics card: before a session uses one, both executors of the plan compute the loss and the
//! gradients of a small network, and must agree. A driver that compiles the kernels wrongly then costs time, not a
//! picture.

use std::sync::Arc;

use super::{Device, Evaluation, PlannedExecutor, Pool};
use crate::error::{Error, Result};
use crate::graph::{Graph, GraphBuilder, NodeId, Outputs, Padding, Resample, Shape};
use crate::rng::Stream;

/// The side of the picture that is tried.
const SIDE: usize = 24;
/// The channels of its network: not a whole number of blocks.
const CHANNELS: usize = 12;
/// How far both may be apart, as a share of the largest number. Rounding alone leaves less than a hundredth of it.
const TOLERANCE: f32 = 1e-3;

/// Makes sure that a device computes what the CPU does.
///
/// # Errors
/// `Device` where it does not, or fails.
pub(super) fn pass(device: &Device) -> Result<()> {
    let graph = Arc::new(graph());
    let evaluate = |device: &Device| {
        let planned = PlannedExecutor::new(graph.clone(), device, 1);
        Pool::new(1)?.run(|| planned.open()?.evaluate(1))
    };
    let (expected, found) = (evaluate(&Device::cpu())?, evaluate(device)?);
    if agree(&expected, &found) {
        return Ok(());
    }
    let [expected, found] = [expected.loss, found.loss];
    let message =
        format!("it computes a loss of {found} instead of {expected}, or other gradients; a newer driver may help");
    Err(Error::Device { op: "the trial of the graphics card", message })
}

/// A convolution of each kind with norms, noise, a way down and up, and a concatenation.
fn graph() -> Graph {
    let mut graph = GraphBuilder::new(1, 0);
    let shape = Shape::new(3, SIDE, SIDE);
    let z = graph.uniform(shape, Stream::Input, 0.1);
    let z = graph.add_noise(z, Stream::InputNoise, 0.03);
    let skip = block(&mut graph, z, "skip", [3, 1]);
    let down = block(&mut graph, skip, "down", [3, 2]);
    let up = graph.resample(down, Resample::up_bilinear(SIDE / 2, SIDE / 2));
    let joined = graph.concat(&[skip, up]);
    let joined = block(&mut graph, joined, "joined", [5, 1]);
    let restored = graph.conv(joined, "last", shape.channels, 1, 1, Padding::Reflection);
    let restored = graph.sigmoid(restored);
    let degraded = graph.uniform(shape, Stream::Synthetic, 1.0);
    let weight = graph.constant(shape, vec![1.0; shape.samples()]);
    let term = graph.data_term(restored, degraded, weight);
    graph.finish(Outputs::fitted(restored, term))
}

/// Appends a convolution of this kernel and stride, a norm and a leaky ReLU.
fn block(graph: &mut GraphBuilder, x: NodeId, name: &str, [kernel, stride]: [usize; 2]) -> NodeId {
    let y = graph.conv(x, name, CHANNELS, kernel, stride, Padding::Reflection);
    let y = graph.batch_norm(y, &format!("{name}.norm"));
    graph.leaky_relu(y)
}

fn agree(expected: &Evaluation, found: &Evaluation) -> bool {
    let gradients = expected.gradients.iter().zip(&found.gradients);
    are_close(&[expected.loss], &[found.loss])
        && are_close(&expected.restored, &found.restored)
        && gradients.into_iter().all(|(expected, found)| are_close(expected, found))
}

/// Whether numbers are as near as [`TOLERANCE`] allows; NaN is near to nothing.
fn are_close(expected: &[f32], found: &[f32]) -> bool {
    let largest = expected.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
    // Gradients that cancel are nothing but rounding.
    let most = TOLERANCE * largest.max(LEAST);
    expected.len() == found.len()
        && expected.iter().zip(found).all(|(expected, found)| (expected - found).abs() <= most)
}

/// The least that a largest number counts as.
const LEAST: f32 = 1e-3;

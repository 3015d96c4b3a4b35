//! The data term E: sum(w (f - y)^2) / number of samples, for predicted f and degraded y with a weight w for each
//! sample. Holes, soft masks, missing samples and alpha 0 are all such a weight.

use crate::graph::{GraphBuilder, NodeId};

/// Appends the data term of a prediction. `degraded` and `weight` have the prediction's shape (C, H, W).
pub fn weighted(graph: &mut GraphBuilder, predicted: NodeId, degraded: Vec<f32>, weight: Vec<f32>) -> NodeId {
    let shape = graph.shape(predicted);
    let degraded = graph.constant(shape, degraded);
    let weight = graph.constant(shape, weight);
    graph.data_term(predicted, degraded, weight)
}

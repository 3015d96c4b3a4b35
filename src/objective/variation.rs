//! Total variation, the R of the MAP estimate in the paper's prior experiment (beta = 0.5).

use crate::graph::{Graph, NodeId};

/// Adds `weight` times the total variation of `restored` to the graph's loss; nothing for 0.
pub fn with_variation(graph: &mut Graph, restored: NodeId, weight: f32) {
    if weight > 0.0 {
        let variation = graph.total_variation(restored);
        graph.loss = graph.weighted_sum(&[(graph.loss, 1.0), (variation, weight)]);
    }
}

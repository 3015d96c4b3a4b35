//! The total variation, which is the R of the MAP estimate in the paper's prior experiment (beta = 0.5).

use crate::graph::{GraphBuilder, NodeId};

/// Appends `loss` plus `weight` times the total variation of a picture; `loss` itself for a weight of 0.
pub fn with_variation(graph: &mut GraphBuilder, loss: NodeId, picture: NodeId, weight: f32) -> NodeId {
    if weight > 0.0 {
        let variation = graph.total_variation(picture);
        return graph.weighted_sum(&[(loss, 1.0), (variation, weight)]);
    }
    loss
}

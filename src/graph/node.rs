//! A node: a step of the computation.

use super::id::NodeId;
use super::op::Op;
use super::shape::Shape;

/// One op and the values it reads.
#[derive(Debug, Clone)]
pub struct Node {
    pub op: Op,
    pub inputs: Vec<NodeId>,
    pub shape: Shape,
}

//! A graph made ready for a device: constants there, an op for each node, and how long each value lives.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::host::failed;
use super::op::{self, DeviceOp, Means, Reads, Route};
use crate::error::{Error, Result};
use crate::graph::{Graph, NodeId, Op, ParameterId};

pub(super) struct Plan {
    graph: Arc<Graph>,
    device: Device,
    route: Route,
    pub(super) nodes: Vec<PlanNode>,
}

/// What the walk does at a node.
pub(super) struct PlanNode {
    pub source: Source,
    pub inputs: Vec<NodeId>,
    pub parameters: Vec<ParameterId>,
    /// Whether a result of the graph depends on it.
    pub is_needed: bool,
    /// Whether the loss may change with a parameter through this node.
    pub has_gradient: bool,
    /// Values that no later node and no gradient reads: dropped after this node's forward pass.
    pub last_uses: Vec<NodeId>,
}

/// Where a node's value comes from.
pub(super) enum Source {
    Constant(Tensor),
    Parameter(ParameterId),
    Op(Box<dyn DeviceOp>),
}

impl Plan {
    pub fn new(graph: Arc<Graph>, device: &Device, means: Means) -> Result<Self> {
        let mut nodes = Vec::with_capacity(graph.nodes.len());
        for (node, has_gradient) in graph.nodes.iter().zip(graph.gradient_nodes()) {
            let source = match node.op {
                Op::Constant(id) => Source::Constant(upload_constant(&graph, id.0, device)?),
                Op::Parameter(id) => Source::Parameter(id),
                _ => match op::build(&graph, node, device, means).map_err(failed("preparing"))? {
                    Some(op) => Source::Op(op),
                    None => return Err(Error::Internal("a node without an op".into())),
                },
            };
            nodes.push(PlanNode {
                source,
                inputs: node.inputs.clone(),
                parameters: node.op.parameters(),
                is_needed: false,
                has_gradient,
                last_uses: Vec::new(),
            });
        }
        let mut plan = Plan { graph, device: device.clone(), route: means.route, nodes };
        plan.mark_needed();
        plan.mark_last_uses();
        Ok(plan)
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn route(&self) -> Route {
        self.route
    }

    /// A buffer of a state, as a picture.
    pub fn picture(&self, samples: &[f32]) -> Result<Tensor> {
        let shape = self.graph.shape(self.graph.restored);
        self.upload(samples, &[shape.channels, shape.height, shape.width])
    }

    /// Samples of these dimensions.
    pub fn upload(&self, samples: &[f32], dims: &[usize]) -> Result<Tensor> {
        if samples.len() != dims.iter().product::<usize>() {
            return Err(Error::Internal(format!("a buffer of {} samples for dimensions {dims:?}", samples.len())));
        }
        Tensor::from_slice(samples, dims, &self.device).map_err(failed("loading"))
    }

    fn mark_needed(&mut self) {
        for id in self.graph.results() {
            self.nodes[id.0].is_needed = true;
        }
        for index in (0..self.nodes.len()).rev() {
            if self.nodes[index].is_needed {
                for input in self.nodes[index].inputs.clone() {
                    self.nodes[input.0].is_needed = true;
                }
            }
        }
    }

    fn mark_last_uses(&mut self) {
        let mut last_use: Vec<Option<usize>> = vec![None; self.nodes.len()];
        let mut is_kept = vec![false; self.nodes.len()];
        for id in self.graph.results() {
            is_kept[id.0] = true;
        }
        for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.is_needed) {
            let reads = match &node.source {
                Source::Op(op) if node.has_gradient => op.reads(),
                _ => Reads::Nothing,
            };
            is_kept[index] |= reads == Reads::Output;
            for input in &node.inputs {
                last_use[input.0] = Some(index);
                is_kept[input.0] |= reads == Reads::Arguments;
            }
        }
        for (value, user) in last_use.into_iter().enumerate() {
            if let (Some(user), false) = (user, is_kept[value]) {
                self.nodes[user].last_uses.push(NodeId(value));
            }
        }
    }
}

fn upload_constant(graph: &Graph, index: usize, device: &Device) -> Result<Tensor> {
    let constant = &graph.constants[index];
    let dims = (constant.shape.channels, constant.shape.height, constant.shape.width);
    constant.draw()?;
    Tensor::from_slice(constant.samples(), dims, device).map_err(failed("constants"))
}

//! A complete graph: what an executor runs.

use super::constant::Constant;
use super::id::NodeId;
use super::node::Node;
use super::op::Op;
use super::parameter::Parameter;
use super::shape::Shape;
use crate::error::Result;
use crate::room;

/// A fit, ready for an executor. Only [`GraphBuilder::finish`](super::GraphBuilder::finish) makes one.
#[derive(Debug, Clone)]
pub struct Graph {
    pub seed: u32,
    pub job: u32,
    pub nodes: Vec<Node>,
    pub parameters: Vec<Parameter>,
    pub constants: Vec<Constant>,
    /// x, the picture looked for.
    pub restored: NodeId,
    /// The scalar that is minimised.
    pub loss: NodeId,
    /// The scalar that measures agreement with the degraded picture.
    pub data_term: NodeId,
    /// A scalar that only informs: the estimated mean squared error of x.
    pub risk: Option<NodeId>,
    /// How much each sample of x counts in its moving average, 0..1; all fully for none.
    pub counted: Option<NodeId>,
}

impl Graph {
    /// Shape of a node's value.
    pub fn shape(&self, node: NodeId) -> Shape {
        self.nodes[node.0].shape
    }

    /// Draws the initial values of all parameters, one parameter after the other.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn initial_parameters(&self) -> Result<Vec<f32>> {
        let mut all = room::filled(self.parameters.iter().map(Parameter::samples).sum(), 0.0)?;
        let mut rest = &mut all[..];
        for (index, parameter) in self.parameters.iter().enumerate() {
            let (values, others) = rest.split_at_mut(parameter.samples());
            parameter.init.draw(self.seed, self.job, index as u32, values);
            rest = others;
        }
        Ok(all)
    }

    /// Counts the floating-point operations of a forward pass, of convolutions that are done directly; a whole
    /// iteration has about three times as many.
    pub fn forward_flops(&self) -> u64 {
        self.nodes.iter().map(|node| self.node_flops(node)).sum()
    }

    /// Lists the nodes that are read from outside of the graph.
    pub fn results(&self) -> Vec<NodeId> {
        let always = [self.restored, self.loss, self.data_term];
        always.into_iter().chain(self.risk).chain(self.counted).collect()
    }

    fn node_flops(&self, node: &Node) -> u64 {
        match node.op {
            Op::Conv { weight, .. } => {
                let pixels = node.shape.height * node.shape.width;
                2 * self.parameters[weight.0].samples() as u64 * pixels as u64
            }
            _ => 0,
        }
    }
}

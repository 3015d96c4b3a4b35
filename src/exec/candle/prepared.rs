//! A graph prepared for a device: its constants on the device, an op for each node, and how long each value lives.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::batch_norm::BatchNormOp;
use super::concat::ConcatOp;
use super::conv::{ConvOp, Geometry};
use super::crop::CropOp;
use super::data_term::DataTermOp;
use super::fill::FillOp;
use super::hide::HideOp;
use super::host::failed;
use super::leaky_relu::LeakyReluOp;
use super::mix::MixOp;
use super::noise::NoiseOp;
use super::op::{DeviceOp, Reads};
use super::resample::ResampleOp;
use super::sigmoid::SigmoidOp;
use super::variation::VariationOp;
use super::weighted_sum::WeightedSumOp;
use crate::error::{Error, Result};
use crate::graph::{Graph, Node, NodeId, Op, ParameterId};

/// A graph with all that its iterations need on the device, except for what iterations change.
pub(super) struct PreparedGraph {
    graph: Arc<Graph>,
    device: Device,
    /// The nodes in the graph's order.
    pub(super) nodes: Vec<PreparedNode>,
}

/// A node, with what the walk has to know of it.
pub(super) struct PreparedNode {
    pub source: NodeSource,
    pub inputs: Vec<NodeId>,
    pub parameters: Vec<ParameterId>,
    /// Whether a result of the graph depends on this node.
    pub is_needed: bool,
    /// Whether the loss may change with a parameter through this node.
    pub has_gradient: bool,
    /// Values that no later node and no gradient reads: dropped after this node's forward pass.
    pub last_uses: Vec<NodeId>,
}

/// Where a node's value comes from.
pub(super) enum NodeSource {
    Constant(Tensor),
    Parameter(ParameterId),
    Op(Box<dyn DeviceOp>),
}

impl PreparedGraph {
    /// Prepares a graph for a device. The matrix of a convolution has about `column_samples` samples at most.
    ///
    /// # Errors
    /// `OutOfMemory`, or `Device` where the device has no room.
    pub fn new(graph: Arc<Graph>, device: &Device, column_samples: usize) -> Result<Self> {
        let mut nodes = Vec::with_capacity(graph.nodes.len());
        for (node, has_gradient) in graph.nodes.iter().zip(graph.gradient_nodes()) {
            nodes.push(PreparedNode {
                source: NodeSource::new(&graph, node, device, column_samples)?,
                inputs: node.inputs.clone(),
                parameters: node.op.parameters(),
                is_needed: false,
                has_gradient,
                last_uses: Vec::new(),
            });
        }
        let mut prepared = PreparedGraph { graph, device: device.clone(), nodes };
        prepared.mark_needed();
        prepared.mark_last_uses();
        Ok(prepared)
    }

    /// The graph as it was given.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Uploads samples of the restored picture's shape.
    ///
    /// # Errors
    /// `Internal` for another number of samples; `Device`.
    pub fn picture(&self, samples: &[f32]) -> Result<Tensor> {
        let shape = self.graph.shape(self.graph.restored);
        self.upload(samples, &[shape.channels, shape.height, shape.width])
    }

    /// Uploads samples of these dimensions.
    ///
    /// # Errors
    /// `Internal` for another number of samples; `Device`.
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
            let reads = node.reads();
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

impl PreparedNode {
    /// What the gradient of this node reads.
    fn reads(&self) -> Reads {
        match &self.source {
            NodeSource::Op(op) if self.has_gradient => op.reads(),
            NodeSource::Op(_) | NodeSource::Constant(_) | NodeSource::Parameter(_) => Reads::Nothing,
        }
    }
}

impl NodeSource {
    fn new(graph: &Graph, node: &Node, device: &Device, column_samples: usize) -> Result<NodeSource> {
        let inputs: Vec<_> = node.inputs.iter().map(|input| graph.shape(*input)).collect();
        let op: Box<dyn DeviceOp> = match &node.op {
            Op::Constant(id) => return Ok(NodeSource::Constant(upload_constant(graph, id.0, device)?)),
            Op::Parameter(id) => return Ok(NodeSource::Parameter(*id)),
            Op::AddNoise { stream, standard_deviation } => {
                Box::new(NoiseOp::new(graph, *stream, *standard_deviation, device))
            }
            Op::Conv { kernel, stride, padding, .. } => {
                let (inputs, outputs) = (inputs[0], node.shape);
                let geometry = Geometry { inputs, outputs, kernel: *kernel, stride: *stride, padding: *padding };
                Box::new(ConvOp::new(geometry, device, column_samples).map_err(failed("preparing"))?)
            }
            Op::BatchNorm { .. } => Box::new(BatchNormOp),
            Op::LeakyRelu => Box::new(LeakyReluOp),
            Op::Sigmoid => Box::new(SigmoidOp),
            Op::Resample(resample) => Box::new(ResampleOp::new(resample, device).map_err(failed("preparing"))?),
            Op::Crop { top, left } => Box::new(CropOp { from: inputs[0], to: node.shape, top: *top, left: *left }),
            Op::Mix { weights } => {
                Box::new(MixOp::new(weights, node.shape.channels, device).map_err(failed("preparing"))?)
            }
            Op::Concat => Box::new(ConcatOp { channels: inputs.iter().map(|shape| shape.channels).collect() }),
            Op::Hide { stream, share, hiding } => Box::new(HideOp::new(graph, *stream, *share, *hiding, device)),
            Op::Fill => Box::new(FillOp { device: device.clone() }),
            Op::DataTerm => Box::new(DataTermOp),
            Op::TotalVariation => Box::new(VariationOp),
            Op::WeightedSum { weights } => Box::new(WeightedSumOp { weights: weights.clone() }),
        };
        Ok(NodeSource::Op(op))
    }
}

fn upload_constant(graph: &Graph, index: usize, device: &Device) -> Result<Tensor> {
    let constant = &graph.constants[index];
    let dims = (constant.shape.channels, constant.shape.height, constant.shape.width);
    constant.draw()?;
    Tensor::from_slice(constant.samples(), dims, device).map_err(failed("constants"))
}

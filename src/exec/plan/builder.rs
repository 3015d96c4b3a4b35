//! The builder of a plan: it turns the nodes of a graph into steps and values, and decides which values are stored and
//! which are only seen through a view.

use std::sync::Arc;

use super::step::{Action, Convolution, Step, Store};
use super::target::{PlanTarget, ViewReader};
use super::value::{NormParameters, Value, ValueId};
use crate::graph::{ConstantId, Graph, Node, NodeId, Op, Resample};

/// A plan in the making.
pub(super) struct PlanBuilder<'a> {
    graph: &'a Graph,
    target: &'a dyn PlanTarget,
    /// The nodes that read each node.
    readers: Vec<Vec<NodeId>>,
    /// Whether the gradient of each node's value is needed.
    has_gradient: Vec<bool>,
    /// The value of each node that has one so far.
    seen: Vec<Option<ValueId>>,
    pub values: Vec<Value>,
    pub steps: Vec<Step>,
    /// The values that hold a constant.
    pub constants: Vec<(ConstantId, ValueId)>,
}

impl<'a> PlanBuilder<'a> {
    /// Makes the steps and values of all nodes.
    pub fn new(graph: &'a Graph, target: &'a dyn PlanTarget) -> Self {
        let mut readers = vec![Vec::new(); graph.nodes.len()];
        for (index, node) in graph.nodes.iter().enumerate() {
            node.inputs.iter().for_each(|input| readers[input.0].push(NodeId(index)));
        }
        let mut builder = PlanBuilder {
            graph,
            target,
            readers,
            has_gradient: graph.gradient_nodes(),
            seen: vec![None; graph.nodes.len()],
            values: Vec::new(),
            steps: Vec::new(),
            constants: Vec::new(),
        };
        for (index, node) in graph.nodes.iter().enumerate() {
            builder.node(NodeId(index), node);
        }
        builder
    }

    fn node(&mut self, id: NodeId, node: &Node) {
        match &node.op {
            // A constant becomes a value when a step reads it.
            Op::Constant(_) => {}
            Op::Parameter(parameter) => self.push(id, Action::Picture(*parameter), None),
            Op::AddNoise { stream, standard_deviation } => {
                let constant = self.own_constant(node.inputs[0]);
                let input = if constant.is_none() { Some(self.ordered(node.inputs[0])) } else { None };
                let level = node.inputs.get(1).map(|level| self.ordered(*level));
                let action =
                    Action::Noise { constant, stream: *stream, standard_deviation: *standard_deviation, level };
                self.push(id, action, input);
            }
            Op::Hide { stream, share, hiding } => {
                let input = self.ordered(node.inputs[0]);
                self.push(id, Action::Hide { stream: *stream, share: *share, hiding: *hiding }, Some(input));
            }
            Op::Fill => {
                let (input, weight) = (self.ordered(node.inputs[0]), self.ordered(node.inputs[1]));
                self.push(id, Action::Fill(weight), Some(input));
            }
            Op::Conv { .. } => self.conv(id, node),
            Op::BatchNorm { scale, shift } => {
                let value = self.viewable(node.inputs[0], |value| value.is_plain());
                self.values[value.0].norm = Some(NormParameters { scale: *scale, shift: *shift });
                self.view(id, value);
            }
            Op::LeakyRelu => {
                let value = self.viewable(node.inputs[0], |value| !value.is_leaky);
                self.values[value.0].is_leaky = true;
                self.view(id, value);
            }
            Op::Sigmoid => {
                let input = self.plain(node.inputs[0]);
                self.push(id, Action::Sigmoid, Some(input));
            }
            Op::Resample(resample) => self.resample(id, node, resample),
            Op::Crop { top, left } => {
                let input = self.plain(node.inputs[0]);
                self.push(id, Action::Crop { top: *top, left: *left }, Some(input));
            }
            Op::Mix { weights } => {
                let input = self.ordered(node.inputs[0]);
                self.push(id, Action::Mix(weights.clone()), Some(input));
            }
            Op::Concat => self.concat(id, node),
            Op::DataTerm => self.data_term(id, node),
            Op::TotalVariation => {
                let input = self.plain(node.inputs[0]);
                self.push(id, Action::Variation, Some(input));
            }
            Op::WeightedSum { weights } => {
                for (index, (input, weight)) in node.inputs.iter().zip(weights).enumerate() {
                    let input = self.ordered(*input);
                    let store = if index == 0 { Store::Overwrite } else { Store::Add };
                    self.push(id, Action::Weigh { weight: *weight, store }, Some(input));
                }
            }
        }
    }

    fn push(&mut self, id: NodeId, action: Action, input: Option<ValueId>) {
        let output = self.output(id);
        self.steps.push(Step::new(action, input, output));
    }

    /// Adds a value that shows what this node makes.
    fn add(&mut self, id: NodeId, mut value: Value) -> ValueId {
        value.needs_gradient = self.has_gradient[id.0];
        self.values.push(value);
        ValueId(self.values.len() - 1)
    }

    /// The value that a node's step writes: its own, or its part of the concatenation that alone reads it.
    fn output(&mut self, id: NodeId) -> ValueId {
        if let Some(value) = self.seen[id.0] {
            return value;
        }
        let value = match self.only_join(id) {
            Some(join) => {
                let inputs = &self.graph.nodes[join.0].inputs;
                let position = inputs.iter().position(|input| *input == id).unwrap_or(0);
                self.part(join, position)
            }
            None => self.add(id, self.in_order(id)),
        };
        self.seen[id.0] = Some(value);
        value
    }

    /// A value for a node, with its channels in order.
    fn in_order(&self, id: NodeId) -> Value {
        Value::new(self.graph.shape(id), self.target.channel_block())
    }

    /// The node that alone reads this one.
    fn only_reader(&self, id: NodeId) -> Option<NodeId> {
        let [reader] = self.readers[id.0][..] else { return None };
        Some(reader)
    }

    /// The constant that this node is, where nothing else reads it.
    fn own_constant(&self, id: NodeId) -> Option<ConstantId> {
        let Op::Constant(constant) = self.graph.nodes[id.0].op else { return None };
        self.only_reader(id).map(|_| constant)
    }

    /// The concatenation that alone reads this node, whose step may then write straight into its part of the joined
    /// value.
    fn only_join(&self, id: NodeId) -> Option<NodeId> {
        let reader = self.only_reader(id)?;
        let is_join = matches!(self.graph.nodes[reader.0].op, Op::Concat);
        let is_storing = matches!(self.graph.nodes[id.0].op, Op::Resample(_) | Op::Crop { .. });
        (is_join && is_storing).then_some(reader)
    }

    /// The part of a joined value that belongs to its input at `position`.
    fn part(&mut self, join: NodeId, position: usize) -> ValueId {
        let joined = self.joined(join);
        let inputs = &self.graph.nodes[join.0].inputs;
        let blocks = |id: &NodeId| self.in_order(*id).blocks;
        let before = inputs[..position].iter().map(blocks).sum();
        let value = Value { parent: Some((joined, before)), ..self.in_order(inputs[position]) };
        self.add(inputs[position], value)
    }

    /// The value of a concatenation. Each input starts a block of its own, so that its channels keep their lanes.
    fn joined(&mut self, id: NodeId) -> ValueId {
        if let Some(value) = self.seen[id.0] {
            return value;
        }
        let (mut lanes, mut channels) = (Vec::new(), 0);
        for input in &self.graph.nodes[id.0].inputs {
            let input = self.in_order(*input);
            lanes.extend(input.lanes.iter().map(|lane| channels + lane));
            channels += input.channels();
        }
        let value = Value::with_lanes(self.graph.shape(id), lanes, self.target.channel_block());
        let value = self.add(id, value);
        self.seen[id.0] = Some(value);
        value
    }

    fn concat(&mut self, id: NodeId, node: &Node) {
        self.joined(id);
        for (position, input) in node.inputs.iter().enumerate() {
            let is_written_there = self.only_join(*input) == Some(id);
            if !is_written_there {
                let source = self.value(*input);
                let part = self.part(id, position);
                let is_in_order = self.values[source.0].lanes == self.values[part.0].lanes;
                let source = if is_in_order { source } else { self.ordered(*input) };
                self.steps.push(Step::new(Action::Copy, Some(source), part));
            }
        }
    }

    /// The value of a node, as its readers see it.
    pub fn value(&mut self, id: NodeId) -> ValueId {
        if let Some(value) = self.seen[id.0] {
            return value;
        }
        let value = self.add(id, self.in_order(id));
        if let Op::Constant(constant) = self.graph.nodes[id.0].op {
            self.constants.push((constant, value));
        }
        self.seen[id.0] = Some(value);
        value
    }

    /// The value of a node, stored as readers see it. Later readers see the stored one too, which saves them the work.
    pub fn plain(&mut self, id: NodeId) -> ValueId {
        let value = self.value(id);
        if self.values[value.0].is_plain() {
            return value;
        }
        let copy = self.copy(id, value);
        self.seen[id.0] = Some(copy);
        copy
    }

    fn copy(&mut self, id: NodeId, source: ValueId) -> ValueId {
        let Value { shape, lanes, block, .. } = self.values[source.0].clone();
        let copy = self.add(id, Value::with_lanes(shape, lanes, block));
        self.steps.push(Step::new(Action::Copy, Some(source), copy));
        copy
    }

    /// The value of a node, to which a view may be added since nothing else reads it without; a copy where something
    /// does.
    fn viewable(&mut self, id: NodeId, accepts: impl Fn(&Value) -> bool) -> ValueId {
        let value = self.value(id);
        let is_constant = matches!(self.graph.nodes[id.0].op, Op::Constant(_));
        let is_free = self.readers[id.0].len() == 1 && id != self.graph.restored && !is_constant;
        let is_part = self.values[value.0].parent.is_some();
        if is_free && !is_part && accepts(&self.values[value.0]) { value } else { self.copy(id, value) }
    }

    /// Adds the step of a view. A value has one such step for its norm and its leaky ReLU together.
    fn view(&mut self, id: NodeId, value: ValueId) {
        self.seen[id.0] = Some(value);
        self.values[value.0].needs_gradient |= self.has_gradient[id.0];
        let has_step = self.steps.iter().any(|step| matches!(step.action, Action::View(_)) && step.output == value);
        if !has_step {
            self.steps.push(Step::new(Action::View(self.values[value.0].norm), None, value));
        }
    }

    /// The value of a node as steps of this kind read it: with its view, where the device applies views in such
    /// steps.
    fn read(&mut self, id: NodeId, reader: ViewReader) -> ValueId {
        if self.target.applies_views(reader) { self.value(id) } else { self.plain(id) }
    }

    fn conv(&mut self, id: NodeId, node: &Node) {
        let Op::Conv { weight, bias, kernel, stride, padding } = node.op else { return };
        let input = self.read(node.inputs[0], ViewReader::Convolution);
        let reader = self.only_reader(id);
        let is_bias_cancelled = reader.is_some_and(|node| matches!(self.graph.nodes[node.0].op, Op::BatchNorm { .. }));
        let convolution = Convolution { weight, bias, is_bias_cancelled, kernel, stride, padding };
        self.push(id, Action::Conv(convolution), Some(input));
    }

    fn resample(&mut self, id: NodeId, node: &Node, resample: &Arc<Resample>) {
        let input = self.read(node.inputs[0], ViewReader::Resampling);
        let output = self.output(id);
        let channels_match = self.values[input.0].lanes == self.values[output.0].lanes;
        let input = if channels_match { input } else { self.ordered(node.inputs[0]) };
        self.push(id, Action::Resample(resample.clone()), Some(input));
    }

    /// The value of a node stored as readers see it, with its channels in order, for ops that read several values.
    fn ordered(&mut self, id: NodeId) -> ValueId {
        let source = self.plain(id);
        let value = self.in_order(id);
        if self.values[source.0].lanes == value.lanes {
            return source;
        }
        let ordered = self.add(id, value);
        self.steps.push(Step::new(Action::Relane, Some(source), ordered));
        ordered
    }

    fn data_term(&mut self, id: NodeId, node: &Node) {
        let [input, degraded, weight] = [0, 1, 2].map(|i| self.ordered(node.inputs[i]));
        self.push(id, Action::DataTerm { degraded, weight }, Some(input));
    }
}

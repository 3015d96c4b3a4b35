//! From a graph to a plan: which steps run in which order, on which parts of the arena.

use std::ops::Range;
use std::sync::Arc;

use super::kernels::LANES;
use super::kernels::conv::{Conv, Shape as ConvShape};
use super::step::{ConvWork, ResampleWork, Step, Work};
use super::value::{Norm, Value, ValueId};
use crate::graph::{ConstantId, Graph, Node, NodeId, Op, Resample, Shape};

/// Steps, values, and the size of what they need.
pub(super) struct Plan {
    pub steps: Vec<Step>,
    pub values: Vec<Value>,
    /// Values that hold a constant.
    pub constants: Vec<(ConstantId, ValueId)>,
    pub restored: ValueId,
    pub loss: ValueId,
    pub data_term: ValueId,
    pub risk: Option<ValueId>,
    /// How much each sample of the restored picture counts in its average.
    pub counted: Option<ValueId>,
    /// Padded input of the convolution that is running.
    pub padded: Range<usize>,
    pub scratch: Range<usize>,
    pub arena_samples: usize,
    /// Place of each parameter among all.
    pub parameters: Vec<Range<usize>>,
    pub threads: usize,
}

struct Builder<'a> {
    graph: &'a Graph,
    /// Readers of each node.
    readers: Vec<Vec<NodeId>>,
    /// Value of each node that has one.
    seen: Vec<Option<ValueId>>,
    values: Vec<Value>,
    steps: Vec<Step>,
    constants: Vec<(ConstantId, ValueId)>,
}

impl Plan {
    pub fn new(graph: &Graph, threads: usize) -> Plan {
        let mut builder = Builder::new(graph);
        for (index, node) in graph.nodes.iter().enumerate() {
            builder.node(NodeId(index), node);
        }
        let restored = builder.plain(graph.restored);
        let (loss, data_term) = (builder.value(graph.loss), builder.value(graph.data_term));
        let [risk, counted] = [graph.risk, graph.counted].map(|node| node.map(|node| builder.plain(node)));
        builder.mark_gradients();
        let Builder { values, steps, constants, .. } = builder;
        let mut plan = Plan {
            steps,
            values,
            constants,
            restored,
            loss,
            data_term,
            risk,
            counted,
            padded: 0..0,
            scratch: 0..0,
            arena_samples: 0,
            parameters: places(graph),
            threads,
        };
        plan.place();
        plan
    }
}

fn places(graph: &Graph) -> Vec<Range<usize>> {
    let mut end = 0;
    let place = |parameter: &crate::graph::Parameter| {
        end += parameter.samples();
        end - parameter.samples()..end
    };
    graph.parameters.iter().map(place).collect()
}

impl<'a> Builder<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut readers = vec![Vec::new(); graph.nodes.len()];
        for (index, node) in graph.nodes.iter().enumerate() {
            node.inputs.iter().for_each(|input| readers[input.0].push(NodeId(index)));
        }
        Builder {
            graph,
            readers,
            seen: vec![None; graph.nodes.len()],
            values: Vec::new(),
            steps: Vec::new(),
            constants: Vec::new(),
        }
    }

    fn node(&mut self, id: NodeId, node: &Node) {
        match &node.op {
            // It becomes a value when a step reads it.
            Op::Constant(_) => {}
            Op::Parameter(parameter) => self.push(id, Work::Picture(*parameter), None),
            Op::AddNoise { stream, standard_deviation } => {
                let constant = match self.graph.nodes[node.inputs[0].0].op {
                    Op::Constant(constant) if self.readers[node.inputs[0].0].len() == 1 => Some(constant),
                    _ => None,
                };
                let input = if constant.is_none() { Some(self.ordered(node.inputs[0])) } else { None };
                let level = node.inputs.get(1).map(|level| self.ordered(*level));
                let work = Work::Noise { constant, stream: *stream, standard_deviation: *standard_deviation, level };
                self.push(id, work, input);
            }
            Op::Hide { stream, share, hiding } => {
                let input = self.ordered(node.inputs[0]);
                self.push(id, Work::Hide { stream: *stream, share: *share, hiding: *hiding }, Some(input));
            }
            Op::Fill => {
                let (input, weight) = (self.ordered(node.inputs[0]), self.ordered(node.inputs[1]));
                self.push(id, Work::Fill(weight), Some(input));
            }
            Op::Conv { .. } => self.conv(id, node),
            Op::BatchNorm { scale, shift } => {
                let value = self.viewable(node.inputs[0], |value| value.is_plain());
                self.values[value.0].norm = Some(Norm { scale: *scale, shift: *shift });
                self.view(id, value);
            }
            Op::LeakyRelu => {
                let value = self.viewable(node.inputs[0], |value| !value.is_leaky);
                self.values[value.0].is_leaky = true;
                self.view(id, value);
            }
            Op::Sigmoid => {
                let input = self.plain(node.inputs[0]);
                self.push(id, Work::Sigmoid, Some(input));
            }
            Op::Resample(resample) => self.resample(id, node, resample),
            Op::Crop { top, left } => {
                let input = self.plain(node.inputs[0]);
                self.push(id, Work::Crop { top: *top, left: *left }, Some(input));
            }
            Op::Mix { weights } => {
                let input = self.ordered(node.inputs[0]);
                self.push(id, Work::Mix(weights.clone()), Some(input));
            }
            Op::Concat => self.concat(id, node),
            Op::DataTerm => self.data_term(id, node),
            Op::TotalVariation => {
                let input = self.plain(node.inputs[0]);
                self.push(id, Work::Variation, Some(input));
            }
            Op::WeightedSum { weights } => {
                for (index, (input, weight)) in node.inputs.iter().zip(weights).enumerate() {
                    let input = self.ordered(*input);
                    self.push(id, Work::Weigh { weight: *weight, is_first: index == 0 }, Some(input));
                }
            }
        }
    }

    fn push(&mut self, id: NodeId, work: Work, input: Option<ValueId>) {
        let output = self.output(id);
        self.steps.push(Step { work, input, output, adds: false });
    }

    fn add(&mut self, value: Value) -> ValueId {
        self.values.push(value);
        ValueId(self.values.len() - 1)
    }

    /// A new value for a node, with the lanes of what it is made of where it keeps the channels.
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
            None => self.add(Value::new(self.graph.shape(id))),
        };
        self.seen[id.0] = Some(value);
        value
    }

    /// The concatenation that alone reads this node, which may then be written in its place there.
    fn only_join(&self, id: NodeId) -> Option<NodeId> {
        let [reader] = self.readers[id.0][..] else { return None };
        let is_join = matches!(self.graph.nodes[reader.0].op, Op::Concat);
        let is_storing = matches!(self.graph.nodes[id.0].op, Op::Resample(_) | Op::Crop { .. });
        (is_join && is_storing).then_some(reader)
    }

    /// The part of a joined value that belongs to its input at `position`.
    fn part(&mut self, join: NodeId, position: usize) -> ValueId {
        let joined = self.joined(join);
        let inputs = &self.graph.nodes[join.0].inputs;
        let blocks = |id: &NodeId| self.graph.shape(*id).channels.div_ceil(LANES);
        let before = inputs[..position].iter().map(blocks).sum();
        let mut value = Value::new(self.graph.shape(inputs[position]));
        value.parent = Some((joined, before));
        self.add(value)
    }

    /// The value of a concatenation: each input starts a block, so that none is shifted by lanes.
    fn joined(&mut self, id: NodeId) -> ValueId {
        if let Some(value) = self.seen[id.0] {
            return value;
        }
        let (mut lanes, mut blocks) = (Vec::new(), 0);
        for input in &self.graph.nodes[id.0].inputs {
            let channels = self.graph.shape(*input).channels;
            lanes.extend((0..channels).map(|channel| blocks * LANES + channel));
            blocks += channels.div_ceil(LANES);
        }
        let value = self.add(Value::with_lanes(self.graph.shape(id), lanes, blocks));
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
                self.steps.push(Step { work: Work::Copy, input: Some(source), output: part, adds: false });
            }
        }
    }

    /// The value of a node, as its readers see it.
    fn value(&mut self, id: NodeId) -> ValueId {
        if let Some(value) = self.seen[id.0] {
            return value;
        }
        let value = self.add(Value::new(self.graph.shape(id)));
        if let Op::Constant(constant) = self.graph.nodes[id.0].op {
            self.constants.push((constant, value));
        }
        self.seen[id.0] = Some(value);
        value
    }

    /// The same, stored as it is seen.
    fn plain(&mut self, id: NodeId) -> ValueId {
        let value = self.value(id);
        if self.values[value.0].is_plain() { value } else { self.copy(id, value) }
    }

    fn copy(&mut self, id: NodeId, source: ValueId) -> ValueId {
        let Value { shape, lanes, blocks, .. } = self.values[source.0].clone();
        let copy = self.add(Value::with_lanes(shape, lanes, blocks));
        self.steps.push(Step { work: Work::Copy, input: Some(source), output: copy, adds: false });
        // Later readers see the copy, which saves them the work.
        self.seen[id.0] = Some(copy);
        copy
    }

    /// The value of a node to which a view may be added: nobody else reads it otherwise.
    fn viewable(&mut self, id: NodeId, accepts: impl Fn(&Value) -> bool) -> ValueId {
        let value = self.value(id);
        let is_constant = matches!(self.graph.nodes[id.0].op, Op::Constant(_));
        let is_free = self.readers[id.0].len() == 1 && id != self.graph.restored && !is_constant;
        let is_part = self.values[value.0].parent.is_some();
        if is_free && !is_part && accepts(&self.values[value.0]) { value } else { self.copy(id, value) }
    }

    /// A norm or leaky ReLU: one step, however many of them a value has.
    fn view(&mut self, id: NodeId, value: ValueId) {
        self.seen[id.0] = Some(value);
        let has_step = self.steps.iter().any(|step| matches!(step.work, Work::View) && step.output == value);
        if !has_step {
            self.steps.push(Step { work: Work::View, input: None, output: value, adds: false });
        }
    }

    fn conv(&mut self, id: NodeId, node: &Node) {
        let Op::Conv { weight, bias, kernel, stride, padding } = node.op else { return };
        let input = self.value(node.inputs[0]);
        let output = self.output(id);
        let (from, to) = (&self.values[input.0], &self.values[output.0]);
        let shape = ConvShape {
            inputs: from.blocks * LANES,
            outputs: to.blocks * LANES,
            height: to.shape.height,
            width: to.shape.width,
            kernel,
            stride,
        };
        let conv = Conv::new(shape, from.lanes.clone(), to.lanes.clone());
        let is_bias_cancelled = match self.readers[id.0][..] {
            [reader] => matches!(self.graph.nodes[reader.0].op, Op::BatchNorm { .. }),
            _ => false,
        };
        let border = (kernel - 1) / 2;
        let work = ConvWork { conv, weight, bias, is_bias_cancelled, padding, border, packed: 0..0, by_padded: 0..0 };
        self.steps.push(Step { work: Work::Conv(Box::new(work)), input: Some(input), output, adds: false });
    }

    fn resample(&mut self, id: NodeId, node: &Node, resample: &Arc<Resample>) {
        let input = self.value(node.inputs[0]);
        let (back_rows, back_columns) = (resample.rows.transposed(), resample.columns.transposed());
        let work = ResampleWork { resample: resample.clone(), back_rows, back_columns };
        let output = self.output(id);
        let channels_match = self.values[input.0].lanes == self.values[output.0].lanes;
        let input = if channels_match { input } else { self.ordered(node.inputs[0]) };
        self.steps.push(Step { work: Work::Resample(Box::new(work)), input: Some(input), output, adds: false });
    }

    /// A value stored as it is seen, its channels in order, for ops on several values.
    fn ordered(&mut self, id: NodeId) -> ValueId {
        let source = self.plain(id);
        let value = Value::new(self.graph.shape(id));
        if self.values[source.0].lanes == value.lanes {
            return source;
        }
        let ordered = self.add(value);
        self.steps.push(Step { work: Work::Relane, input: Some(source), output: ordered, adds: false });
        ordered
    }

    fn data_term(&mut self, id: NodeId, node: &Node) {
        let [input, degraded, weight] = [0, 1, 2].map(|i| self.ordered(node.inputs[i]));
        self.push(id, Work::DataTerm { degraded, weight }, Some(input));
    }

    /// Only values that a parameter reaches and that lead to the loss have gradients.
    fn mark_gradients(&mut self) {
        let mut leads = vec![false; self.values.len()];
        if let Some(loss) = self.seen[self.graph.loss.0] {
            leads[loss.0] = true;
        }
        for step in self.steps.iter().rev() {
            let whole = self.values[step.output.0].parent.map_or(step.output, |(parent, _)| parent);
            leads[step.output.0] |= leads[whole.0];
            if let Some(input) = step.input.filter(|_| leads[step.output.0]) {
                leads[input.0] = true;
            }
        }
        for step in &self.steps {
            let has_parameter = matches!(step.work, Work::Picture(_) | Work::Conv(_));
            let passes = !matches!(step.work, Work::Hide { .. } | Work::Fill(_));
            let is_reached = passes && step.input.is_some_and(|input| self.values[input.0].needs_gradient);
            let has_norm = matches!(step.work, Work::View) && self.values[step.output.0].norm.is_some();
            if leads[step.output.0] && (has_parameter || is_reached || has_norm) {
                self.values[step.output.0].needs_gradient = true;
                if let Some((parent, _)) = self.values[step.output.0].parent {
                    self.values[parent.0].needs_gradient = true;
                }
            }
        }
    }
}

/// Pixels of a shape.
pub(super) fn pixels(shape: Shape) -> usize {
    shape.height * shape.width
}

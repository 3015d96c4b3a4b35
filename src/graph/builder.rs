//! Building a graph: every method appends a node behind those that it reads, and gives its name.

use super::complete::Graph;
use super::constant::Constant;
use super::hiding::Hiding;
use super::id::{ConstantId, NodeId, ParameterId};
use super::init::Init;
use super::node::Node;
use super::op::Op;
use super::padding::Padding;
use super::parameter::{Parameter, Update};
use super::resample::Resample;
use super::shape::Shape;
use crate::rng::{Draws, Stream};

/// Which nodes of a finished graph are read from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outputs {
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

impl Outputs {
    /// The outputs of a graph whose loss is its data term alone.
    pub fn fitted(restored: NodeId, data_term: NodeId) -> Outputs {
        Outputs { restored, loss: data_term, data_term, risk: None, counted: None }
    }
}

/// A graph that is still being built.
#[derive(Debug, Clone)]
pub struct GraphBuilder {
    seed: u32,
    job: u32,
    nodes: Vec<Node>,
    parameters: Vec<Parameter>,
    constants: Vec<Constant>,
}

impl GraphBuilder {
    /// An empty graph whose random draws are those of `seed` and `job`.
    pub fn new(seed: u32, job: u32) -> Self {
        GraphBuilder { seed, job, nodes: Vec::new(), parameters: Vec::new(), constants: Vec::new() }
    }

    /// Ends the building: the graph whose nodes are read as `outputs` says, all of which this builder has given out.
    pub fn finish(self, outputs: Outputs) -> Graph {
        let GraphBuilder { seed, job, nodes, parameters, constants } = self;
        let Outputs { restored, loss, data_term, risk, counted } = outputs;
        let graph = Graph { seed, job, nodes, parameters, constants, restored, loss, data_term, risk, counted };
        debug_assert!(graph.results().iter().all(|node| node.0 < graph.nodes.len()));
        graph
    }

    /// The random numbers that the graph draws from a stream at an iteration.
    pub fn draws(&self, stream: Stream, iteration: u32) -> Draws {
        Draws::new(self.seed, self.job, stream, iteration)
    }

    /// Shape of a node's value.
    pub fn shape(&self, node: NodeId) -> Shape {
        self.nodes[node.0].shape
    }

    /// A constant with these samples, C, H, W of `shape`.
    pub fn constant(&mut self, shape: Shape, samples: Vec<f32>) -> NodeId {
        self.new_constant(Constant::given(shape, samples))
    }

    /// A constant of random numbers that are uniform in 0..range.
    pub fn uniform(&mut self, shape: Shape, stream: Stream, range: f32) -> NodeId {
        let draws = self.draws(stream, 0);
        self.new_constant(Constant::uniform(shape, draws, range))
    }

    /// A picture that is itself fitted: the paper's experiment without a network.
    pub fn fitted_picture(&mut self, name: &str, shape: Shape, init: Init) -> NodeId {
        let dims = vec![shape.channels, shape.height, shape.width];
        let id = self.new_parameter(name.into(), dims, init);
        self.push(Op::Parameter(id), &[], shape)
    }

    /// x + s n with n ~ N(0, 1) drawn afresh at each iteration.
    pub fn add_noise(&mut self, x: NodeId, stream: Stream, standard_deviation: f32) -> NodeId {
        let shape = self.shape(x);
        self.push(Op::AddNoise { stream, standard_deviation }, &[x], shape)
    }

    /// x + s l n, as [`GraphBuilder::add_noise`] with a plane l of levels of x's shape.
    pub fn add_levelled_noise(&mut self, x: NodeId, level: NodeId, stream: Stream, standard_deviation: f32) -> NodeId {
        let shape = self.shape(x);
        self.push(Op::AddNoise { stream, standard_deviation }, &[x, level], shape)
    }

    /// `weight` without a `share` of its pixels, others at each iteration.
    pub fn hide(&mut self, weight: NodeId, stream: Stream, share: f32, hiding: Hiding) -> NodeId {
        let shape = self.shape(weight);
        self.push(Op::Hide { stream, share, hiding }, &[weight], shape)
    }

    /// x where its `weight` (of x's shape) is 1, and a smooth guess where it is 0.
    pub fn fill(&mut self, x: NodeId, weight: NodeId) -> NodeId {
        let shape = self.shape(x);
        self.push(Op::Fill, &[x, weight], shape)
    }

    /// Convolution with bias. `kernel` is odd; both kinds of padding keep the size at stride 1, and
    /// stride 2 gives the half, rounded up.
    pub fn conv(
        &mut self,
        x: NodeId,
        name: &str,
        outputs: usize,
        kernel: usize,
        stride: usize,
        padding: Padding,
    ) -> NodeId {
        let Shape { channels, height, width } = self.shape(x);
        let bound = Init::of_fan_in(channels * kernel * kernel);
        let weight = self.new_parameter(format!("{name}.weight"), vec![outputs, channels, kernel, kernel], bound);
        let bias = self.new_parameter(format!("{name}.bias"), vec![outputs], bound);
        let shape = Shape::new(outputs, height.div_ceil(stride), width.div_ceil(stride));
        self.push(Op::Conv { weight, bias, kernel, stride, padding }, &[x], shape)
    }

    /// Batch norm over the current picture: mean and biased variance of each channel.
    pub fn batch_norm(&mut self, x: NodeId, name: &str) -> NodeId {
        let shape = self.shape(x);
        let scale = self.new_parameter(format!("{name}.weight"), vec![shape.channels], Init::Constant(1.0));
        let shift = self.new_parameter(format!("{name}.bias"), vec![shape.channels], Init::Constant(0.0));
        self.push(Op::BatchNorm { scale, shift }, &[x], shape)
    }

    /// x where it is above 0, else x times [`LEAKY_SLOPE`](super::LEAKY_SLOPE).
    pub fn leaky_relu(&mut self, x: NodeId) -> NodeId {
        let shape = self.shape(x);
        self.push(Op::LeakyRelu, &[x], shape)
    }

    /// 1 / (1 + exp(-x)).
    pub fn sigmoid(&mut self, x: NodeId) -> NodeId {
        let shape = self.shape(x);
        self.push(Op::Sigmoid, &[x], shape)
    }

    /// A separable linear filter that changes the size.
    pub fn resample(&mut self, x: NodeId, resample: Resample) -> NodeId {
        let channels = self.shape(x).channels;
        let shape = Shape::new(channels, resample.rows.rows(), resample.columns.rows());
        self.push(Op::Resample(resample.into()), &[x], shape)
    }

    /// The rectangle of `height` x `width` at (top, left).
    pub fn crop(&mut self, x: NodeId, top: usize, left: usize, height: usize, width: usize) -> NodeId {
        let from = self.shape(x);
        if (height, width) == (from.height, from.width) {
            return x;
        }
        self.push(Op::Crop { top, left }, &[x], Shape::new(from.channels, height, width))
    }

    /// Makes each channel a weighted sum of x's: a row of `matrix` for each.
    pub fn mix<const N: usize>(&mut self, x: NodeId, matrix: &[[f32; N]]) -> NodeId {
        let shape = Shape { channels: matrix.len(), ..self.shape(x) };
        self.push(Op::Mix { weights: matrix.concat() }, &[x], shape)
    }

    /// Channels of all, first to last; all of one size.
    pub fn concat(&mut self, xs: &[NodeId]) -> NodeId {
        let first = self.shape(xs[0]);
        let channels = xs.iter().map(|x| self.shape(*x).channels).sum();
        self.push(Op::Concat, xs, Shape { channels, ..first })
    }

    /// sum(w (f - y)^2) / number of samples of y. `weight` has y's channels.
    pub fn data_term(&mut self, predicted: NodeId, degraded: NodeId, weight: NodeId) -> NodeId {
        self.push(Op::DataTerm, &[predicted, degraded, weight], Shape::SCALAR)
    }

    /// sum over all channels and pixels of sqrt(dh^2 + dw^2) (forward differences; the last row and
    /// column have none).
    pub fn total_variation(&mut self, x: NodeId) -> NodeId {
        self.push(Op::TotalVariation, &[x], Shape::SCALAR)
    }

    /// Weighted sum of values of one shape.
    pub fn weighted_sum(&mut self, terms: &[(NodeId, f32)]) -> NodeId {
        let inputs: Vec<NodeId> = terms.iter().map(|term| term.0).collect();
        let weights = terms.iter().map(|term| term.1).collect();
        let shape = self.shape(inputs[0]);
        self.push(Op::WeightedSum { weights }, &inputs, shape)
    }

    /// Has Muon update the weights of convolutions whose outputs and fan-in are both above 4: others are no
    /// matrices to speak of.
    pub fn update_matrices_by_muon(&mut self) {
        for parameter in &mut self.parameters {
            if let [outputs, inputs, height, width] = parameter.dims[..]
                && outputs > LARGEST_VECTOR
                && inputs * height * width > LARGEST_VECTOR
            {
                parameter.update = Update::Muon;
            }
        }
    }

    fn push(&mut self, op: Op, inputs: &[NodeId], shape: Shape) -> NodeId {
        self.nodes.push(Node { op, inputs: inputs.to_vec(), shape });
        NodeId(self.nodes.len() - 1)
    }

    fn new_constant(&mut self, constant: Constant) -> NodeId {
        let shape = constant.shape;
        self.constants.push(constant);
        let id = ConstantId(self.constants.len() - 1);
        self.push(Op::Constant(id), &[], shape)
    }

    fn new_parameter(&mut self, name: String, dims: Vec<usize>, init: Init) -> ParameterId {
        self.parameters.push(Parameter { name, dims, init, update: Update::Adam });
        ParameterId(self.parameters.len() - 1)
    }
}

/// The largest side of a matrix that is a few vectors rather than a matrix.
const LARGEST_VECTOR: usize = 4;

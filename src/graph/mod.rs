//! The fit as data: network, forward operator and loss as one list of ops with shapes and parameters.
//! No tensor and no device: an executor runs it, and nothing after this point knows what a task or a
//! network is.

mod hiding;
mod init;
mod matrix;
mod op;
mod reach;

pub use hiding::{Hiding, HoleCopy, MOST_COPIES, kept};
pub use init::Init;
pub use matrix::SparseMatrix;
pub use op::{Filter, LEAKY_SLOPE, NORM_EPSILON, Op, Padding, Resample, TV_EPSILON};

use crate::error::Result;
use crate::rng::{Draws, Stream};
use crate::room;
use std::sync::OnceLock;

/// Channels, height and width of a value; a scalar is 1x1x1. There is one picture: N is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Shape {
    pub const SCALAR: Shape = Shape { channels: 1, height: 1, width: 1 };

    pub fn new(channels: usize, height: usize, width: usize) -> Self {
        Shape { channels, height, width }
    }

    /// Number of samples.
    pub fn samples(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Index of a node; a node's inputs come before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// Index of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterId(pub usize);

/// Index of a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConstantId(pub usize);

/// One op and the values it reads.
#[derive(Debug, Clone)]
pub struct Node {
    pub op: Op,
    pub inputs: Vec<NodeId>,
    pub shape: Shape,
}

/// What the fit may change.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Path through the network, such as `body.inner.down1.conv.weight`.
    pub name: String,
    /// (outputs, inputs, k, k) of a convolution, (channels) of a bias or norm, (C, H, W) of a picture.
    pub dims: Vec<usize>,
    pub init: Init,
    pub update: Update,
}

/// The rule by which a parameter is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    Adam,
    /// Of the weight of a convolution, seen as a matrix of outputs x (inputs k k).
    Muon,
}

impl Parameter {
    pub fn samples(&self) -> usize {
        self.dims.iter().product()
    }
}

/// Data that stays as it is.
#[derive(Debug, Clone)]
pub struct Constant {
    pub shape: Shape,
    samples: OnceLock<Vec<f32>>,
    /// What they are drawn from, and the end of their range.
    uniform: Option<(Draws, f32)>,
}

impl Constant {
    /// C, H, W of the shape. What is drawn is so by [`Constant::draw`], or here: how much memory a graph needs can be
    /// asked before.
    pub fn samples(&self) -> &[f32] {
        self.samples.get_or_init(|| self.drawn(vec![0.0; self.shape.samples()]))
    }

    /// Makes the samples, where that has not been done.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn draw(&self) -> Result<()> {
        if self.samples.get().is_none() {
            let drawn = self.drawn(room::filled(self.shape.samples(), 0.0)?);
            self.samples.get_or_init(|| drawn);
        }
        Ok(())
    }

    fn drawn(&self, mut samples: Vec<f32>) -> Vec<f32> {
        if let Some((draws, range)) = &self.uniform {
            draws.uniform(0, &mut samples);
            samples.iter_mut().for_each(|sample| *sample *= range);
        }
        samples
    }
}

/// A fit, ready for an executor.
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

/// Building: each method appends and returns the new value.
impl Graph {
    /// An empty graph whose random draws are those of `seed` and `job`.
    pub fn new(seed: u32, job: u32) -> Self {
        let none = NodeId(usize::MAX);
        Graph {
            seed,
            job,
            nodes: Vec::new(),
            parameters: Vec::new(),
            constants: Vec::new(),
            restored: none,
            loss: none,
            data_term: none,
            risk: None,
            counted: None,
        }
    }

    pub fn shape(&self, node: NodeId) -> Shape {
        self.nodes[node.0].shape
    }

    fn push(&mut self, op: Op, inputs: &[NodeId], shape: Shape) -> NodeId {
        self.nodes.push(Node { op, inputs: inputs.to_vec(), shape });
        NodeId(self.nodes.len() - 1)
    }

    /// `samples` has C, H, W of `shape`.
    pub fn constant(&mut self, shape: Shape, samples: Vec<f32>) -> NodeId {
        debug_assert_eq!(samples.len(), shape.samples());
        self.new_constant(Constant { shape, samples: OnceLock::from(samples), uniform: None })
    }

    /// Uniform random numbers in 0..range.
    pub fn uniform(&mut self, shape: Shape, stream: Stream, range: f32) -> NodeId {
        let draws = Draws::new(self.seed, self.job, stream, 0);
        self.new_constant(Constant { shape, samples: OnceLock::new(), uniform: Some((draws, range)) })
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

    /// x + s l n, as [`Graph::add_noise`] with a plane l of levels of x's shape.
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

    pub fn leaky_relu(&mut self, x: NodeId) -> NodeId {
        let shape = self.shape(x);
        self.push(Op::LeakyRelu, &[x], shape)
    }

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

    /// Each channel a weighted sum of x's: a row of `matrix` for each.
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
}

/// Updates by Muon.
impl Graph {
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
}

const LARGEST_VECTOR: usize = 4;

/// Measures.
impl Graph {
    /// The initial parameters, one after the other.
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

    /// Floating-point operations of a forward pass, counting convolutions done directly; a whole
    /// iteration is about three times as many.
    pub fn forward_flops(&self) -> u64 {
        self.nodes.iter().map(|node| self.node_flops(node)).sum()
    }

    /// Nodes that are read outside of the graph.
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

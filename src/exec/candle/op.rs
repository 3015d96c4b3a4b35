//! What a node's op is to the walk: a value from its arguments, and their gradients.

use candle_core::{Device, Result, Tensor};

use super::{autograd, batch_norm, concat, conv, crop, data_term, fill, hide, host, leaky_relu, mix, noise, resample};
use super::{sigmoid, variation, weighted_sum};
use crate::graph::{Graph, Node, Op};

/// How ops are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// Our own kernels, in the host's memory.
    Kernels,
    /// Candle's ops, on any device.
    Composed,
}

/// What ops are made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means {
    pub route: Route,
    /// Of the matrix of a composed convolution, at most, or one pixel's.
    pub column_samples: usize,
}

/// Which values an op's gradient needs; others are dropped after the forward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    Nothing,
    Arguments,
    Output,
}

/// An op at its node. Its arguments are the node's inputs, then the parameters.
pub(super) trait DeviceOp: Send + Sync {
    fn name(&self) -> &'static str;

    fn forward(&self, arguments: &[Tensor], iteration: u32) -> Result<Tensor>;

    /// Candle's own, through the forward pass.
    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        autograd::gradient(|arguments| self.forward(arguments, 0), call)
    }

    fn reads(&self) -> Reads {
        Reads::Arguments
    }
}

/// A node on the way back.
pub(super) struct Call {
    /// Empty unless the op reads them.
    pub arguments: Vec<Tensor>,
    pub output: Option<Tensor>,
    /// Of the loss by the output.
    pub gradient: Tensor,
    /// Of which arguments the gradient is asked for; of others None may be answered.
    pub wanted: Vec<bool>,
}

impl Call {
    /// The output, of an op that reads it.
    pub fn output(&self) -> Result<&Tensor> {
        match &self.output {
            Some(output) => Ok(output),
            None => candle_core::bail!("the output was dropped"),
        }
    }

    /// What `make` makes, where the gradient of this argument is asked for.
    pub fn wants(&self, argument: usize, make: impl FnOnce() -> Result<Tensor>) -> Result<Option<Tensor>> {
        if self.wanted[argument] { make().map(Some) } else { Ok(None) }
    }
}

/// The op of a node; None for a constant or parameter, which is there already.
pub(super) fn build(graph: &Graph, node: &Node, device: &Device, means: Means) -> Result<Option<Box<dyn DeviceOp>>> {
    let Means { route, column_samples } = means;
    let inputs: Vec<_> = node.inputs.iter().map(|input| graph.shape(*input)).collect();
    let is_kernel = route == Route::Kernels;
    Ok(Some(match &node.op {
        Op::Constant(_) | Op::Parameter(_) => return Ok(None),
        Op::AddNoise { stream, standard_deviation } => {
            Box::new(noise::AddNoise::new(graph, *stream, *standard_deviation, device, route))
        }
        Op::Conv { kernel, stride, padding, .. } => {
            let geometry = conv::Geometry::new(inputs[0], node.shape, *kernel, *stride, *padding);
            if is_kernel {
                Box::new(conv::Kernel::new(geometry))
            } else {
                Box::new(conv::Composed::new(geometry, device, column_samples)?)
            }
        }
        Op::BatchNorm { .. } if is_kernel => Box::new(batch_norm::Kernel),
        Op::BatchNorm { .. } => Box::new(batch_norm::Composed),
        Op::LeakyRelu if is_kernel => Box::new(leaky_relu::Kernel),
        Op::LeakyRelu => Box::new(leaky_relu::Composed),
        Op::Sigmoid if is_kernel => Box::new(sigmoid::Kernel),
        Op::Sigmoid => Box::new(sigmoid::Composed),
        Op::Resample(resample) if is_kernel => Box::new(resample::Kernel::new(resample)),
        Op::Resample(resample) => Box::new(resample::Composed::new(resample, device)?),
        Op::Crop { top, left } => Box::new(crop::Crop { from: inputs[0], to: node.shape, top: *top, left: *left }),
        Op::Mix { weights } if is_kernel => Box::new(mix::Kernel { weights: weights.clone() }),
        Op::Mix { weights } => Box::new(mix::Composed::new(weights, node.shape.channels, device)?),
        Op::Concat => Box::new(concat::Concat { route, channels: inputs.iter().map(|shape| shape.channels).collect() }),
        Op::Hide { stream, share, hiding } => Box::new(hide::Hide::new(graph, *stream, *share, *hiding, device, route)),
        Op::Fill => Box::new(fill::Fill { device: device.clone() }),
        Op::DataTerm if is_kernel => Box::new(data_term::Kernel),
        Op::DataTerm => Box::new(data_term::Composed),
        Op::TotalVariation if is_kernel => Box::new(variation::Kernel),
        Op::TotalVariation => Box::new(variation::Composed),
        Op::WeightedSum { weights } => Box::new(weighted_sum::WeightedSum { weights: weights.clone(), route }),
    }))
}

/// The number of a scalar in the host's memory.
pub(super) fn scalar(tensor: &Tensor) -> Result<f32> {
    Ok(host::samples(tensor)?[0])
}

//! Channels mixed by a matrix.

use candle_core::{Device, Result, Tensor};

use super::host::{samples, tensor};
use super::op::{Call, DeviceOp, Reads};

/// In the host's memory.
pub(super) struct Kernel {
    /// Row by row.
    pub weights: Vec<f32>,
}

impl DeviceOp for Kernel {
    fn name(&self) -> &'static str {
        "mix"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let inputs = arguments[0].dim(0)?;
        mixed(&arguments[0], self.weights.len() / inputs, |to, from| self.weights[to * inputs + from])
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let inputs = self.weights.len() / call.gradient.dim(0)?;
        let by_x = mixed(&call.gradient, inputs, |to, from| self.weights[from * inputs + to])?;
        Ok(vec![Some(by_x)])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

fn mixed(x: &Tensor, channels: usize, weight: impl Fn(usize, usize) -> f32) -> Result<Tensor> {
    let (_, height, width) = x.dims3()?;
    let x = samples(x)?;
    let mut out = vec![0.0; channels * height * width];
    for (to, out) in out.chunks_exact_mut(height * width).enumerate() {
        for (from, x) in x.chunks_exact(height * width).enumerate() {
            out.iter_mut().zip(x).for_each(|(out, x)| *out += weight(to, from) * x);
        }
    }
    tensor(out, (channels, height, width))
}

/// By candle's product of matrices.
pub(super) struct Composed {
    matrix: Tensor,
}

impl Composed {
    pub fn new(weights: &[f32], outputs: usize, device: &Device) -> Result<Composed> {
        Ok(Composed { matrix: Tensor::from_slice(weights, (outputs, weights.len() / outputs), device)? })
    }
}

impl DeviceOp for Composed {
    fn name(&self) -> &'static str {
        "mix"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        product(&self.matrix, &arguments[0])
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(product(&self.matrix.t()?.contiguous()?, &call.gradient)?)])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

fn product(matrix: &Tensor, x: &Tensor) -> Result<Tensor> {
    let (_, height, width) = x.dims3()?;
    matrix.matmul(&x.flatten_from(1)?)?.reshape((matrix.dim(0)?, height, width))
}

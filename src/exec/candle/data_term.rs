//! sum(w (f - y)^2) / number of samples of y, for predicted f, degraded y and weight w.

use candle_core::{Result, Tensor};

use super::host::{samples, tensor, tensor_like};
use super::op::{Call, DeviceOp, scalar};

pub(super) struct Kernel;

impl DeviceOp for Kernel {
    fn name(&self) -> &'static str {
        "data term"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let (f, y, w) = (samples(&arguments[0])?, samples(&arguments[1])?, samples(&arguments[2])?);
        let term = |((f, y), w): ((&f32, &f32), &f32)| f64::from(*w) * f64::from(f - y).powi(2);
        let sum: f64 = f.iter().zip(y.iter()).zip(w.iter()).map(term).sum();
        tensor(vec![(sum / y.len() as f64) as f32], (1, 1, 1))
    }

    /// 2 w (f - y) / n by f; degraded picture and weight are given.
    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let arguments = &call.arguments;
        if call.wanted[1] || call.wanted[2] {
            candle_core::bail!("only the prediction has a gradient");
        }
        let (f, y, w) = (samples(&arguments[0])?, samples(&arguments[1])?, samples(&arguments[2])?);
        let scale = 2.0 * scalar(&call.gradient)? / y.len() as f32;
        let slope = |((f, y), w): ((&f32, &f32), &f32)| scale * w * (f - y);
        let gradient = f.iter().zip(y.iter()).zip(w.iter()).map(slope).collect();
        Ok(vec![Some(tensor_like(gradient, &arguments[0])?), None, None])
    }
}

pub(super) struct Composed;

impl DeviceOp for Composed {
    fn name(&self) -> &'static str {
        "data term"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let [f, y, w] = arguments else { candle_core::bail!("not three arguments") };
        let weighted = ((f - y)?.sqr()? * w)?;
        weighted.sum_all()?.affine(1.0 / y.elem_count() as f64, 0.0)?.reshape((1, 1, 1))
    }
}

//! 1 / (1 + exp(-x)). The gradient reads the output y: it is y (1 - y).

use candle_core::{Result, Tensor};

use super::elementwise::map2;
use super::host::{samples, tensor_like};
use super::op::{Call, DeviceOp, Reads};

pub(super) struct Kernel;

impl DeviceOp for Kernel {
    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let x = samples(&arguments[0])?;
        tensor_like(map2(&x, &x, |x, _| 1.0 / (1.0 + (-x).exp())), &arguments[0])
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let (y, gradient) = (samples(call.output()?)?, samples(&call.gradient)?);
        let by_x = map2(&y, &gradient, |y, gradient| gradient * y * (1.0 - y));
        Ok(vec![Some(tensor_like(by_x, &call.gradient)?)])
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }
}

pub(super) struct Composed;

impl DeviceOp for Composed {
    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        candle_nn::ops::sigmoid(&arguments[0])
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let y = call.output()?;
        let slope = (y - y.sqr()?)?;
        Ok(vec![Some((slope * &call.gradient)?)])
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }
}

//! sum of sqrt(dh^2 + dw^2 + epsilon) over all channels and all pixels that have a right and a lower
//! neighbour (the reference's).

use candle_core::{Result, Tensor};

use super::host::{samples, tensor, tensor_like};
use super::op::{Call, DeviceOp, scalar};
use crate::exec::pages::zeros;
use crate::graph::TV_EPSILON;

pub(super) struct Kernel;

impl DeviceOp for Kernel {
    fn name(&self) -> &'static str {
        "total variation"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let x = samples(&arguments[0])?;
        let mut sum = 0.0;
        each_pixel(arguments[0].dims3()?, |here, right, below| {
            sum += f64::from(length(x[right] - x[here], x[below] - x[here]));
        });
        tensor(vec![sum as f32], (1, 1, 1))
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let x = samples(&call.arguments[0])?;
        let scale = scalar(&call.gradient)?;
        let mut gradient = zeros(x.len());
        each_pixel(call.arguments[0].dims3()?, |here, right, below| {
            let (across, down) = (x[right] - x[here], x[below] - x[here]);
            let each = scale / length(across, down);
            gradient[right] += each * across;
            gradient[below] += each * down;
            gradient[here] -= each * (across + down);
        });
        Ok(vec![Some(tensor_like(gradient, &call.arguments[0])?)])
    }
}

fn length(across: f32, down: f32) -> f32 {
    (across * across + down * down + TV_EPSILON).sqrt()
}

/// Index of a pixel, of its right and of its lower neighbour, for those that have both.
fn each_pixel((channels, height, width): (usize, usize, usize), mut visit: impl FnMut(usize, usize, usize)) {
    for channel in 0..channels {
        for y in 0..height.saturating_sub(1) {
            let row = (channel * height + y) * width;
            for here in row..row + width.saturating_sub(1) {
                visit(here, here + 1, here + width);
            }
        }
    }
}

pub(super) struct Composed;

impl DeviceOp for Composed {
    fn name(&self) -> &'static str {
        "total variation"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let x = &arguments[0];
        let (_, height, width) = x.dims3()?;
        if height < 2 || width < 2 {
            // Of no pixel; times 0, so that the gradient is 0 too.
            return x.sum_all()?.affine(0.0, 0.0)?.reshape((1, 1, 1));
        }
        let here = x.narrow(1, 0, height - 1)?.narrow(2, 0, width - 1)?;
        let across = (x.narrow(1, 0, height - 1)?.narrow(2, 1, width - 1)? - &here)?;
        let down = (x.narrow(1, 1, height - 1)?.narrow(2, 0, width - 1)? - &here)?;
        (across.sqr()? + down.sqr()?)?.affine(1.0, f64::from(TV_EPSILON))?.sqrt()?.sum_all()?.reshape((1, 1, 1))
    }
}

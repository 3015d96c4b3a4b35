//! Batch norm over the current picture: each channel to mean 0 and (biased) variance 1, then a scale
//! and a shift.

use candle_core::{D, Result, Tensor};
use rayon::prelude::*;

use super::elementwise::total;
use super::host::{samples, tensor, tensor_like};
use super::op::{Call, DeviceOp};
use crate::exec::pages::zeros;
use crate::graph::NORM_EPSILON;

pub(super) struct Kernel;

/// Of a channel: mean and 1 / sqrt(variance + epsilon).
struct Moments {
    mean: f32,
    inverse: f32,
}

impl DeviceOp for Kernel {
    fn name(&self) -> &'static str {
        "batch norm"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let (x, scale, shift) = (samples(&arguments[0])?, samples(&arguments[1])?, samples(&arguments[2])?);
        let pixels = x.len() / scale.len();
        let mut out = zeros(x.len());
        let channels = out.par_chunks_mut(pixels).zip(x.par_chunks(pixels));
        channels.zip(scale.par_iter().zip(shift.par_iter())).for_each(|((out, x), (scale, shift))| {
            let moments = Moments::of(x);
            let slope = scale * moments.inverse;
            for (out, x) in out.iter_mut().zip(x) {
                *out = (x - moments.mean) * slope + shift;
            }
        });
        tensor_like(out, &arguments[0])
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let (x, scale) = (samples(&call.arguments[0])?, samples(&call.arguments[1])?);
        let gradient = samples(&call.gradient)?;
        let pixels = x.len() / scale.len();
        let mut by_x = zeros(x.len());
        let channels = by_x.par_chunks_mut(pixels).zip(x.par_chunks(pixels)).zip(gradient.par_chunks(pixels));
        let sums: Vec<(f32, f32)> = channels
            .zip(scale.par_iter())
            .map(|(((by_x, x), gradient), scale)| channel_gradient(by_x, x, gradient, *scale))
            .collect();
        let (by_scale, by_shift) = sums.into_iter().unzip();
        let by_x = tensor_like(by_x, &call.arguments[0])?;
        Ok(vec![Some(by_x), Some(tensor(by_scale, scale.len())?), Some(tensor(by_shift, scale.len())?)])
    }
}

/// Fills `by_x` with s r (g - mean(g) - n mean(g n)), n = (x - m) r; gives the gradients by scale and shift.
fn channel_gradient(by_x: &mut [f32], x: &[f32], gradient: &[f32], scale: f32) -> (f32, f32) {
    let Moments { mean, inverse } = Moments::of(x);
    let pixels = x.len() as f64;
    let by_shift = total(gradient, gradient, |gradient, _| gradient);
    let by_scale = total(x, gradient, |x, gradient| (x - mean) * inverse * gradient);
    let (of_g, of_gn) = ((by_shift / pixels) as f32, (by_scale / pixels) as f32);
    let slope = scale * inverse;
    for ((by_x, x), gradient) in by_x.iter_mut().zip(x).zip(gradient) {
        *by_x = slope * (gradient - of_g - (x - mean) * inverse * of_gn);
    }
    (by_scale as f32, by_shift as f32)
}

impl Moments {
    fn of(x: &[f32]) -> Moments {
        let pixels = x.len() as f64;
        let mean = (total(x, x, |x, _| x) / pixels) as f32;
        let variance = total(x, x, |x, _| (x - mean) * (x - mean)) / pixels;
        Moments { mean, inverse: (1.0 / (variance + f64::from(NORM_EPSILON)).sqrt()) as f32 }
    }
}

pub(super) struct Composed;

impl DeviceOp for Composed {
    fn name(&self) -> &'static str {
        "batch norm"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let [x, scale, shift] = arguments else { candle_core::bail!("not three arguments") };
        let (normal, inverse) = normalised(x)?;
        let scale = scale.reshape(inverse.shape())?;
        let y = normal.broadcast_mul(&scale)?.broadcast_add(&shift.reshape(inverse.shape())?)?;
        y.reshape(x.shape())
    }

    /// As the kernel's, with n = (x - m) r.
    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let [x, scale, _] = call.arguments.as_slice() else { candle_core::bail!("not three arguments") };
        let (normal, inverse) = normalised(x)?;
        let gradient = call.gradient.reshape(normal.shape())?;
        let by_scale = (&gradient * &normal)?.sum_keepdim(D::Minus1)?;
        let by_shift = gradient.sum_keepdim(D::Minus1)?;
        let part = 1.0 / normal.dim(1)? as f64;
        let along = normal.broadcast_mul(&by_scale.affine(part, 0.0)?)?;
        let rest = (gradient.broadcast_sub(&by_shift.affine(part, 0.0)?)? - along)?;
        let by_x = rest.broadcast_mul(&(inverse * scale.reshape(by_scale.shape())?)?)?;
        let flat = |sum: Tensor| sum.flatten_all().map(Some);
        Ok(vec![Some(by_x.reshape(x.shape())?), flat(by_scale)?, flat(by_shift)?])
    }
}

/// (x - m) r as channels x pixels, and r = 1 / sqrt(variance + epsilon) as channels x 1.
fn normalised(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let (channels, height, width) = x.dims3()?;
    let x = x.reshape((channels, height * width))?;
    let part = 1.0 / (height * width) as f64;
    let centred = x.broadcast_sub(&x.sum_keepdim(D::Minus1)?.affine(part, 0.0)?)?;
    let squares = centred.sqr()?.sum_keepdim(D::Minus1)?;
    let inverse = squares.affine(part, f64::from(NORM_EPSILON))?.sqrt()?.recip()?;
    Ok((centred.broadcast_mul(&inverse)?, inverse))
}

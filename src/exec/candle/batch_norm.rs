//! Batch norm over the current picture: each channel to mean 0 and (biased) variance 1, then a scale
//! and a shift.

use candle_core::{D, Result, Tensor};

use super::op::{Call, DeviceOp};
use crate::graph::NORM_EPSILON;

/// The batch norm of the input, by the scale and the shift that are its parameters.
pub(super) struct BatchNormOp;

impl DeviceOp for BatchNormOp {
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

    /// The gradient by x is s r (g - mean(g) - n mean(g n)), for the scale s and n = (x - m) r.
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

/// Computes (x - m) r as channels x pixels, and r = 1 / sqrt(variance + epsilon) as channels x 1, for the mean m of
/// each channel.
fn normalised(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let (channels, height, width) = x.dims3()?;
    let x = x.reshape((channels, height * width))?;
    let part = 1.0 / (height * width) as f64;
    let centred = x.broadcast_sub(&x.sum_keepdim(D::Minus1)?.affine(part, 0.0)?)?;
    let squares = centred.sqr()?.sum_keepdim(D::Minus1)?;
    let inverse = squares.affine(part, f64::from(NORM_EPSILON))?.sqrt()?.recip()?;
    Ok((centred.broadcast_mul(&inverse)?, inverse))
}

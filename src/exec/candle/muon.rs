//! Muon's update; see [`crate::exec::rules`].

use candle_core::{Result, Tensor};

use super::elementwise::scaled;
use crate::exec::rules::muon::{EPSILON, MOMENTUM, POLYNOMIAL, ROUNDS, step_size};

/// The rows and columns of a weight as a matrix; the first dimension counts the rows.
pub(super) fn matrix(weight: &Tensor) -> [usize; 2] {
    let rows = weight.dims()[0];
    [rows, weight.elem_count() / rows]
}

/// Computes weights and momenta after a step against the gradients, for any number of matrices of this shape, whose
/// samples follow each other.
pub(super) fn updated(
    weights: &Tensor,
    momenta: &Tensor,
    gradients: &Tensor,
    rate: f32,
    shape: [usize; 2],
) -> Result<[Tensor; 2]> {
    let mixed = |a: &Tensor| scaled(a, f64::from(MOMENTUM))? + scaled(gradients, 1.0 - f64::from(MOMENTUM))?;
    let momenta = mixed(momenta)?;
    let step = orthogonal(&mixed(&momenta)?, shape)?;
    Ok([(weights - scaled(&step, f64::from(step_size(rate, shape)))?)?, momenta])
}

/// Makes each of the matrices orthogonal; their samples follow each other.
fn orthogonal(matrices: &Tensor, [rows, columns]: [usize; 2]) -> Result<Tensor> {
    let m = matrices.reshape(((), rows, columns))?;
    let is_tall = rows > columns;
    let mut m = if is_tall { m.t()?.contiguous()? } else { m };
    m = m.broadcast_div(&(m.sqr()?.sum_keepdim((1, 2))?.sqrt()? + EPSILON)?)?;
    let [p, q, r] = POLYNOMIAL.map(f64::from);
    for _ in 0..ROUNDS {
        let square = m.matmul(&m.t()?.contiguous()?)?;
        let polynomial = (scaled(&square, q)? + scaled(&square.matmul(&square)?, r)?)?;
        m = (scaled(&m, p)? + polynomial.matmul(&m)?)?;
    }
    if is_tall { m.t()?.contiguous()? } else { m }.flatten_all()
}

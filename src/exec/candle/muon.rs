//! The update of Muon; see [`crate::exec::rules`].

use candle_core::{Result, Tensor};

use super::gemm::{Matrix, Onto, multiply};
use super::host::{samples, tensor_like};
use crate::exec::rules::muon::{EPSILON, MOMENTUM, POLYNOMIAL, ROUNDS, step_size};

/// Rows, which the first dimension counts, and columns.
pub(super) fn matrix(weight: &Tensor) -> [usize; 2] {
    let rows = weight.dims()[0];
    [rows, weight.elem_count() / rows]
}

/// Weight and momentum after a step against the gradient, in the host's memory.
pub(super) fn on_host(weight: &Tensor, momentum: &Tensor, gradient: &Tensor, rate: f32) -> Result<[Tensor; 2]> {
    let shape = matrix(weight);
    let rate = step_size(rate, shape);
    let g = samples(gradient)?;
    let mixed = |a: &[f32], b: &[f32]| -> Vec<f32> {
        a.iter().zip(b).map(|(a, b)| MOMENTUM * a + (1.0 - MOMENTUM) * b).collect()
    };
    let b = mixed(&samples(momentum)?, &g);
    let step = orthogonal(mixed(&b, &g), shape);
    let new = samples(weight)?.iter().zip(&step).map(|(w, step)| w - rate * step).collect();
    Ok([tensor_like(new, weight)?, tensor_like(b, momentum)?])
}

fn orthogonal(mut m: Vec<f32>, [rows, columns]: [usize; 2]) -> Vec<f32> {
    let norm = m.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt() + EPSILON;
    m.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
    let short = rows.min(columns);
    let [a, b, c] = POLYNOMIAL;
    for _ in 0..ROUNDS {
        let own = Matrix::by_rows(&m, columns);
        let (mut square, mut fourth) = (vec![0.0; short * short], vec![0.0; short * short]);
        let (left, right, depth) =
            if rows <= columns { (own, own.transposed(), columns) } else { (own.transposed(), own, rows) };
        multiply([short, short, depth], &mut square, Onto::Nothing, left, right);
        let twice = Matrix::by_rows(&square, short);
        multiply([short, short, short], &mut fourth, Onto::Nothing, twice, twice);
        let polynomial: Vec<f32> = square.iter().zip(&fourth).map(|(x, y)| b * x + c * y).collect();
        let polynomial = Matrix::by_rows(&polynomial, short);
        let mut next: Vec<f32> = m.iter().map(|x| a * x).collect();
        let (left, right) = if rows <= columns { (polynomial, own) } else { (own, polynomial) };
        multiply([rows, columns, short], &mut next, Onto::Content, left, right);
        m = next;
    }
    m
}

/// The same on any device, for the samples of any number of matrices of this shape, one after the other.
pub(super) fn composed(
    weights: &Tensor,
    momenta: &Tensor,
    gradients: &Tensor,
    rate: f32,
    shape: [usize; 2],
) -> Result<[Tensor; 2]> {
    let rate = f64::from(step_size(rate, shape));
    let times = |tensor: &Tensor, factor: f64| tensor.affine(factor, 0.0);
    let mixed = |a: &Tensor| times(a, f64::from(MOMENTUM))? + times(gradients, 1.0 - f64::from(MOMENTUM))?;
    let b = mixed(momenta)?;
    let [rows, columns] = shape;
    let m = mixed(&b)?.reshape(((), rows, columns))?;
    let is_tall = rows > columns;
    let mut m = if is_tall { m.t()?.contiguous()? } else { m };
    m = m.broadcast_div(&(m.sqr()?.sum_keepdim((1, 2))?.sqrt()? + EPSILON)?)?;
    let [p, q, r] = POLYNOMIAL.map(f64::from);
    for _ in 0..ROUNDS {
        let square = m.matmul(&m.t()?.contiguous()?)?;
        let polynomial = (times(&square, q)? + times(&square.matmul(&square)?, r)?)?;
        m = (times(&m, p)? + polynomial.matmul(&m)?)?;
    }
    let step = if is_tall { m.t()?.contiguous()? } else { m }.flatten_all()?;
    Ok([(weights - times(&step, rate)?)?, b])
}

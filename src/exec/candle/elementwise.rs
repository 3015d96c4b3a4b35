//! What several ops, the optimiser and the averages of pictures compute sample by sample.

use candle_core::{Result, Tensor};

/// Computes `factor` x.
pub(super) fn scaled(x: &Tensor, factor: f64) -> Result<Tensor> {
    x.affine(factor, 0.0)
}

/// Computes `weights[0]` a + `weights[1]` b.
pub(super) fn weighted(a: &Tensor, b: &Tensor, weights: [f32; 2]) -> Result<Tensor> {
    scaled(a, f64::from(weights[0]))? + scaled(b, f64::from(weights[1]))?
}

/// Computes the mean of a and b by the weights of each sample; it is b where both weights are 0.
pub(super) fn mean_by([a, b]: [&Tensor; 2], [by_a, by_b]: [&Tensor; 2]) -> Result<Tensor> {
    let total = (by_a + by_b)?;
    let share = (by_b / total.clamp(f32::MIN_POSITIVE, f32::MAX)?)?;
    // The share of b, which is 1 where nothing counts.
    let share = total.gt(0.0)?.where_cond(&share, &total.ones_like()?)?;
    a + (share * weighted(b, a, [1.0, -1.0])?)?
}

/// Computes the mean of (a - b)^2 over all samples.
pub(super) fn mean_square_distance(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    scaled(&(a - b)?.sqr()?.sum_all()?, 1.0 / a.elem_count().max(1) as f64)
}

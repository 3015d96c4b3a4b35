//! Sample by sample, in the host's memory and on the session's threads.
//!
//! Kernels must not leave this to candle: its elementwise ops of 65536 samples and more start a pool of
//! threads for the whole process, which spin, outlive every session and take no part in its settings.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::host::{samples, tensor, tensor_like};
use super::op::Route;
use crate::exec::pages::zeros;

/// Samples of a task.
const CHUNK: usize = 1 << 14;

/// f(a, b) of each pair of samples.
pub(super) fn map2(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32 + Sync) -> Vec<f32> {
    let mut out = zeros(a.len());
    out.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK)).zip(b.par_chunks(CHUNK)).for_each(|((out, a), b)| {
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = f(*a, *b);
        }
    });
    out
}

/// `weights[0]` a + `weights[1]` b.
pub(super) fn weighted(route: Route, a: &Tensor, b: &Tensor, weights: [f32; 2]) -> Result<Tensor> {
    match route {
        Route::Kernels => {
            let sum = map2(&samples(a)?, &samples(b)?, |a, b| weights[0] * a + weights[1] * b);
            tensor_like(sum, a)
        }
        Route::Composed => a.affine(f64::from(weights[0]), 0.0)? + b.affine(f64::from(weights[1]), 0.0)?,
    }
}

/// The mean of two by the weights of each sample; the second where both are 0.
pub(super) fn mean_by(route: Route, [a, b]: [&Tensor; 2], [by_a, by_b]: [&Tensor; 2]) -> Result<Tensor> {
    // The share of b, which is 1 where nothing counts.
    let share = match route {
        Route::Kernels => {
            let share = |a: f32, b: f32| if a + b > 0.0 { b / (a + b) } else { 1.0 };
            tensor_like(map2(&samples(by_a)?, &samples(by_b)?, share), by_a)?
        }
        Route::Composed => {
            let total = (by_a + by_b)?;
            total.gt(0.0)?.where_cond(&(by_b / total.clamp(f32::MIN_POSITIVE, f32::MAX)?)?, &total.ones_like()?)?
        }
    };
    sum(route, a, &product(route, &share, &weighted(route, b, a, [1.0, -1.0])?)?)
}

pub(super) fn scaled(route: Route, a: &Tensor, factor: f32) -> Result<Tensor> {
    match route {
        Route::Kernels => {
            let all = samples(a)?;
            tensor_like(map2(&all, &all, |x, _| factor * x), a)
        }
        Route::Composed => a.affine(f64::from(factor), 0.0),
    }
}

pub(super) fn product(route: Route, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    match route {
        Route::Kernels => tensor_like(map2(&samples(a)?, &samples(b)?, |a, b| a * b), a),
        Route::Composed => a * b,
    }
}

pub(super) fn sum(route: Route, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    match route {
        Route::Kernels => tensor_like(map2(&samples(a)?, &samples(b)?, |a, b| a + b), a),
        Route::Composed => a + b,
    }
}

/// Mean of (a - b)^2 over all samples.
pub(super) fn mean_square_distance(route: Route, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let count = a.elem_count().max(1) as f64;
    match route {
        Route::Kernels => {
            let total = total(&samples(a)?, &samples(b)?, |a, b| (a - b) * (a - b));
            tensor(vec![(total / count) as f32], ())
        }
        Route::Composed => (a - b)?.sqr()?.sum_all()?.affine(1.0 / count, 0.0),
    }
}

/// Sum of a term of each pair of samples: f32 in lanes within blocks, f64 between them, in an order that
/// depends on the length only.
pub(super) fn total(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f64 {
    const LANES: usize = 16;
    const BLOCK: usize = 512;
    let mut total = 0.0;
    for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
        let mut lanes = [0.0f32; LANES];
        for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
            if let (Ok(a), Ok(b)) = (<&[f32; LANES]>::try_from(a), <&[f32; LANES]>::try_from(b)) {
                for lane in 0..LANES {
                    lanes[lane] += term(a[lane], b[lane]);
                }
            } else {
                for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                    *lane += term(*a, *b);
                }
            }
        }
        total += lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
    }
    total
}

//! Products of matrices in row order, which are small enough to need no blocking.

use super::LANES;
use super::conv::lanes::{Lanes, for_every_width};
use crate::exec::cpu::simd::Simd;

/// The number of rows that are summed in registers, with two vectors of columns.
const HIGH: usize = 6;

/// Computes `out` = `a` `b` + `factor` `out` on this thread, for `a` of rows x depth, `b` of depth x columns and `out`
/// of rows x columns; `shape` is rows, depth and columns. Each sum is in the order of the depth.
///
/// # Panics
/// When a slice is not of its shape.
pub fn multiply(simd: Simd, a: &[f32], b: &[f32], shape: [usize; 3], factor: f32, out: &mut [f32]) {
    let [rows, depth, columns] = shape;
    assert_eq!([a.len(), b.len(), out.len()], [rows * depth, depth * columns, rows * columns]);
    // SAFETY: the slices were checked.
    unsafe { product(simd, a.as_ptr(), b.as_ptr(), shape, factor, out.as_mut_ptr()) }
}

for_every_width! {
    /// Computes the product of [`multiply`]. The caller's pointers are good for a, b and out of this shape.
    unsafe fn product<V>(a: *const f32, b: *const f32, shape: [usize; 3], factor: f32, out: *mut f32) {
        let [rows, depth, columns] = shape;
        let vectors = columns / LANES;
        for top in (0..rows).step_by(HIGH) {
            let high = HIGH.min(rows - top);
            // SAFETY: rows from `top`, `high` of them, and columns below `columns` are in the matrices.
            unsafe {
                let (a, out) = (a.add(top * depth), out.add(top * columns));
                for vector in (0..vectors).step_by(2) {
                    let left = vector * LANES;
                    strip::<V>(a, b.add(left), [high, depth, columns], vectors - vector, factor, out.add(left));
                }
                for row in 0..high {
                    for column in vectors * LANES..columns {
                        let term = |k: usize| *a.add(row * depth + k) * *b.add(k * columns + column);
                        let place = out.add(row * columns + column);
                        *place = *place * factor + (0..depth).map(term).sum::<f32>();
                    }
                }
            }
        }
    }
}

/// Computes two vectors of columns of some rows, or one vector where only that is `left`.
#[inline(always)]
unsafe fn strip<V: Lanes>(a: *const f32, b: *const f32, shape: [usize; 3], left: usize, factor: f32, out: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        match (shape[0], left) {
            (HIGH, 1) => tile::<V, HIGH, 1>(a, b, shape, factor, out),
            (HIGH, _) => tile::<V, HIGH, 2>(a, b, shape, factor, out),
            (high, left) => {
                for row in 0..high {
                    let (a, out) = (a.add(row * shape[1]), out.add(row * shape[2]));
                    match left {
                        1 => tile::<V, 1, 1>(a, b, shape, factor, out),
                        _ => tile::<V, 1, 2>(a, b, shape, factor, out),
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn tile<V: Lanes, const ROWS: usize, const VECTORS: usize>(
    a: *const f32,
    b: *const f32,
    [_, depth, columns]: [usize; 3],
    factor: f32,
    out: *mut f32,
) {
    // SAFETY: the caller's pointers are good for `ROWS` rows and `VECTORS` vectors of columns.
    unsafe {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        for k in 0..depth {
            let line: [V; VECTORS] = std::array::from_fn(|vector| V::load(b.add(k * columns + vector * LANES)));
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(*a.add(row * depth + k));
                for (sum, y) in sums.iter_mut().zip(line) {
                    *sum = sum.add_product(x, y);
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for (vector, sum) in sums.into_iter().enumerate() {
                let place = out.add(row * columns + vector * LANES);
                let before = if factor == 0.0 { V::splat(0.0) } else { V::load(place).mul(V::splat(factor)) };
                before.add(sum).store(place);
            }
        }
    }
}

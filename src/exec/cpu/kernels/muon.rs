//! The kernel of Muon's update; see `exec::rules`.

use super::Run;
use super::matrix::multiply;
use crate::exec::rules::muon::{EPSILON, MOMENTUM, POLYNOMIAL, ROUNDS, step_size};

/// A parameter that is a matrix in row order, with all that its update needs.
pub struct MuonMatrix<'a> {
    pub rows: usize,
    pub columns: usize,
    pub weight: &'a mut [f32],
    pub momentum: &'a mut [f32],
    pub gradient: &'a [f32],
    pub scratch: &'a mut [f32],
}

/// The f32s of scratch memory that the update of a matrix takes.
pub fn scratch_len(rows: usize, columns: usize) -> usize {
    let short = rows.min(columns);
    2 * rows * columns + 2 * short * short
}

/// Updates a matrix on this thread.
pub fn update(run: &Run, rate: f32, matrix: MuonMatrix) {
    let MuonMatrix { rows, columns, weight, momentum, gradient, scratch } = matrix;
    let (short, long) = (rows.min(columns), rows.max(columns));
    let (m, rest) = scratch.split_at_mut(rows * columns);
    let (other, rest) = rest.split_at_mut(rows * columns);
    let (square, polynomial) = rest.split_at_mut(short * short);
    // The matrix is worked on with no more rows than columns.
    let place = |i: usize| if rows > columns { i % columns * rows + i / columns } else { i };
    // Nesterov's momentum: the gradient counts once more on top of the momentum.
    let fresh = 1.0 - MOMENTUM;
    for (i, (g, b)) in gradient.iter().zip(momentum).enumerate() {
        *b = *b * MOMENTUM + g * fresh;
        m[place(i)] = g * fresh + *b * MOMENTUM;
    }
    normalise(m);
    for _ in 0..ROUNDS {
        let [a, b, c] = POLYNOMIAL;
        transpose(m, short, long, other);
        multiply(run.simd, m, other, [short, long, short], 0.0, square);
        // b A + c A A, and then a m + (b A + c A A) m.
        polynomial.copy_from_slice(square);
        multiply(run.simd, square, square, [short, short, short], b / c, polynomial);
        polynomial.iter_mut().for_each(|x| *x *= c);
        other.copy_from_slice(m);
        multiply(run.simd, polynomial, m, [short, short, long], a, other);
        m.copy_from_slice(other);
    }
    let scale = step_size(rate, [rows, columns]);
    weight.iter_mut().enumerate().for_each(|(i, weight)| *weight -= scale * m[place(i)]);
}

/// Scales a matrix to a Frobenius norm of 1.
fn normalise(m: &mut [f32]) {
    let norm = m.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    let factor = (1.0 / (norm + EPSILON)) as f32;
    m.iter_mut().for_each(|x| *x *= factor);
}

fn transpose(m: &[f32], rows: usize, columns: usize, out: &mut [f32]) {
    for (i, row) in m.chunks_exact(columns).enumerate() {
        row.iter().enumerate().for_each(|(j, x)| out[j * rows + i] = *x);
    }
}

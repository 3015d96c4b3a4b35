//! A filter that changes the size of a picture: one matrix for its columns, and one for its rows.

use super::matrix::SparseMatrix;

/// A separable linear filter: `rows` maps heights, `columns` maps widths.
#[derive(Debug, Clone, PartialEq)]
pub struct Resample {
    pub rows: SparseMatrix,
    pub columns: SparseMatrix,
}

impl Resample {
    /// Doubles both sides.
    pub fn up_nearest(height: usize, width: usize) -> Self {
        let axis = |length: usize| SparseMatrix::new(2 * length, length, |i| vec![(i / 2, 1.0)]);
        Resample { rows: axis(height), columns: axis(width) }
    }

    /// Doubles both sides; output i lies at input (i + 1/2) / 2 - 1/2, clamped at the borders.
    pub fn up_bilinear(height: usize, width: usize) -> Self {
        let axis = |length: usize| {
            SparseMatrix::new(2 * length, length, |i| {
                let other = if i % 2 == 0 { (i / 2).saturating_sub(1) } else { (i / 2 + 1).min(length - 1) };
                vec![(i / 2, 0.75), (other, 0.25)]
            })
        };
        Resample { rows: axis(height), columns: axis(width) }
    }

    /// Halves both sides, which are even (an odd last row or column is left out, as in PyTorch).
    pub fn down_average(height: usize, width: usize) -> Self {
        let axis = |length: usize| SparseMatrix::new(length / 2, length, |i| vec![(2 * i, 0.5), (2 * i + 1, 0.5)]);
        Resample { rows: axis(height), columns: axis(width) }
    }
}

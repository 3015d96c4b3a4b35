//! The transform of a block to its coefficients and back.

use super::block::{Block8x8, COEFFICIENTS, SIDE};

/// The orthonormal DCT-II of a block, by rows and by columns.
pub struct Dct {
    /// Samples of the basis, frequency by frequency.
    basis: [[f32; SIDE]; SIDE],
}

impl Dct {
    /// Computes the basis.
    pub fn new() -> Dct {
        let mut basis = [[0.0; SIDE]; SIDE];
        for (frequency, row) in basis.iter_mut().enumerate() {
            let scale = if frequency == 0 { (1.0 / SIDE as f64).sqrt() } else { (2.0 / SIDE as f64).sqrt() };
            for (place, x) in row.iter_mut().enumerate() {
                let turn = std::f64::consts::PI * (place as f64 + 0.5) * frequency as f64 / SIDE as f64;
                *x = (scale * turn.cos()) as f32;
            }
        }
        Dct { basis }
    }

    /// Transforms samples to their coefficients.
    pub fn forward(&self, block: &Block8x8) -> Block8x8 {
        let along = |block: &Block8x8| self.along_rows(block, |frequency, place| self.basis[frequency][place]);
        along(&along(block))
    }

    /// Transforms coefficients back to their samples.
    pub fn inverse(&self, block: &Block8x8) -> Block8x8 {
        let along = |block: &Block8x8| self.along_rows(block, |place, frequency| self.basis[frequency][place]);
        along(&along(block))
    }

    /// Multiplies rows by a matrix, then rows and columns change places.
    fn along_rows(&self, block: &Block8x8, matrix: impl Fn(usize, usize) -> f32) -> Block8x8 {
        let mut out = [0.0; COEFFICIENTS];
        for (y, row) in block.chunks_exact(SIDE).enumerate() {
            for x in 0..SIDE {
                out[x * SIDE + y] = (0..SIDE).map(|i| matrix(x, i) * row[i]).sum();
            }
        }
        out
    }
}

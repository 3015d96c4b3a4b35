//! Rows of sums in tiles whose sums stay in registers: what the two inner kernels share.

use super::lanes::Lanes;

/// The number of rows of a tile with two vectors of outputs: with twelve sums all that feeds them fits sixteen registers.
const ROWS: usize = 6;
/// The number of rows of a tile with one vector of outputs, which keeps as many sums in flight as two multipliers need.
const ROWS_OF_ONE: usize = 8;

/// A job that is computed tile by tile.
pub trait Tiled {
    /// The number of rows.
    fn rows(&self) -> usize;

    /// Whether the job has a second vector of outputs.
    fn has_second(&self) -> bool;

    /// Computes a tile of `HEIGHT` rows by `HALVES` vectors of outputs, from row `first` and vector `half` on.
    ///
    /// # Safety
    /// The tile is part of the job, whose slices reach as far as its rows and vectors do, and so does `out`.
    unsafe fn tile<V: Lanes, const HEIGHT: usize, const HALVES: usize>(&self, first: usize, half: usize, out: *mut f32);
}

/// Computes all rows, in tiles of nearly equal height, since a thin last tile would be slow.
///
/// # Safety
/// As [`Tiled::tile`], for the whole job.
#[inline(always)]
pub unsafe fn all<V: Lanes, T: Tiled>(job: &T, out: *mut f32) {
    let rows = job.rows();
    let pairs = job.has_second() && V::IS_WIDE;
    let tiles = rows.div_ceil(if V::IS_WIDE && !pairs { ROWS_OF_ONE } else { ROWS });
    for index in 0..tiles {
        let (first, end) = (index * rows / tiles, (index + 1) * rows / tiles);
        // SAFETY: the tile is part of the rows, which the caller promised.
        unsafe {
            match (pairs, job.has_second()) {
                (true, _) => pair::<V, T>(job, first, end - first, out),
                (false, false) => single::<V, T>(job, first, end - first, 0, out),
                (false, true) => {
                    single::<V, T>(job, first, end - first, 0, out);
                    single::<V, T>(job, first, end - first, 1, out);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn pair<V: Lanes, T: Tiled>(job: &T, first: usize, rows: usize, out: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        match rows {
            1 => job.tile::<V, 1, 2>(first, 0, out),
            2 => job.tile::<V, 2, 2>(first, 0, out),
            3 => job.tile::<V, 3, 2>(first, 0, out),
            4 => job.tile::<V, 4, 2>(first, 0, out),
            5 => job.tile::<V, 5, 2>(first, 0, out),
            _ => job.tile::<V, 6, 2>(first, 0, out),
        }
    }
}

#[inline(always)]
unsafe fn single<V: Lanes, T: Tiled>(job: &T, first: usize, rows: usize, half: usize, out: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        match rows {
            1 => job.tile::<V, 1, 1>(first, half, out),
            2 => job.tile::<V, 2, 1>(first, half, out),
            3 => job.tile::<V, 3, 1>(first, half, out),
            4 => job.tile::<V, 4, 1>(first, half, out),
            5 => job.tile::<V, 5, 1>(first, half, out),
            6 => job.tile::<V, 6, 1>(first, half, out),
            7 => job.tile::<V, 7, 1>(first, half, out),
            _ => job.tile::<V, 8, 1>(first, half, out),
        }
    }
}

/// Adds the product of a row's sample with each vector to the row's sums.
///
/// # Safety
/// The machine has the instructions of `V`.
#[allow(clippy::needless_range_loop)] // Indices are registers here.
#[inline(always)]
pub unsafe fn add_products<V: Lanes, const HALVES: usize>(sums: &mut [V; HALVES], sample: V, columns: &[V; HALVES]) {
    for column in 0..HALVES {
        // SAFETY: the caller's promise.
        sums[column] = unsafe { sums[column].add_product(sample, columns[column]) };
    }
}

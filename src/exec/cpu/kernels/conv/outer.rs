//! The inner kernel of weight gradients: sums over pixels of a channel of the input times 16 channels of the output
//! gradient.

use super::lanes::{Lanes, for_every_width};
use super::product::PANEL;
use crate::exec::cpu::kernels::LANES;
use crate::exec::cpu::simd::Simd;

/// The number of rows of a tile with two vectors of outputs.
const ROWS: usize = 6;
/// The number of rows of a tile with one vector of outputs.
const ROWS_OF_ONE: usize = 8;

/// A sum of outer products: `out[row][16] += sum over a rectangle of pixels of a[row + pixel] * gradient[pixel][16]`.
pub struct OuterProduct<'a> {
    /// The padded input.
    pub a: &'a [f32],
    /// Where each row, which is a channel seen through a tap of the kernel, has the first pixel.
    pub a_rows: &'a [usize],
    /// The step from pixel to pixel in `a`: 8 or 16.
    pub a_step: usize,
    /// The step from line to line in `a`.
    pub a_line: usize,
    /// The output gradient, from the first pixel of the first eight channels on.
    pub gradient: &'a [f32],
    /// The step from line to line in `gradient`.
    pub gradient_line: usize,
    /// The step from the first eight channels to the second; None where a last panel has only eight.
    pub second: Option<usize>,
    /// The width of the rectangle.
    pub width: usize,
    /// The height of the rectangle.
    pub height: usize,
}

impl OuterProduct<'_> {
    /// Adds the sums to `out`.
    ///
    /// # Panics
    /// When a slice is too short for what the rows and the rectangle reach.
    pub fn run(&self, simd: Simd, out: &mut [f32]) {
        if self.width == 0 || self.height == 0 || self.a_rows.is_empty() {
            return;
        }
        let (lines, pixels) = (self.height - 1, self.width - 1);
        let row = self.a_rows.iter().max().copied().unwrap_or(0);
        assert!(row + lines * self.a_line + pixels * self.a_step < self.a.len());
        let gradient_end = self.second.unwrap_or(0) + lines * self.gradient_line + pixels * LANES + LANES;
        assert!(gradient_end <= self.gradient.len());
        assert!(self.a_rows.len() * PANEL <= out.len());
        // SAFETY: every place that the kernel reads or writes was checked above.
        unsafe { rows(simd, self, out.as_mut_ptr()) }
    }
}

for_every_width! {
    unsafe fn rows<V>(job: &OuterProduct, out: *mut f32) {
        let all = job.a_rows.len();
        let pairs = job.second.is_some() && V::IS_WIDE;
        let tiles = all.div_ceil(if V::IS_WIDE && !pairs { ROWS_OF_ONE } else { ROWS });
        for index in 0..tiles {
            let (first, end) = (index * all / tiles, (index + 1) * all / tiles);
            // SAFETY: the tile is part of the rows, which the caller checked.
            unsafe {
                if pairs {
                    pair::<V>(job, first, end - first, out);
                } else {
                    single::<V>(job, first, end - first, 0, out);
                    if job.second.is_some() {
                        single::<V>(job, first, end - first, 1, out);
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn pair<V: Lanes>(job: &OuterProduct, first: usize, rows: usize, out: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        match rows {
            1 => tile::<V, 1, 2>(job, first, 0, out),
            2 => tile::<V, 2, 2>(job, first, 0, out),
            3 => tile::<V, 3, 2>(job, first, 0, out),
            4 => tile::<V, 4, 2>(job, first, 0, out),
            5 => tile::<V, 5, 2>(job, first, 0, out),
            _ => tile::<V, 6, 2>(job, first, 0, out),
        }
    }
}

#[inline(always)]
unsafe fn single<V: Lanes>(job: &OuterProduct, first: usize, rows: usize, half: usize, out: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        match rows {
            1 => tile::<V, 1, 1>(job, first, half, out),
            2 => tile::<V, 2, 1>(job, first, half, out),
            3 => tile::<V, 3, 1>(job, first, half, out),
            4 => tile::<V, 4, 1>(job, first, half, out),
            5 => tile::<V, 5, 1>(job, first, half, out),
            6 => tile::<V, 6, 1>(job, first, half, out),
            7 => tile::<V, 7, 1>(job, first, half, out),
            _ => tile::<V, 8, 1>(job, first, half, out),
        }
    }
}

/// Computes a tile of `HEIGHT` rows by `HALVES` vectors of output channels, beginning with vector `half`.
#[allow(clippy::needless_range_loop)] // Indices are registers here.
#[inline(always)]
unsafe fn tile<V: Lanes, const HEIGHT: usize, const HALVES: usize>(
    job: &OuterProduct,
    first: usize,
    half: usize,
    out: *mut f32,
) {
    // SAFETY: rows and rectangle lie inside their slices: `Outer::run` checked them.
    unsafe {
        let second = job.second.unwrap_or(0);
        let mut sums = [[V::splat(0.0); HALVES]; HEIGHT];
        for line in 0..job.height {
            let mut a: [*const f32; HEIGHT] = std::array::from_fn(|row| {
                job.a.as_ptr().add(*job.a_rows.get_unchecked(first + row) + line * job.a_line)
            });
            let start = job.gradient.as_ptr().add(line * job.gradient_line + half * second);
            let mut gradient: [*const f32; HALVES] = std::array::from_fn(|column| start.add(column * second));
            for _ in 0..job.width {
                let columns: [V; HALVES] = std::array::from_fn(|column| V::load(gradient[column]));
                for row in 0..HEIGHT {
                    let sample = V::splat(*a[row]);
                    for column in 0..HALVES {
                        sums[row][column] = sums[row][column].add_product(sample, columns[column]);
                    }
                }
                a = a.map(|pixel| pixel.wrapping_add(job.a_step));
                gradient = gradient.map(|pixel| pixel.wrapping_add(LANES));
            }
        }
        for row in 0..HEIGHT {
            for column in 0..HALVES {
                let place = out.add((first + row) * PANEL + (half + column) * LANES);
                V::load(place).add(sums[row][column]).store(place);
            }
        }
    }
}

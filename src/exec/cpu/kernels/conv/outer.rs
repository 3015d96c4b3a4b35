//! The inner kernel of weight gradients: sums over pixels of a channel of the input times 16 channels of the output
//! gradient.

use super::lanes::{Lanes, for_every_width};
use super::product::PANEL;
use super::tiles::{self, Tiled, add_products};
use crate::exec::cpu::kernels::LANES;
use crate::exec::cpu::simd::Simd;

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
        // SAFETY: the caller's promise.
        unsafe { tiles::all::<V, OuterProduct>(job, out) }
    }
}

impl Tiled for OuterProduct<'_> {
    fn rows(&self) -> usize {
        self.a_rows.len()
    }

    fn has_second(&self) -> bool {
        self.second.is_some()
    }

    #[allow(clippy::needless_range_loop)] // Indices are registers here.
    #[inline(always)]
    unsafe fn tile<V: Lanes, const HEIGHT: usize, const HALVES: usize>(
        &self,
        first: usize,
        half: usize,
        out: *mut f32,
    ) {
        // SAFETY: rows and rectangle lie inside their slices: `OuterProduct::run` checked them.
        unsafe {
            let second = self.second.unwrap_or(0);
            let mut sums = [[V::splat(0.0); HALVES]; HEIGHT];
            for line in 0..self.height {
                let mut a: [*const f32; HEIGHT] = std::array::from_fn(|row| {
                    self.a.as_ptr().add(*self.a_rows.get_unchecked(first + row) + line * self.a_line)
                });
                let start = self.gradient.as_ptr().add(line * self.gradient_line + half * second);
                let mut gradient: [*const f32; HALVES] = std::array::from_fn(|column| start.add(column * second));
                for _ in 0..self.width {
                    let columns: [V; HALVES] = std::array::from_fn(|column| V::load(gradient[column]));
                    for row in 0..HEIGHT {
                        add_products(&mut sums[row], V::splat(*a[row]), &columns);
                    }
                    a = a.map(|pixel| pixel.wrapping_add(self.a_step));
                    gradient = gradient.map(|pixel| pixel.wrapping_add(LANES));
                }
            }
            for (row, sums) in sums.into_iter().enumerate() {
                for (column, sum) in sums.into_iter().enumerate() {
                    let place = out.add((first + row) * PANEL + (half + column) * LANES);
                    V::load(place).add(sum).store(place);
                }
            }
        }
    }
}

//! The inner kernel of convolutions: rows of blocked samples times a panel of weights. A 1x1 convolution, a direct
//! convolution and a Winograd product differ only in where rows and segments begin.

use super::lanes::{Lanes, for_every_width};
use super::shared::SharedBuffer;
use super::tiles::{self, Tiled, add_products};
use crate::exec::cpu::kernels::LANES;
use crate::exec::cpu::simd::Simd;

/// The number of outputs of a panel: two vectors, which with six rows keep twelve sums and all that feeds them in
/// sixteen registers.
pub const PANEL: usize = 2 * LANES;
/// The number of weights of a panel for one segment: `[8 inputs][16 outputs]`.
pub const SEGMENT: usize = LANES * PANEL;

/// What the sums of a product are added to.
#[derive(Clone, Copy)]
pub enum SumStart<'a> {
    /// Nothing.
    Zero,
    /// A bias for each output.
    Bias(&'a [f32]),
    /// What the output holds already.
    Sum,
}

/// A product of samples and weights:
/// `out[row][16] = start + sum over segments and lanes of a[row + segment + lane] * panel[segment][lane][16]`.
pub struct Product<'a> {
    /// The samples.
    pub a: &'a [f32],
    /// Where each row begins in `a`.
    pub a_rows: &'a [usize],
    /// Where each segment of eight terms begins, counted from the beginning of the row.
    pub segments: &'a [usize],
    /// The weights, segment by segment.
    pub panel: &'a [f32],
    /// Where the first eight outputs of the panel begin in the output.
    pub out_start: usize,
    /// Where each row begins in the output, counted from `out_start`.
    pub out_rows: &'a [usize],
    /// The step from the first eight outputs to the second; None where a last panel has only eight.
    pub second: Option<usize>,
    /// What the sums are added to.
    pub start: SumStart<'a>,
}

impl Product<'_> {
    /// Computes the product into `out`.
    ///
    /// # Safety
    /// No other task touches these rows of `out` meanwhile.
    ///
    /// # Panics
    /// When a slice is too short for what the rows and segments reach.
    pub unsafe fn run(&self, simd: Simd, out: SharedBuffer) {
        let last = |places: &[usize]| places.iter().max().map_or(0, |place| place + LANES);
        assert_eq!(self.a_rows.len(), self.out_rows.len());
        assert!(self.a_rows.is_empty() || last(self.a_rows) + last(self.segments) <= self.a.len() + LANES);
        assert!(self.panel.len() >= self.segments.len() * SEGMENT);
        assert!(self.out_start + last(self.out_rows) + self.second.unwrap_or(0) <= out.len());
        if let SumStart::Bias(bias) = self.start {
            assert_eq!(bias.len(), if self.second.is_some() { PANEL } else { LANES });
        }
        // SAFETY: every place that the kernel reads or writes was checked above.
        unsafe { rows(simd, self, out.pointer()) }
    }
}

for_every_width! {
    unsafe fn rows<V>(job: &Product, out: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { tiles::all::<V, Product>(job, out) }
    }
}

impl Tiled for Product<'_> {
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
        // SAFETY: rows, segments and the panel lie inside their slices: `Product::run` checked them.
        unsafe {
            let a_rows: [*const f32; HEIGHT] =
                std::array::from_fn(|row| self.a.as_ptr().add(*self.a_rows.get_unchecked(first + row)));
            let mut sums = [[V::splat(0.0); HALVES]; HEIGHT];
            let mut weights = self.panel.as_ptr().add(half * LANES);
            for &segment in self.segments {
                for lane in 0..LANES {
                    let columns: [V; HALVES] =
                        std::array::from_fn(|column| V::load(weights.add(lane * PANEL + column * LANES)));
                    for row in 0..HEIGHT {
                        add_products(&mut sums[row], V::splat(*a_rows[row].add(segment + lane)), &columns);
                    }
                }
                weights = weights.add(SEGMENT);
            }
            for (row, sums) in sums.into_iter().enumerate() {
                let place = out.add(self.out_start + *self.out_rows.get_unchecked(first + row));
                for (column, sum) in sums.into_iter().enumerate() {
                    finish(self, half + column, place, sum);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn finish<V: Lanes>(job: &Product, column: usize, row: *mut f32, sum: V) {
    // SAFETY: as in `tile`; a bias has eight values for each column.
    unsafe {
        let place = row.add(column * job.second.unwrap_or(0));
        let value = match job.start {
            SumStart::Zero => sum,
            SumStart::Bias(bias) => V::load(bias.as_ptr().add(column * LANES)).add(sum),
            SumStart::Sum => V::load(place).add(sum),
        };
        value.store(place);
    }
}

//! Matrix products on this thread.

use gemm::Parallelism;

/// A matrix in a slice.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub samples: &'a [f32],
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Rows one after the other.
    pub fn by_rows(samples: &'a [f32], row_stride: usize) -> Self {
        Matrix { samples, row_stride, column_stride: 1 }
    }

    pub fn transposed(self) -> Self {
        Matrix { row_stride: self.column_stride, column_stride: self.row_stride, ..self }
    }

    fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.samples.len()
    }
}

/// What becomes of the old content of the result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Onto {
    Nothing,
    Content,
}

/// `out` (`rows` x `columns`, by rows without gaps) = `a` (`rows` x `depth`) times `b` (`depth` x `columns`),
/// added to its content or not.
pub(super) fn multiply([rows, columns, depth]: [usize; 3], out: &mut [f32], onto: Onto, a: Matrix, b: Matrix) {
    assert!(out.len() >= rows * columns, "the result has too little room");
    assert!(a.holds(rows, depth) && b.holds(depth, columns), "a factor is too small");
    let stride = |stride: usize| stride as isize;
    // SAFETY: the assertions above say that each index below rows, columns and depth, with its strides,
    // lies in its slice; `out` is borrowed mutably, so it overlaps neither factor.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            out.as_mut_ptr(),
            1,
            stride(columns),
            onto == Onto::Content,
            a.samples.as_ptr(),
            stride(a.column_stride),
            stride(a.row_stride),
            b.samples.as_ptr(),
            stride(b.column_stride),
            stride(b.row_stride),
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

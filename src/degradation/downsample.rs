//! Down-sampling as super-resolution's data term sees it: a fixed strided convolution. With a Lanczos kernel of
//! support 2 it is the authors' own (their `Downsampler`, phase 1/2); the other kernels are those of picture
//! editors, stretched by the factor so that nothing aliases.

use crate::graph::{Resample, SparseMatrix};

/// A kernel of picture editors, in pixels of the small picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReductionKernel {
    /// The Lanczos filter with a support of 3.
    Lanczos3,
    /// Keys' cubic convolution with a = -1/2.
    Bicubic,
    /// The mean of the pixels that a small pixel covers.
    Box,
    /// A Gaussian of standard deviation 1/2, cut at 3/2.
    Gaussian,
}

impl ReductionKernel {
    fn support(self) -> f64 {
        match self {
            ReductionKernel::Lanczos3 => 3.0,
            ReductionKernel::Bicubic => 2.0,
            ReductionKernel::Box => 0.5,
            ReductionKernel::Gaussian => 1.5,
        }
    }

    /// The weight of a tap at the distance t from the centre.
    fn weight(self, t: f64) -> f64 {
        let t = t.abs();
        match self {
            _ if t >= self.support() => 0.0,
            ReductionKernel::Lanczos3 => sinc(t) * sinc(t / 3.0),
            ReductionKernel::Bicubic if t < 1.0 => 1.5 * t.powi(3) - 2.5 * t * t + 1.0,
            ReductionKernel::Bicubic => -0.5 * t.powi(3) + 2.5 * t * t - 4.0 * t + 2.0,
            ReductionKernel::Box => 1.0,
            ReductionKernel::Gaussian => (-2.0 * t * t).exp(),
        }
    }

    /// Makes the reduction of a picture of these sides, multiples of the factor; taps beyond the border are left out
    /// and the rest weighs more.
    pub fn filter(self, height: usize, width: usize, factor: usize) -> Resample {
        let axis = |length: usize| {
            SparseMatrix::new(length / factor, length, |i| {
                let (centre, reach) = ((i as f64 + 0.5) * factor as f64, self.support() * factor as f64);
                let taps = ((centre - reach).floor().max(0.0) as usize)..((centre + reach).ceil() as usize).min(length);
                let weight = |at: usize| self.weight((at as f64 + 0.5 - centre) / factor as f64);
                let sum: f64 = taps.clone().map(weight).sum();
                taps.map(|at| (at, (weight(at) / sum) as f32)).filter(|(_, weight)| *weight != 0.0).collect()
            })
        };
        Resample { rows: axis(height), columns: axis(width) }
    }
}

/// Makes the authors' reduction of a picture of these sides, multiples of the factor.
pub fn lanczos2_filter(height: usize, width: usize, factor: usize) -> Resample {
    Resample { rows: lanczos2_matrix(height, factor), columns: lanczos2_matrix(width, factor) }
}

/// Gives the weights of one direction: an even number of taps at half-sample positions for even factors (phase 1/2), an
/// odd number centred on a sample for odd ones (phase 0); 4 factor (+ 1) of them, sum 1.
///
/// The authors normalise the product of both directions by its sum; that is the same.
pub fn lanczos2_taps(factor: usize) -> Vec<f64> {
    let taps = 4 * factor + factor % 2;
    let centre = (taps - 1) as f64 / 2.0;
    let weights: Vec<f64> = (0..taps).map(|i| lanczos2((i as f64 - centre).abs() / factor as f64)).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// The Lanczos window: sinc(t) sinc(t / 2) within the support of 2, else 0.
fn lanczos2(t: f64) -> f64 {
    if t >= 2.0 { 0.0 } else { sinc(t) * sinc(t / 2.0) }
}

fn sinc(t: f64) -> f64 {
    let angle = std::f64::consts::PI * t;
    if angle == 0.0 { 1.0 } else { angle.sin() / angle }
}

/// The matrix of one direction: output i reads the taps about the middle of its `factor` samples; the border sample
/// repeats.
fn lanczos2_matrix(length: usize, factor: usize) -> SparseMatrix {
    let taps = lanczos2_taps(factor);
    let before = (taps.len() - factor) / 2;
    SparseMatrix::new(length / factor, length, |i| {
        let entry = |(k, weight): (usize, &f64)| {
            let position = (i * factor + k) as isize - before as isize;
            (position.clamp(0, length as isize - 1) as usize, *weight as f32)
        };
        taps.iter().enumerate().map(entry).collect()
    })
}

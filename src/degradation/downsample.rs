//! Down-sampling as super-resolution's data term sees it: a fixed strided convolution with a Lanczos
//! kernel of support 2, as the authors' code has it (their `Downsampler`, phase 1/2).

use crate::graph::{Filter, Graph, NodeId, Resample, Shape, SparseMatrix};

/// Appends the reduction by `factor`; both sides of `x` must be its multiples.
pub fn lanczos2(graph: &mut Graph, x: NodeId, factor: usize) -> NodeId {
    let Shape { height, width, .. } = graph.shape(x);
    let (rows, columns) = (axis(height, factor), axis(width, factor));
    graph.resample(x, Resample { filter: Filter::General, rows, columns })
}

/// Weights of one direction: an even number of taps at half-sample positions for even factors (phase
/// 1/2), an odd number centred on a sample for odd ones (phase 0); 4 factor (+ 1) of them, sum 1.
///
/// The authors normalise the product of both directions by its sum; that is the same.
pub fn lanczos2_taps(factor: usize) -> Vec<f64> {
    let taps = 4 * factor + factor % 2;
    let centre = (taps - 1) as f64 / 2.0;
    let weights: Vec<f64> = (0..taps).map(|i| window((i as f64 - centre).abs() / factor as f64)).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// sinc(t) sinc(t / 2) within the support of 2, else 0.
fn window(t: f64) -> f64 {
    if t >= 2.0 { 0.0 } else { sinc(t) * sinc(t / 2.0) }
}

fn sinc(t: f64) -> f64 {
    let angle = std::f64::consts::PI * t;
    if angle == 0.0 { 1.0 } else { angle.sin() / angle }
}

/// Output i reads the taps about the middle of its `factor` samples; the border sample repeats.
fn axis(length: usize, factor: usize) -> SparseMatrix {
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

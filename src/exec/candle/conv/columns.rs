//! The matrix of a convolution: a row for each channel and tap, a column for each output pixel. Never
//! made as a whole: a task makes it for some channels and some pixels, and uses it while it is in cache.

use std::ops::Range;

use super::geometry::{Geometry, Taps};

/// Fills `matrix` (by rows of `pixels.len()`) with what the taps of these channels read for these output
/// pixels.
pub(super) fn gather(
    geometry: &Geometry,
    input: &[f32],
    channels: Range<usize>,
    pixels: Range<usize>,
    matrix: &mut [f32],
) {
    let plane = geometry.inputs.height * geometry.inputs.width;
    let mut rows = matrix.chunks_exact_mut(pixels.len());
    for channel in channels {
        let input = &input[channel * plane..(channel + 1) * plane];
        for (row_taps, column_taps) in taps(geometry) {
            let Some(mut row) = rows.next() else { return };
            for (y, outputs) in pieces(geometry, pixels.clone()) {
                let (out, rest) = row.split_at_mut(outputs.len());
                row = rest;
                let parts = Parts::new(column_taps, outputs);
                if row_taps.sources[y].is_empty() {
                    out.fill(0.0);
                }
                for (index, source) in row_taps.sources[y].iter().enumerate() {
                    let input = &input[source * geometry.inputs.width..][..geometry.inputs.width];
                    parts.gather(input, geometry.stride, index == 0, out);
                }
            }
        }
    }
}

/// Adds `matrix` to where [`gather`] would read it from; `planes` are those of the channels.
pub(super) fn scatter(geometry: &Geometry, matrix: &[f32], pixels: Range<usize>, planes: &mut [f32]) {
    let plane = geometry.inputs.height * geometry.inputs.width;
    let mut rows = matrix.chunks_exact(pixels.len());
    for plane in planes.chunks_exact_mut(plane) {
        for (row_taps, column_taps) in taps(geometry) {
            let Some(mut row) = rows.next() else { return };
            for (y, outputs) in pieces(geometry, pixels.clone()) {
                let (from, rest) = row.split_at(outputs.len());
                row = rest;
                let parts = Parts::new(column_taps, outputs);
                for source in &row_taps.sources[y] {
                    let plane = &mut plane[source * geometry.inputs.width..][..geometry.inputs.width];
                    parts.scatter(from, geometry.stride, plane);
                }
            }
        }
    }
}

/// In the order of the weights.
fn taps(geometry: &Geometry) -> impl Iterator<Item = (&Taps, &Taps)> {
    geometry.rows.iter().flat_map(|row| geometry.columns.iter().map(move |column| (row, column)))
}

/// Row of the output and columns in it.
fn pieces(geometry: &Geometry, pixels: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> + use<> {
    let width = geometry.outputs.width;
    (pixels.start / width..pixels.end.div_ceil(width)).map(move |y| {
        let start = pixels.start.saturating_sub(y * width);
        (y, start..(pixels.end - y * width).min(width))
    })
}

/// A run of outputs in one row: those before, within and after the evenly spaced ones.
struct Parts<'a> {
    before: &'a [Vec<usize>],
    /// Source of the first within.
    first: usize,
    within: usize,
    after: &'a [Vec<usize>],
}

impl<'a> Parts<'a> {
    fn new(taps: &'a Taps, outputs: Range<usize>) -> Self {
        let start = taps.even.start.clamp(outputs.start, outputs.end);
        let end = taps.even.end.clamp(start, outputs.end);
        Parts {
            before: &taps.sources[outputs.start..start],
            first: if start < end { taps.sources[start][0] } else { 0 },
            within: end - start,
            after: &taps.sources[end..outputs.end],
        }
    }

    /// Writes to `out`, or adds to it.
    fn gather(&self, input: &[f32], stride: usize, is_first: bool, out: &mut [f32]) {
        let (left, rest) = out.split_at_mut(self.before.len());
        let (middle, right) = rest.split_at_mut(self.within);
        let borders = left.iter_mut().zip(self.before).chain(right.iter_mut().zip(self.after));
        for (out, sources) in borders {
            let sum = sources.iter().map(|source| input[*source]).sum::<f32>();
            *out = if is_first { sum } else { *out + sum };
        }
        let input = &input[self.first..];
        match stride {
            1 if is_first => middle.copy_from_slice(&input[..self.within]),
            1 => middle.iter_mut().zip(input).for_each(|(out, x)| *out += x),
            // At stride 2 no row has two sources.
            _ => middle.iter_mut().zip(input.iter().step_by(stride)).for_each(|(out, x)| *out = *x),
        }
    }

    fn scatter(&self, from: &[f32], stride: usize, plane: &mut [f32]) {
        let (left, rest) = from.split_at(self.before.len());
        let (middle, right) = rest.split_at(self.within);
        for (from, sources) in left.iter().zip(self.before).chain(right.iter().zip(self.after)) {
            sources.iter().for_each(|source| plane[*source] += from);
        }
        let plane = &mut plane[self.first..];
        match stride {
            1 => plane.iter_mut().zip(middle).for_each(|(sum, x)| *sum += x),
            _ => plane.iter_mut().step_by(stride).zip(middle).for_each(|(sum, x)| *sum += x),
        }
    }
}

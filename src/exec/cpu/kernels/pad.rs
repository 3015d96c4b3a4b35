//! The padding of a convolution's input, to which the view of the input (norm, leaky ReLU) is applied at the same time,
//! and the way back of the padding.

use rayon::prelude::*;

use super::{LANES, Run, activate, rows_at_once};
use crate::exec::cpu::simd::for_every_path;
use crate::exec::cpu::view::View;
use crate::exec::plan::Store;
use crate::graph::Padding;

/// Where a picture lies within its padded version. What lies beyond the right and the lower border is filled with
/// zeros. With a stride of 2 the end of these borders may be missing, since nothing reads it.
#[derive(Clone, Copy)]
pub struct Frame {
    pub height: usize,
    pub width: usize,
    /// How many pixels of padding each side has.
    pub border: usize,
    pub padding: Padding,
    pub padded_height: usize,
    pub padded_width: usize,
}

impl Frame {
    /// The frame of a picture without padding.
    pub fn bare([height, width]: [usize; 2]) -> Frame {
        Frame { height, width, border: 0, padding: Padding::Zero, padded_height: height, padded_width: width }
    }

    /// The row of the picture that a padded row repeats; None for zeros.
    fn row(&self, padded: usize) -> Option<usize> {
        let is_inside = padded < self.height + 2 * self.border;
        is_inside.then(|| self.padding.source(padded as isize - self.border as isize, self.height)).flatten()
    }

    /// The column of the picture that a padded column repeats; None for zeros.
    fn column(&self, padded: usize) -> Option<usize> {
        self.padding.source(padded as isize - self.border as isize, self.width)
    }

    /// Lists the padded rows of both borders.
    fn border_rows(&self) -> impl Iterator<Item = usize> + use<> {
        let (border, height) = (self.border, self.height);
        (0..border).chain(height + border..(height + 2 * border).min(self.padded_height))
    }

    /// Lists the padded columns of both borders.
    fn border_columns(&self) -> impl Iterator<Item = usize> + use<> {
        let (border, width, end) = (self.border, self.width, self.padded_width);
        (0..border).chain(width + border..(width + 2 * border).min(end))
    }

    /// The number of f32s of a row of the picture that lie in its padded row.
    fn inner(&self) -> usize {
        self.width.min(self.padded_width - self.border) * LANES
    }
}

/// Fills `padded` (`[blocks][padded height][padded width][8]`) with what readers see of `samples`
/// (`[blocks][height][width][8]`).
pub fn pad(run: &Run, frame: &Frame, samples: &[f32], view: &View, padded: &mut [f32]) {
    let (row, padded_row) = (frame.width * LANES, frame.padded_width * LANES);
    let at_once = rows_at_once(padded_row);
    assert_eq!(padded.len() / padded_row / frame.padded_height, samples.len() / row / frame.height);
    padded.par_chunks_mut(at_once * padded_row).enumerate().for_each(|(chunk, rows)| {
        if run.is_cancelled() {
            return;
        }
        for (i, out) in rows.chunks_exact_mut(padded_row).enumerate() {
            let index = chunk * at_once + i;
            let (block, y) = (index / frame.padded_height, index % frame.padded_height);
            match frame.row(y) {
                Some(y) => {
                    let from = &samples[(block * frame.height + y) * row..][..row];
                    pad_row(run, frame, from, view, block, out);
                }
                None => out.fill(0.0),
            }
        }
    });
}

fn pad_row(run: &Run, frame: &Frame, from: &[f32], view: &View, block: usize, out: &mut [f32]) {
    let start = frame.border * LANES;
    let inner = frame.inner();
    activate(run.simd, &from[..inner], view.of_block(block), &mut out[start..start + inner]);
    for x in frame.border_columns() {
        match frame.column(x) {
            Some(column) => {
                let source = start + column * LANES;
                out.copy_within(source..source + LANES, x * LANES);
            }
            None => out[x * LANES..][..LANES].fill(0.0),
        }
    }
    let behind = (frame.width + 2 * frame.border).min(frame.padded_width) * LANES;
    out[behind..].fill(0.0);
}

/// Goes the way back of [`pad`]: the gradient at a padded position counts for the sample that it repeats.
pub fn fold(run: &Run, frame: &Frame, by_padded: &[f32], gradient: &mut [f32], store: Store) {
    let (row, padded_row) = (frame.width * LANES, frame.padded_width * LANES);
    let at_once = rows_at_once(row);
    gradient.par_chunks_mut(at_once * row).enumerate().for_each(|(chunk, rows)| {
        if run.is_cancelled() {
            return;
        }
        for (i, out) in rows.chunks_exact_mut(row).enumerate() {
            let index = chunk * at_once + i;
            let (block, y) = (index / frame.height, index % frame.height);
            let padded = |y: usize| &by_padded[(block * frame.padded_height + y) * padded_row..][..padded_row];
            if y + frame.border < frame.padded_height {
                fold_row(run, frame, padded(y + frame.border), out, store);
            } else if store == Store::Overwrite {
                out.fill(0.0);
            }
            for other in frame.border_rows().filter(|other| frame.row(*other) == Some(y)) {
                fold_row(run, frame, padded(other), out, Store::Add);
            }
        }
    });
}

fn fold_row(run: &Run, frame: &Frame, padded: &[f32], out: &mut [f32], store: Store) {
    let (inner, rest) = out.split_at_mut(frame.inner());
    let from = &padded[frame.border * LANES..][..inner.len()];
    match store {
        Store::Overwrite => {
            inner.copy_from_slice(from);
            rest.fill(0.0);
        }
        Store::Add => add(run.simd, from, inner),
    }
    for x in frame.border_columns() {
        if let Some(column) = frame.column(x) {
            let from = &padded[x * LANES..][..LANES];
            out[column * LANES..][..LANES].iter_mut().zip(from).for_each(|(sum, sample)| *sum += sample);
        }
    }
}

for_every_path! {
    /// Adds `samples` to `sum`.
    pub fn add(samples: &[f32], sum: &mut [f32]) {
        for (sum, sample) in sum.iter_mut().zip(samples) {
            *sum += sample;
        }
    }
}

//! Fills missing samples from their neighbours (push-pull): means of 2x2 observed samples go down a
//! pyramid, holes are filled on the way up from the next coarser level. O(n), no order of work in the result.

use super::{Picture, Size};
use crate::error::Result;
use crate::room;

/// What a channel without any observed sample becomes.
const NOTHING_KNOWN: f32 = 0.5;

/// Replaces every NaN; the others stay as they are.
///
/// # Errors
/// `OutOfMemory` where the coarser levels have no room.
pub(crate) fn fill_missing(picture: &mut Picture) -> Result<()> {
    let size = picture.size;
    (0..picture.channels).try_for_each(|channel| fill_plane(size, picture.plane_mut(channel)))
}

// Recurses once for each halving of the larger side, so at most 20 deep.
fn fill_plane(size: Size, samples: &mut [f32]) -> Result<()> {
    if !samples.iter().any(|sample| sample.is_nan()) {
        return Ok(());
    }
    if size.area() == 1 {
        samples[0] = NOTHING_KNOWN;
        return Ok(());
    }
    let coarse_size = Size::new(size.width.div_ceil(2), size.height.div_ceil(2));
    let mut coarse = shrunk(size, samples, coarse_size)?;
    fill_plane(coarse_size, &mut coarse)?;
    for y in 0..size.height {
        for x in 0..size.width {
            let sample = &mut samples[y * size.width + x];
            if sample.is_nan() {
                *sample = interpolated(coarse_size, &coarse, x, y);
            }
        }
    }
    Ok(())
}

/// Mean of the observed samples of each 2x2; NaN where there is none.
fn shrunk(size: Size, samples: &[f32], coarse_size: Size) -> Result<Vec<f32>> {
    let mut sums = room::filled(coarse_size.area(), (0.0f32, 0.0f32))?;
    for (y, row) in samples.chunks_exact(size.width).enumerate() {
        for (x, sample) in row.iter().enumerate().filter(|(_, sample)| !sample.is_nan()) {
            let (sum, observed) = &mut sums[y / 2 * coarse_size.width + x / 2];
            *sum += sample;
            *observed += 1.0;
        }
    }
    room::collect(sums.len(), sums.into_iter().map(|(sum, observed)| sum / observed))
}

/// The coarse level at a fine position: bilinear, as nearest would leave squares.
fn interpolated(size: Size, coarse: &[f32], x: usize, y: usize) -> f32 {
    let (left, right) = (x / 2, beside(x, size.width));
    let (above, below) = (y / 2 * size.width, beside(y, size.height) * size.width);
    let upper = 0.75 * coarse[above + left] + 0.25 * coarse[above + right];
    let lower = 0.75 * coarse[below + left] + 0.25 * coarse[below + right];
    0.75 * upper + 0.25 * lower
}

/// The second nearest coarse position: before an even fine one, behind an odd one.
fn beside(fine: usize, count: usize) -> usize {
    if fine.is_multiple_of(2) { (fine / 2).saturating_sub(1) } else { (fine / 2 + 1).min(count - 1) }
}

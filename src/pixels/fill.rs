//! The filling of missing samples from their neighbours (push-pull): means of 2x2 observed samples go down a pyramid,
//! and holes are filled on the way up from the next coarser level. It takes O(n), and the result does not depend on the
//! order of work. Where a smooth surface is wanted, each level is made one before the next finer level starts from it.

use super::picture::Picture;
use super::size::Size;
use super::surface;
use crate::error::Result;
use crate::room;

/// The value that all samples of a channel get where none is observed.
const NOTHING_KNOWN: f32 = 0.5;
/// The tension of a smooth fill. Without any, a surface goes on as a slope beyond the last known sample. On eighteen
/// holes in photographs 0, 0.003, 0.03 and 0.3 gave 20.30, 20.38, 20.59 and 20.64 dB, and in the mean with a network's
/// fill 21.21, 21.21, 21.18 and 21.11.
const TENSION: f32 = 0.003;

/// Fills every NaN from its neighbours; the other samples stay as they are.
///
/// # Errors
/// `OutOfMemory` where the coarser levels have no room.
pub(crate) fn fill_missing(picture: &mut Picture) -> Result<()> {
    let size = picture.size;
    (0..picture.channels).try_for_each(|channel| fill_plane(size, picture.plane_mut(channel), None))
}

/// Fills every NaN by the smoothest surface through what is known, which also goes on across edges: it minimises the
/// sum of squared Laplacians, and 0.003 of that of squared differences of neighbours.
///
/// # Errors
/// `OutOfMemory` where the coarser levels or the surface have no room.
pub fn fill_smoothly(picture: &mut Picture) -> Result<()> {
    let size = picture.size;
    (0..picture.channels).try_for_each(|channel| fill_plane(size, picture.plane_mut(channel), Some(TENSION)))
}

// Recurses once for each halving of the larger side, so at most 20 deep.
fn fill_plane(size: Size, samples: &mut [f32], tension: Option<f32>) -> Result<()> {
    if !samples.iter().any(|sample| sample.is_nan()) {
        return Ok(());
    }
    if size.area() == 1 {
        samples[0] = NOTHING_KNOWN;
        return Ok(());
    }
    let coarse_size = Size::new(size.width.div_ceil(2), size.height.div_ceil(2));
    let mut coarse = shrunk(size, samples, coarse_size)?;
    // In steps that are twice as wide a slope is twice as steep, and a Laplacian four times.
    fill_plane(coarse_size, &mut coarse, tension.map(|tension| 4.0 * tension))?;
    let Some(tension) = tension else {
        (0..samples.len()).for_each(|i| start(samples, size, &coarse, i));
        return Ok(());
    };
    let count = samples.iter().filter(|sample| sample.is_nan()).count();
    let holes = room::collect(count, (0..samples.len()).filter(|i| samples[*i].is_nan()))?;
    holes.iter().for_each(|i| start(samples, size, &coarse, *i));
    surface::smooth(size, samples, &holes, tension)
}

/// Gives a missing sample what the coarser level has there.
fn start(samples: &mut [f32], size: Size, coarse: &[f32], i: usize) {
    if samples[i].is_nan() {
        let coarse_size = Size::new(size.width.div_ceil(2), size.height.div_ceil(2));
        samples[i] = interpolated(coarse_size, coarse, i % size.width, i / size.width);
    }
}

/// Averages the observed samples of each 2x2; NaN where there is none.
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

/// Interpolates the coarse level at a fine position: bilinearly, since the nearest sample would leave squares.
fn interpolated(size: Size, coarse: &[f32], x: usize, y: usize) -> f32 {
    let (left, right) = (x / 2, beside(x, size.width));
    let (above, below) = (y / 2 * size.width, beside(y, size.height) * size.width);
    let upper = 0.75 * coarse[above + left] + 0.25 * coarse[above + right];
    let lower = 0.75 * coarse[below + left] + 0.25 * coarse[below + right];
    0.75 * upper + 0.25 * lower
}

/// Gives the second nearest coarse position: before an even fine one, behind an odd one.
fn beside(fine: usize, count: usize) -> usize {
    if fine.is_multiple_of(2) { (fine / 2).saturating_sub(1) } else { (fine / 2 + 1).min(count - 1) }
}

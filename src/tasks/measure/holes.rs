//! The shape of what is missing, which chooses the inpainting preset: the share of missing pixels, and
//! how far they lie from the nearest observed one.

use crate::options::Hole;
use crate::pixels::Picture;

/// From this mean distance on (chessboard, in pixels, of missing pixels from the nearest observed one)
/// holes are regions. A stroke of width w has about w/4, a disc of radius r about r/3; the authors' text
/// mask has 1.3, scratches 1.4, a bar of 16 pixels 4.5, the vase 6.9, the library 8.2.
const REGION_DISTANCE: f64 = 5.0;
/// A missing pixel's neighbours are observed as often as any pixel where pixels are lost one by one
/// (ratio 1.0 from 50 to 98 % missing); the authors' text has 0.2, small text 0.4, regions 0.02.
const SCATTERED_RATIO: f64 = 0.6;

/// Measures the share of the pixels of which some sample is missing entirely, 0..1.
pub fn missing_share(weight: &Picture) -> f32 {
    let missing = is_missing(weight);
    missing.iter().filter(|is_missing| **is_missing).count() as f32 / missing.len() as f32
}

/// Tells the shape of the holes; text where nothing is missing.
pub fn shape(weight: &Picture) -> Hole {
    let missing = is_missing(weight);
    let (width, height) = (weight.size.width, weight.size.height);
    if is_scattered(&missing, width) {
        return Hole::Sparse;
    }
    if mean_depth(&missing, width, height) >= REGION_DISTANCE { Hole::Region } else { Hole::Text }
}

fn is_missing(weight: &Picture) -> Vec<bool> {
    let mut missing = vec![false; weight.size.area()];
    for channel in 0..weight.channels {
        for (missing, weight) in missing.iter_mut().zip(weight.plane(channel)) {
            *missing |= *weight == 0.0;
        }
    }
    missing
}

/// Whether pixels are missing one by one: then their neighbours are missing as often as any pixel. The pixels of a
/// stroke or region have neighbours that nearly all are.
fn is_scattered(missing: &[bool], width: usize) -> bool {
    let (mut pairs, mut pairs_missing) = (0u64, 0u64);
    for (i, is_missing) in missing.iter().enumerate().filter(|(_, is_missing)| **is_missing) {
        let right = ((i + 1) % width != 0).then(|| missing[i + 1]);
        let below = missing.get(i + width).copied();
        for neighbour in [right, below].into_iter().flatten() {
            pairs += u64::from(*is_missing);
            pairs_missing += u64::from(neighbour);
        }
    }
    if pairs == 0 {
        return false;
    }
    let share = missing.iter().filter(|m| **m).count() as f64 / missing.len() as f64;
    let observed_next = 1.0 - pairs_missing as f64 / pairs as f64;
    observed_next > SCATTERED_RATIO * (1.0 - share)
}

/// Measures the mean chessboard distance of missing pixels from the nearest observed one, in two sweeps.
fn mean_depth(missing: &[bool], width: usize, height: usize) -> f64 {
    let far = (width + height) as u32;
    let mut depth: Vec<u32> = missing.iter().map(|m| if *m { far } else { 0 }).collect();
    let at = |depth: &[u32], x: isize, y: isize| {
        let is_inside = (0..width as isize).contains(&x) && (0..height as isize).contains(&y);
        if is_inside { depth[y as usize * width + x as usize] } else { far }
    };
    let sweep = |depth: &mut [u32], i: usize, before: [(isize, isize); 4]| {
        let (x, y) = ((i % width) as isize, (i / width) as isize);
        let nearest = before.iter().map(|(dx, dy)| at(depth, x + dx, y + dy)).min().unwrap_or(far);
        depth[i] = depth[i].min(nearest + 1);
    };
    (0..missing.len()).for_each(|i| sweep(&mut depth, i, [(-1, -1), (0, -1), (1, -1), (-1, 0)]));
    (0..missing.len()).rev().for_each(|i| sweep(&mut depth, i, [(1, 1), (0, 1), (-1, 1), (1, 0)]));
    let count = missing.iter().filter(|m| **m).count().max(1);
    depth.iter().map(|d| f64::from(*d)).sum::<f64>() / count as f64
}

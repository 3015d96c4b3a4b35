//! How rough a picture is where it is smoothest: what its noise is at most, whatever its neighbours have to do with
//! each other. Blocks are so large that noise of several pixels' width is in them, and so small that a slope and a
//! curve describe what else there is.

use crate::pixels::Picture;

/// Side of a block, and pixels from one block to the next.
const SIDE: usize = 12;
const STEP: usize = 6;
/// Powers of the position in one direction: one, x and x squared.
const POWERS: usize = 3;
/// Products of powers that make a surface of the second degree.
const TERMS: usize = 6;
/// One of so many blocks is smoother than the deviation that is taken for the smoothest ones'.
const SMOOTHEST_PART: usize = 20;
/// Deviation of a block that still has its noise. Rounding alone is 0.29 / 255; a smoother block has lost its noise to
/// a JPEG file's steps, or never had any.
const LEAST_DEVIATION: f32 = 0.4 / 255.0;
/// One of so many samples of a block may be clipped.
const MOST_CLIPPED: usize = 10;
/// A camera's tone curve makes noise weaker towards white, so what is brighter tells nothing of the rest.
const BRIGHTEST: f32 = 0.8;

/// Measures the standard deviation of the samples (0..1) from smooth surfaces, in the smoothest of the blocks that have
/// all samples, are rough at all and not near white; NaN if there is none.
pub fn smoothest_deviation(image: &Picture, weight: &Picture) -> f32 {
    let size = image.size;
    if size.width < SIDE || size.height < SIDE {
        return f32::NAN;
    }
    let basis = basis();
    let lefts = || (0..=size.width - SIDE).step_by(STEP);
    let starts =
        (0..=size.height - SIDE).step_by(STEP).flat_map(|top| lefts().map(move |left| top * size.width + left));
    let mut deviations: Vec<f32> = starts
        .filter(|start| is_informative(image, weight, *start))
        .map(|start| deviation(image, start, &basis))
        .filter(|deviation| *deviation > LEAST_DEVIATION)
        .collect();
    if deviations.is_empty() {
        return f32::NAN;
    }
    let place = deviations.len() / SMOOTHEST_PART;
    *deviations.select_nth_unstable_by(place, f32::total_cmp).1
}

/// Makes one, x and x squared over a block's side orthonormal (Gram and Schmidt).
fn basis() -> [[f32; SIDE]; POWERS] {
    let mut basis = [[0.0; SIDE]; POWERS];
    for power in 0..POWERS {
        let mut vector: [f32; SIDE] = std::array::from_fn(|i| (i as f32 / SIDE as f32 - 0.5).powi(power as i32));
        for other in &basis[..power] {
            let along: f32 = vector.iter().zip(other).map(|(x, y)| x * y).sum();
            vector.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        basis[power] = vector.map(|x| x / length);
    }
    basis
}

fn rows(picture: &Picture, channel: usize, start: usize) -> impl Iterator<Item = &[f32]> {
    let (plane, width) = (picture.plane(channel), picture.size.width);
    (0..SIDE).map(move |row| &plane[start + row * width..][..SIDE])
}

/// Whether nothing of a block is missing or near white, and hardly anything clipped.
fn is_informative(image: &Picture, weight: &Picture, start: usize) -> bool {
    let samples = |picture| (0..image.channels).flat_map(move |channel| rows(picture, channel, start).flatten());
    let count = SIDE * SIDE * image.channels;
    let clipped = samples(image).filter(|x| **x <= 0.0 || **x >= 1.0).count();
    let is_bright = samples(image).sum::<f32>() > BRIGHTEST * count as f32;
    clipped * MOST_CLIPPED < count && !is_bright && samples(weight).all(|weight| *weight > 0.0)
}

/// Measures the standard deviation of a block from the nearest surface of the second degree.
fn deviation(image: &Picture, start: usize, basis: &[[f32; SIDE]; POWERS]) -> f32 {
    let variance = |channel: usize| {
        // Far from zero single precision would round.
        let middle = image.plane(channel)[start];
        let mut along = [[0.0; POWERS]; POWERS];
        let mut square = 0.0;
        for (y, row) in rows(image, channel, start).enumerate() {
            let by_row = basis.map(|vector| row.iter().zip(&vector).map(|(x, b)| (x - middle) * b).sum::<f32>());
            square += row.iter().map(|x| (x - middle).powi(2)).sum::<f32>();
            for (down, along) in along.iter_mut().enumerate() {
                along.iter_mut().zip(by_row).for_each(|(along, x)| *along += basis[down][y] * x);
            }
        }
        let of_surface = (0..POWERS).flat_map(|down| (0..POWERS - down).map(move |across| (down, across)));
        let explained: f32 = of_surface.map(|(down, across)| along[down][across].powi(2)).sum();
        (square - explained).max(0.0) / (SIDE * SIDE - TERMS) as f32
    };
    ((0..image.channels).map(variance).sum::<f32>() / image.channels as f32).sqrt()
}

//! Hot pixels: single pixels of a colour far from all around them, which long exposures have.

use crate::pixels::Picture;

/// How far a hot pixel lies from the median of its neighbours, 0..1, without noise and for each deviation of the noise.
const LEAST_DISTANCE: f32 = 25.0 / 255.0;
const DEVIATIONS: f32 = 10.0;
/// How far a hot pixel lies from the median of its neighbours, over how far these lie from each other.
const DISTANCE_OVER_SPREAD: f32 = 2.0;
/// A glint or a star is bright in all colours. One colour of a hot pixel differs by this part more than another.
const LEAST_COLOUR: f32 = 0.5;
/// Share of the pixels that are hot ones: fewer are chance, and more are artwork, as the dots of pixel art.
pub const LEAST_SHARE: f32 = 2e-4;
pub const LARGEST_SHARE: f32 = 5e-3;
const NEIGHBOURS: usize = 8;

/// Finds the indices of hot pixels, beside noise of this standard deviation, 0..1.
pub fn find(image: &Picture, weight: &Picture, deviation: f32) -> Vec<usize> {
    // In a grey picture nothing tells them from stars and from the dots of a halftone.
    if image.channels == 1 || image.size.width < 2 || image.size.height < 2 {
        return Vec::new();
    }
    (0..image.size.area()).filter(|pixel| is_hot(image, weight, *pixel, deviation)).collect()
}

/// Gives hot pixels the median of their neighbours, and takes their weight.
pub fn replace(image: &mut Picture, weight: &mut Picture, deviation: f32) {
    let area = image.size.area();
    let found = find(image, weight, deviation);
    let medians: Vec<(usize, f32)> = found
        .iter()
        .flat_map(|pixel| (0..image.channels).map(move |channel| (channel, *pixel)))
        .map(|(channel, pixel)| (channel * area + pixel, Neighbours::of(image, channel, pixel).median))
        .collect();
    for (i, median) in medians {
        (image.samples[i], weight.samples[i]) = (median, 0.0);
    }
}

/// Smallest, largest and median neighbour of a pixel in one channel, mirrored at the sides of the picture.
struct Neighbours {
    least: f32,
    largest: f32,
    median: f32,
}

impl Neighbours {
    fn of(image: &Picture, channel: usize, pixel: usize) -> Neighbours {
        let (plane, width) = (image.plane(channel), image.size.width);
        let (x, y) = (pixel % width, pixel / width);
        let beside = |at: usize, length: usize| {
            let before = if at == 0 { 1 } else { at - 1 };
            [before, at, if at + 1 == length { at - 1 } else { at + 1 }]
        };
        let ([left, x, right], [above, y, below]) = (beside(x, width), beside(y, image.size.height));
        let places = [
            [left, above],
            [x, above],
            [right, above],
            [left, y],
            [right, y],
            [left, below],
            [x, below],
            [right, below],
        ];
        let mut samples = places.map(|[x, y]| plane[y * width + x]);
        samples.sort_by(f32::total_cmp);
        let median = f32::midpoint(samples[NEIGHBOURS / 2 - 1], samples[NEIGHBOURS / 2]);
        Neighbours { least: samples[0], largest: samples[NEIGHBOURS - 1], median }
    }
}

fn is_hot(image: &Picture, weight: &Picture, pixel: usize, deviation: f32) -> bool {
    let least = LEAST_DISTANCE + DEVIATIONS * deviation;
    let (mut is_far, mut is_brighter) = (false, false);
    let (mut lowest, mut highest) = (f32::INFINITY, f32::NEG_INFINITY);
    for channel in 0..image.channels {
        let sample = image.plane(channel)[pixel];
        if weight.plane(channel)[pixel] == 0.0 {
            return false;
        }
        let neighbours = Neighbours::of(image, channel, pixel);
        let rise = sample - neighbours.median;
        let is_outside = sample > neighbours.largest || sample < neighbours.least;
        is_far |= is_outside && rise.abs() >= least.max(DISTANCE_OVER_SPREAD * (neighbours.largest - neighbours.least));
        is_brighter |= sample > neighbours.largest;
        (lowest, highest) = (lowest.min(rise), highest.max(rise));
    }
    let is_coloured = highest - lowest >= LEAST_COLOUR * highest.abs().max(lowest.abs());
    is_far && is_brighter && is_coloured
}

//! Resizing against an obvious loop.

use dipkit::pixels::resize::{ResizeFilter, resize};
use dipkit::pixels::{Picture, Size};
use std::f64::consts::PI;

const FILTERS: [ResizeFilter; 3] = [ResizeFilter::Area, ResizeFilter::Bicubic, ResizeFilter::Lanczos3];

/// Kernel and support in source pixels at scale 1.
fn kernel(filter: ResizeFilter, x: f64) -> f64 {
    let x = x.abs();
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
    match filter {
        ResizeFilter::Area if x < 0.5 => 1.0,
        // Catmull-Rom: Keys' cubic with a = -1/2.
        ResizeFilter::Bicubic if x < 1.0 => 1.5 * x.powi(3) - 2.5 * x.powi(2) + 1.0,
        ResizeFilter::Bicubic if x < 2.0 => -0.5 * x.powi(3) + 2.5 * x.powi(2) - 4.0 * x + 2.0,
        ResizeFilter::Lanczos3 if x < 3.0 => sinc(x) * sinc(x / 3.0),
        _ => 0.0,
    }
}

/// Weights of all source samples for one target sample; they shrink at borders and sum to 1.
fn weights(filter: ResizeFilter, from: usize, to: usize, at: usize) -> Vec<f64> {
    let scale = from as f64 / to as f64;
    let centre = (at as f64 + 0.5) * scale;
    let weights: Vec<f64> =
        (0..from).map(|source| kernel(filter, (source as f64 + 0.5 - centre) / scale.max(1.0))).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// Every target sample as the sum over the whole source.
fn resized_by_loop(picture: &Picture, size: Size, filter: ResizeFilter) -> Picture {
    let mut resized = Picture::filled(size, picture.channels, 0.0);
    for channel in 0..picture.channels {
        for y in 0..size.height {
            let rows = weights(filter, picture.size.height, size.height, y);
            for x in 0..size.width {
                let columns = weights(filter, picture.size.width, size.width, x);
                let mut sum = 0.0;
                for (source_y, row) in rows.iter().enumerate() {
                    for (source_x, column) in columns.iter().enumerate() {
                        let sample = picture.plane(channel)[source_y * picture.size.width + source_x];
                        sum += row * column * f64::from(sample);
                    }
                }
                resized.plane_mut(channel)[y * size.width + x] = sum as f32;
            }
        }
    }
    resized
}

fn checkered(size: Size, channels: usize) -> Picture {
    let count = size.area() * channels;
    let samples = (0..count).map(|at| (at * at * 7 % 31) as f32 / 30.0).collect();
    Picture { size, channels, samples }
}

#[test]
fn every_filter_matches_the_loop() {
    // Sizes where no source sample lies on the border of a target's area: there Area would have to choose.
    for (from, to) in [((12, 8), (4, 4)), ((7, 5), (3, 3)), ((5, 3), (11, 7)), ((6, 3), (1, 1)), ((1, 1), (4, 3))] {
        let picture = checkered(Size::new(from.0, from.1), 3);
        let size = Size::new(to.0, to.1);
        for filter in FILTERS {
            let resized = resize(&picture, size, filter).unwrap();
            let expected = resized_by_loop(&picture, size, filter);
            assert_eq!((resized.size, resized.channels), (size, 3));
            for (sample, expected) in resized.samples.iter().zip(&expected.samples) {
                // Rows are rounded to f32 between the two passes.
                assert!((sample - expected).abs() < 1e-6, "{filter:?} {from:?} {to:?}: {sample} {expected}");
            }
        }
    }
}

#[test]
fn sharp_filters_overshoot_unclamped() {
    let step = Picture { size: Size::new(4, 1), channels: 1, samples: vec![0.0, 0.0, 1.0, 1.0] };
    for filter in [ResizeFilter::Bicubic, ResizeFilter::Lanczos3] {
        let resized = resize(&step, Size::new(16, 1), filter).unwrap();
        assert!(resized.samples.iter().any(|&sample| sample < -0.01), "{filter:?}");
        assert!(resized.samples.iter().any(|&sample| sample > 1.01), "{filter:?}");
    }
}

#[test]
fn same_size_copies() {
    let picture = checkered(Size::new(5, 3), 1);
    for filter in FILTERS {
        assert_eq!(resize(&picture, picture.size, filter).unwrap(), picture);
    }
}

#[test]
fn empty_size_is_refused() {
    let picture = checkered(Size::new(5, 3), 1);
    for (width, height) in [(0, 3), (5, 0), (usize::MAX, 3)] {
        assert!(resize(&picture, Size::new(width, height), ResizeFilter::Area).is_err());
    }
    let empty = Picture::filled(Size::new(0, 0), 1, 0.0);
    assert!(resize(&empty, Size::new(1, 1), ResizeFilter::Area).is_err());
}

//! What is given back of a picture whose noise has no level.

use dipkit::pixels::{Picture, Size};
use dipkit::rng::{Draws, Stream};
use dipkit::tasks::finish::detail::Detail;
use dipkit::tasks::finish::{FinishingStep, FitProgress};

const SIDE: usize = 96;
const DEVIATION: f32 = 0.01;

const PROGRESS: FitProgress = FitProgress { is_last: false, risk: f64::NAN, early_risk: f64::NAN, iteration: 1 };

/// A grey picture that lacks nothing, and what a fit took out of the one that was given.
fn taken_out(residual: impl Fn(usize, usize, f32) -> f32) -> (Detail, Picture) {
    let size = Size::new(SIDE, SIDE);
    let mut normals = vec![0.0; size.area()];
    Draws::new(5, 0, Stream::Synthetic, 0).normal(0, &mut normals);
    let restored = Picture::filled(size, 1, 0.5);
    let sample = |i: usize| 0.5 + residual(i % SIDE, i / SIDE, normals[i]);
    let given = Picture { samples: (0..size.area()).map(sample).collect(), ..restored };
    (Detail { given, weight: Picture::filled(size, 1, 1.0), smoothest: DEVIATION }, restored)
}

/// Of the residual, the share that is left out.
fn left_out(detail: &Detail, restored: &Picture) -> f32 {
    let mut result = restored.clone();
    detail.apply(&mut result, &PROGRESS).unwrap();
    let distance = |picture: &Picture| {
        let pairs = picture.samples.iter().zip(&detail.given.samples);
        pairs.map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt()
    };
    distance(&result) / distance(restored)
}

#[test]
fn noise_is_not_given_back() {
    let (detail, restored) = taken_out(|_, _, noise| 1.5 * DEVIATION * noise);
    let mut result = restored.clone();
    detail.apply(&mut result, &PROGRESS).unwrap();
    assert_eq!(result, restored);
}

#[test]
fn what_is_stronger_than_noise_is_given_back() {
    let (detail, restored) = taken_out(|_, _, noise| 30.0 * DEVIATION * noise);
    assert!(left_out(&detail, &restored) < 0.1);
}

#[test]
fn what_has_directions_is_given_back() {
    let (detail, restored) = taken_out(|x, y, _| 1.5 * DEVIATION * (0.9 * x as f32 + 0.5 * y as f32).sin());
    // 0.85 of it at most.
    assert!(left_out(&detail, &restored) < 0.2);
}

/// Letters on paper whose noise is not white lost their strokes, since the whole tile lacked little more than noise.
#[test]
fn what_is_strong_at_one_place_is_given_back_there() {
    let is_stroke = |x: usize, y: usize| (40..44).contains(&x) && (20..60).contains(&y);
    let (detail, restored) = taken_out(|x, y, noise| DEVIATION * noise - if is_stroke(x, y) { 0.3 } else { 0.0 });
    let mut result = restored.clone();
    detail.apply(&mut result, &PROGRESS).unwrap();
    for i in 0..SIDE * SIDE {
        let (x, y) = (i % SIDE, i / SIDE);
        if is_stroke(x, y) {
            assert!(result.samples[i] - detail.given.samples[i] < 0.05, "{x}, {y}: {}", result.samples[i]);
        }
    }
}

#[test]
fn what_is_missing_is_not_given_back() {
    let (mut detail, restored) = taken_out(|_, _, noise| 30.0 * DEVIATION * noise);
    detail.weight.samples[..SIDE].fill(0.0);
    detail.given.samples[..SIDE].fill(0.9);
    let mut result = restored.clone();
    detail.apply(&mut result, &PROGRESS).unwrap();
    assert_eq!(result.samples[..SIDE], restored.samples[..SIDE]);
    assert_ne!(result.samples[SIDE..], restored.samples[SIDE..]);
}

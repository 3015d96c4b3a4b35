//! Back-projection: what a picture, made small, lacks of the given one comes back.

use dipkit::degradation::{BackProjection, ReductionKernel, lanczos2_filter};
use dipkit::graph::Resample;

use super::ops::judge::random;
use super::ops::slow;

const SIDES: [usize; 2] = [32, 48];
const FACTOR: usize = 4;
const CHANNELS: usize = 2;

fn filters() -> Vec<(&'static str, Resample)> {
    let [height, width] = SIDES;
    let of = |kernel: ReductionKernel| kernel.filter(height, width, FACTOR);
    vec![
        ("lanczos2", lanczos2_filter(height, width, FACTOR)),
        ("lanczos3", of(ReductionKernel::Lanczos3)),
        ("bicubic", of(ReductionKernel::Bicubic)),
        ("box", of(ReductionKernel::Box)),
        ("gaussian", of(ReductionKernel::Gaussian)),
    ]
}

/// A slope with noise, far from black and white.
fn picture(index: u32) -> Vec<f32> {
    let noise = random(CHANNELS * SIDES[0] * SIDES[1], index);
    noise.iter().enumerate().map(|(i, n)| 0.4 + 0.2 * (i % SIDES[1]) as f32 / SIDES[1] as f32 + 0.1 * n).collect()
}

fn reduced(filter: &Resample, x: &[f32]) -> Vec<f32> {
    let wide: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
    slow::resample(filter, CHANNELS, &wide).iter().map(|y| *y as f32).collect()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    (a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / a.len() as f32).sqrt()
}

#[test]
fn what_a_picture_lacks_of_the_given_one_comes_back() {
    for (name, filter) in filters() {
        let (truth, mut x) = (picture(1), picture(2));
        let y = reduced(&filter, &truth);
        let [lacked, was_off] = [distance(&reduced(&filter, &x), &y), distance(&x, &truth)];
        BackProjection::new(filter.clone(), y.clone(), vec![1.0; y.len()], 0.0).project(&mut x);
        let lacks = distance(&reduced(&filter, &x), &y);
        assert!(lacks < 0.15 * lacked, "{name}: {lacks} of {lacked}");
        assert!(distance(&x, &truth) < was_off, "{name}");
    }
}

#[test]
fn a_picture_that_lacks_nothing_stays() {
    for (name, filter) in filters() {
        let truth = picture(1);
        let mut x = truth.clone();
        let y = reduced(&filter, &truth);
        BackProjection::new(filter, y.clone(), vec![1.0; y.len()], 0.0).project(&mut x);
        assert!(x == truth, "{name}");
    }
}

#[test]
fn noise_of_the_given_picture_is_not_brought_back() {
    let (name, filter) = filters().remove(1);
    let (truth, mut x) = (picture(1), picture(2));
    let y = reduced(&filter, &truth);
    let deviation = 0.4 * distance(&reduced(&filter, &x), &y);
    BackProjection::new(filter.clone(), y.clone(), vec![1.0; y.len()], deviation).project(&mut x);
    let lacks = distance(&reduced(&filter, &x), &y);
    assert!((0.2 * deviation..=deviation).contains(&lacks), "{name}: {lacks}, expected at most {deviation}");
}

#[test]
fn what_is_not_observed_asks_for_nothing() {
    let (_, filter) = filters().remove(1);
    let mut x = picture(2);
    let before = x.clone();
    let y = vec![0.9; CHANNELS * (SIDES[0] / FACTOR) * (SIDES[1] / FACTOR)];
    BackProjection::new(filter, y.clone(), vec![0.0; y.len()], 0.0).project(&mut x);
    assert!(x == before);
}

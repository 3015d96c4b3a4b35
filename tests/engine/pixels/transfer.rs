//! The sRGB curve and the shoulder.

use dipkit::pixels::transfer::{Shoulder, decode, encode};

const BOTH: Shoulder = Shoulder { has_bright: true, has_negative: true, ..Shoulder::none() };

/// Evenly spaced numbers from `low` to `high`.
fn ramp(low: f32, high: f32, count: usize) -> impl Iterator<Item = f32> {
    (0..=count).map(move |at| low + (high - low) * at as f32 / count as f32)
}

#[test]
fn srgb_curve_has_the_values_of_the_standard() {
    // IEC 61966-2-1: linear below, 0.5 encoded is 0.21404 linear, 0.18 linear is 0.46136 encoded.
    for (linear, encoded) in [(0.0, 0.0), (0.002, 0.02584), (0.18, 0.461_356), (0.214_041, 0.5), (1.0, 1.0)] {
        assert!((encode(linear) - encoded).abs() < 2e-6, "{linear}: {}", encode(linear));
        assert!((decode(encoded) - linear).abs() < 2e-6, "{encoded}: {}", decode(encoded));
        assert_eq!(encode(-linear), -encode(linear));
        assert_eq!(decode(-encoded), -decode(encoded));
    }
}

#[test]
fn srgb_curve_is_inverted_to_a_few_roundings() {
    for linear in ramp(-1000.0, 1000.0, 100_000).chain(ramp(-0.01, 0.01, 10_000)) {
        // One rounding of the encoded sample, times the exponent 2.4.
        assert!((decode(encode(linear)) - linear).abs() <= 4.0 * f32::EPSILON * linear.abs(), "{linear}");
    }
}

#[test]
fn srgb_curve_never_overflows() {
    for sample in [1e38, f32::MAX, -f32::MAX] {
        assert!(encode(sample).is_finite() && decode(sample).is_finite());
    }
}

#[test]
fn shoulder_is_the_identity_where_the_picture_needs_none() {
    let cases = [
        (Shoulder::none(), 0.0, 1.0),
        (Shoulder { has_bright: true, has_negative: false, ..Shoulder::none() }, 0.0, 0.89999),
        (Shoulder { has_bright: false, has_negative: true, ..Shoulder::none() }, 0.10001, 1.0),
        (BOTH, 0.10001, 0.89999),
    ];
    for (shoulder, low, high) in cases {
        for sample in ramp(low, high, 10_000) {
            assert_eq!(shoulder.compress(sample), sample);
            assert_eq!(shoulder.expand(sample), sample);
        }
    }
}

#[test]
fn shoulder_follows_from_the_samples() {
    assert_eq!(Shoulder::of(&[0.0, 1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]), Shoulder::none());
    assert_eq!(Shoulder::of(&[0.5, 1.6]), Shoulder { has_bright: true, ..Shoulder::none() });
    assert_eq!(Shoulder::of(&[0.5, -0.6]), Shoulder { has_negative: true, ..Shoulder::none() });
    assert_eq!(Shoulder::of(&[-1.0, 2.0]), BOTH);
    assert_eq!(Shoulder::of(&[-0.25, 1.5]), Shoulder { low: -0.25, high: 1.5, ..Shoulder::none() });
}

/// So noise that goes a little beyond 0..1 is as strong there as anywhere.
#[test]
fn a_little_beyond_is_a_straight_line() {
    let line = Shoulder::of(&[-0.25, 1.25]);
    assert_eq!(line.span(), 1.5);
    for sample in ramp(-0.25, 1.25, 1000) {
        let expected = (sample + 0.25) / 1.5;
        assert!((line.compress(sample) - expected).abs() < 1e-6);
        assert!((line.expand(expected) - sample).abs() < 1e-6);
        assert_eq!(line.stays(expected), 0.0);
    }
}

/// An error of 0.01 in what is compressed would be one of 0.6 at 1.5 already.
#[test]
fn what_the_curve_magnifies_stays_as_it_was_given() {
    for sample in ramp(0.86, 2.0, 1000) {
        let [before, after] = [-1e-4, 1e-4].map(|step| BOTH.expand(BOTH.compress(sample) + step));
        let magnification = (after - before) / 2e-4;
        let expected = ((magnification - 1.0) / 3.0).clamp(0.0, 1.0);
        assert!((BOTH.stays(BOTH.compress(sample)) - expected).abs() < 0.02, "{sample}: {magnification}");
        assert!((BOTH.stays(BOTH.compress(1.0 - sample)) - expected).abs() < 0.02, "{sample}");
    }
}

#[test]
fn shoulder_equals_the_closed_form() {
    // The constant is found here by bisection instead of iteration.
    let equation = |s: f64| s * (1.0 + 1023.1 / s).ln() - 0.1;
    let (mut low, mut high) = (1e-3, 1e-1);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if equation(middle) < 0.0 { low = middle } else { high = middle }
    }
    for sample in ramp(0.91, 1023.0, 10_000) {
        let v = f64::from(sample);
        let expected = 0.9 + 0.1 * (1.0 + (v - 0.9) / low).ln() / (1.0 + 1023.1 / low).ln();
        assert!((f64::from(BOTH.compress(sample)) - expected).abs() < 1e-7, "{sample}");
        assert!((f64::from(BOTH.compress(1.0 - sample)) - (1.0 - expected)).abs() < 1e-7, "{sample}");
    }
}

#[test]
fn shoulder_has_no_kink() {
    let step = 1e-4;
    for knee in [0.1f32, 0.9] {
        for shift in [-2.0 * step, 0.0, step] {
            let slope = (BOTH.compress(knee + shift + step) - BOTH.compress(knee + shift)) / step;
            // The logarithm bends by step / s = 1.2 % a step, and three steps are looked at.
            assert!((slope - 1.0).abs() < 0.03, "{knee} {shift}: {slope}");
        }
    }
}

#[test]
fn shoulder_rises_and_stays_inside() {
    let samples = ramp(-1100.0, -1.0, 20_000).chain(ramp(-1.0, 2.0, 300_000)).chain(ramp(2.0, 1100.0, 20_000));
    let compressed: Vec<f32> = samples.map(|sample| BOTH.compress(sample)).collect();
    assert!(compressed.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(compressed.iter().all(|&sample| sample > 0.0 && sample < 1.0));
}

#[test]
fn shoulder_is_inverted_within_the_precision_of_f32() {
    let mut worst = 0.0f32;
    for sample in ramp(0.85, 3.0, 100_000).chain(ramp(3.0, 1024.0, 100_000)) {
        let error = (BOTH.expand(BOTH.compress(sample)) - sample).abs() / sample;
        worst = worst.max(error);
        let mirrored = 1.0 - sample;
        let error = (BOTH.expand(BOTH.compress(mirrored)) - mirrored).abs() / sample;
        worst = worst.max(error);
    }
    // Half a step of f32 below 1 (3e-8; a whole one at the end), times the slope (v - k + s) / s.
    assert!(worst < 8e-6, "{worst}");
}

#[test]
fn shoulder_clamps_beyond_its_maximum() {
    for sample in [1024.0, 1e38, f32::MAX] {
        assert_eq!(BOTH.compress(sample), BOTH.compress(1024.0));
        assert_eq!(BOTH.compress(-sample), BOTH.compress(-1023.0));
    }
    assert!((BOTH.expand(BOTH.compress(1e38)) - 1024.0).abs() < 0.01);
    assert!((BOTH.expand(BOTH.compress(-1e38)) + 1023.0).abs() < 0.01);
    assert_eq!(BOTH.expand(1.0), 1024.0);
}

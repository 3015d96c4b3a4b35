//! The random numbers: test vectors of the generator, moments of what is made of them.

use dipkit::rng::{Draws, Stream, philox};

/// `kat_vectors` of the Random123 distribution, philox4x32-10.
#[test]
fn philox_matches_its_authors_vectors() {
    let ones = u32::MAX;
    let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
    let vectors = [
        ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([ones; 4], [ones; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (pi, [0xa409_3822, 0x299f_31d0], [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
    ];
    for (counter, key, expected) in vectors {
        assert_eq!(philox(counter, key), expected);
    }
}

#[test]
fn bulk_draws_match_single_bits() {
    let draws = Draws::new(11, 5, Stream::Synthetic, 9);
    for first in [0, 4, 64, (1 << 34) - 8] {
        let mut out = [0.0; 131];
        draws.uniform(first, &mut out);
        for (index, value) in (first..).zip(out) {
            assert_eq!(value, (draws.bits(index) >> 8) as f32 / 16_777_216.0, "at {index}");
        }
    }
}

#[test]
fn draws_of_a_part_are_a_part_of_the_draws() {
    let draws = Draws::new(1, 0, Stream::InputNoise, 2);
    let mut whole = vec![0.0; 1000];
    draws.normal(0, &mut whole);
    for (first, end) in [(4, 9), (128, 555), (996, 1000)] {
        let mut part = vec![0.0; end - first];
        draws.normal(first as u64, &mut part);
        assert_eq!(part, whole[first..end]);
    }
}

#[test]
fn normals_match_box_and_muller_in_f64() {
    let draws = Draws::new(3, 1, Stream::InputNoise, 4);
    let mut out = vec![0.0; 4096];
    draws.normal(0, &mut out);
    let unit = |index: usize| f64::from(draws.bits(index as u64) >> 8) / 16_777_216.0;
    for pair in 0..out.len() / 2 {
        let radius = (-2.0 * (1.0 - unit(2 * pair)).ln()).sqrt();
        let (sine, cosine) = (unit(2 * pair + 1) * std::f64::consts::TAU).sin_cos();
        assert!((f64::from(out[2 * pair]) - radius * cosine).abs() < 2e-6);
        assert!((f64::from(out[2 * pair + 1]) - radius * sine).abs() < 2e-6);
    }
}

fn moment(values: &[f32], power: i32) -> f64 {
    values.iter().map(|value| f64::from(*value).powi(power)).sum::<f64>() / values.len() as f64
}

/// Tolerances are five standard errors of a million draws.
#[test]
fn moments_are_those_of_the_distributions() {
    let mut values = vec![0.0; 1_000_000];
    let draws = Draws::new(7, 0, Stream::InputNoise, 1);
    draws.normal(0, &mut values);
    for (power, expected, deviation) in [(1, 0.0, 1.0f64), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
        let error = (moment(&values, power) - expected).abs();
        assert!(error < 5.0 * deviation.sqrt() * 1e-3, "moment {power} is off by {error}");
    }
    draws.uniform(0, &mut values);
    assert!(values.iter().all(|value| (0.0..1.0).contains(value)));
    for power in 1..5 {
        let expected = 1.0 / f64::from(power + 1);
        let deviation = (1.0 / f64::from(2 * power + 1) - expected * expected).sqrt();
        let error = (moment(&values, power) - expected).abs();
        assert!(error < 5.0 * deviation * 1e-3, "moment {power} is off by {error}");
    }
}

#[test]
fn no_part_of_the_key_is_ignored() {
    let base = Draws::new(1, 2, Stream::Input, 3);
    let others = [
        Draws::new(2, 2, Stream::Input, 3),
        Draws::new(1, 3, Stream::Input, 3),
        Draws::new(1, 2, Stream::Shuffle, 3),
        Draws::new(1, 2, Stream::Input, 4),
    ];
    let four = |draws: Draws| [0, 1, 2, 3].map(|index| draws.bits(index));
    for other in others {
        assert_ne!(four(base), four(other));
    }
    assert_ne!(base.bits(0), base.bits(1 << 34));
}

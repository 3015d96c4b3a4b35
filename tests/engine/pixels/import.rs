//! What comes in: missing samples, alpha, ranges, masks.

use super::{bytes_of_f32, packed};
use dipkit::pixels::transfer::{Shoulder, encode};
use dipkit::pixels::{Imported, Layout, Sample, Size, Transfer, import, import_mask};

fn import_f32(size: Size, channels: usize, samples: &[f32]) -> Imported {
    import(&Layout::packed(size, channels, Sample::F32), 0, &bytes_of_f32(samples)).unwrap()
}

fn import_premultiplied(size: Size, channels: usize, samples: &[f32]) -> Imported {
    let layout = Layout { premultiplied: true, ..Layout::packed(size, channels, Sample::F32) };
    import(&layout, 0, &bytes_of_f32(samples)).unwrap()
}

#[test]
fn integers_are_divided_by_their_maximum() {
    let size = Size::new(3, 1);
    let bytes = import(&Layout::packed(size, 1, Sample::U8), 0, &[0, 51, 255]).unwrap();
    assert_eq!(bytes.colour.samples, [0.0, 0.2, 1.0]);
    assert_eq!(bytes.original.samples.samples, [0.0, 0.2, 1.0]);
    let words: Vec<u8> = [0u16, 13107, 65535].iter().flat_map(|word| word.to_ne_bytes()).collect();
    let words = import(&Layout::packed(size, 1, Sample::U16), 0, &words).unwrap();
    assert_eq!(words.colour.samples, [0.0, 0.2, 1.0]);
    for imported in [bytes, words] {
        assert_eq!((imported.weight, imported.alpha, imported.shoulder), (None, None, Shoulder::none()));
    }
}

#[test]
fn linear_samples_are_encoded() {
    let layout = packed(Size::new(3, 1), 1, Sample::F32, Transfer::Linear);
    let imported = import(&layout, 0, &bytes_of_f32(&[0.0, 0.18, 1.0])).unwrap();
    assert_eq!(imported.colour.samples, [0.0, encode(0.18), 1.0]);
    assert_eq!(imported.original.samples.samples, [0.0, 0.18, 1.0]);
    assert_eq!(imported.shoulder, Shoulder::none());
}

#[test]
fn non_finite_samples_are_missing_and_filled_from_their_neighbours() {
    let (width, height) = (9, 7);
    let mut samples: Vec<f32> = (0..width * height * 3).map(|at| 0.2 + 0.1 * (at % 3) as f32).collect();
    let holes = [(30, f32::NAN), (34, f32::INFINITY), (35, f32::NEG_INFINITY), (0, f32::NAN), (188, f32::NAN)];
    for (at, hole) in holes {
        samples[at] = hole;
    }
    let imported = import_f32(Size::new(width, height), 3, &samples);
    assert_eq!(imported.shoulder, Shoulder::none());
    let weight = imported.weight.unwrap();
    for (at, sample) in samples.iter().enumerate() {
        let (channel, pixel) = (at % 3, at / 3);
        let observed = if sample.is_finite() { 1.0 } else { 0.0 };
        assert_eq!(weight.plane(channel)[pixel], observed, "{at}");
        // Each channel is constant, so any mean of neighbours is that constant.
        let constant = 0.2 + 0.1 * channel as f32;
        assert!((imported.colour.plane(channel)[pixel] - constant).abs() < 1e-6, "{at}");
    }
}

#[test]
fn filling_follows_a_ramp() {
    let size = Size::new(32, 32);
    let is_hole = |x: usize, y: usize| (10..20).contains(&x) && (10..20).contains(&y);
    let ramp = |x: usize| x as f32 / 31.0;
    let pixels = (0..size.area()).map(|at| (at % 32, at / 32));
    let samples: Vec<f32> = pixels.map(|(x, y)| if is_hole(x, y) { f32::NAN } else { ramp(x) }).collect();
    let imported = import_f32(size, 1, &samples);
    let row = &imported.colour.samples[15 * 32..16 * 32];
    // A rough estimate is enough, but it must rise and stay within what surrounds the hole.
    assert!(row[9..21].windows(2).all(|pair| pair[0] <= pair[1] + 0.02), "{row:?}");
    assert!(row[10..20].iter().all(|&sample| (ramp(6)..=ramp(23)).contains(&sample)), "{row:?}");
}

#[test]
fn all_missing_is_grey() {
    for (width, height) in [(1, 1), (1, 7), (8, 5)] {
        let imported = import_f32(Size::new(width, height), 1, &vec![f32::NAN; width * height]);
        assert!(imported.colour.samples.iter().all(|&sample| sample == 0.5));
        assert!(imported.weight.unwrap().samples.iter().all(|&weight| weight == 0.0));
    }
}

#[test]
fn highlights_of_1e38_overflow_nothing() {
    for transfer in [Transfer::Encoded, Transfer::Linear] {
        for premultiplied in [false, true] {
            let layout = Layout { premultiplied, ..packed(Size::new(3, 1), 2, Sample::F32, transfer) };
            let given = [1e38, 1e-38, -1e38, 1e-45, f32::NAN, 1.0];
            let imported = import(&layout, 0, &bytes_of_f32(&given)).unwrap();
            assert_eq!(imported.shoulder, Shoulder { has_bright: true, has_negative: true, ..Shoulder::none() });
            let colour = &imported.colour.samples;
            assert!(colour.iter().all(|sample| (0.0..=1.0).contains(sample)), "{colour:?}");
            assert!(colour[0] > 0.999 && colour[1] < 0.001);
            assert_eq!(imported.weight.unwrap().samples, [1.0, 1.0, 0.0]);
        }
    }
}

#[test]
fn one_highlight_leaves_the_rest_alone() {
    let imported = import_f32(Size::new(4, 1), 1, &[0.0, 0.25, 0.85, 60.0]);
    assert_eq!(imported.colour.samples[..3], [0.0, 0.25, 0.85]);
    assert!(imported.colour.samples[3] > 0.9 && imported.colour.samples[3] < 1.0);
}

#[test]
fn alpha_is_cleaned() {
    let alphas = [0.0, 0.5, 1.0, 2.0, -1.0, f32::NAN, f32::INFINITY];
    let samples: Vec<f32> = alphas.iter().flat_map(|&alpha| [0.25, alpha]).collect();
    let imported = import_f32(Size::new(7, 1), 2, &samples);
    assert_eq!(imported.alpha.unwrap().samples, [0.0, 0.5, 1.0, 1.0, 0.0, 1.0, 1.0]);
    assert_eq!(imported.weight, None);
    assert!(imported.colour.samples.iter().all(|&sample| sample == 0.25));
}

#[test]
fn premultiplied_colour_is_divided_by_alpha_and_missing_where_that_is_0() {
    let imported = import_premultiplied(
        Size::new(3, 1),
        4,
        &[
            0.25, 0.125, 0.5, 0.5, // half transparent
            0.0, 0.0, 0.0, 0.0, // gone
            0.5, 0.25, 1.0, 1.0,
        ],
    );
    assert!(imported.original.premultiplied);
    for (channel, colour) in [0.5, 0.25, 1.0].into_iter().enumerate() {
        let plane = imported.colour.plane(channel);
        assert_eq!((plane[0], plane[2]), (colour, colour));
        assert!((plane[1] - colour).abs() < 1e-6);
        assert_eq!(imported.weight.as_ref().unwrap().plane(channel), [1.0, 0.0, 1.0]);
    }
}

#[test]
fn straight_colour_under_alpha_0_is_observed() {
    let imported = import_f32(Size::new(2, 1), 2, &[0.25, 0.0, 0.75, 1.0]);
    assert_eq!(imported.colour.samples, [0.25, 0.75]);
    assert_eq!(imported.weight, None);
}

#[test]
fn premultiplied_means_nothing_without_alpha() {
    let imported = import_premultiplied(Size::new(2, 1), 1, &[0.25, 0.75]);
    assert_eq!(imported.colour.samples, [0.25, 0.75]);
    assert!(!imported.original.premultiplied);
}

#[test]
fn mask_is_read_from_every_sample_type() {
    let size = Size::new(3, 1);
    let half: Vec<u8> = [0.0, 0.5, 1.0].iter().flat_map(|&weight| half::f16::from_f32(weight).to_ne_bytes()).collect();
    let words: Vec<u8> = [0u16, 32768, 65535].iter().flat_map(|word| word.to_ne_bytes()).collect();
    let cases = [
        (Sample::U8, vec![0, 128, 255], 128.0 / 255.0),
        (Sample::U16, words, 32768.0 / 65535.0),
        (Sample::F16, half, 0.5),
        (Sample::F32, bytes_of_f32(&[-3.0, 0.5, f32::INFINITY]), 0.5),
    ];
    for (sample, buffer, middle) in cases {
        let mask = import_mask(&Layout::packed(size, 1, sample), 0, &buffer).unwrap();
        assert_eq!(mask.samples, [0.0, middle, 1.0], "{sample:?}");
    }
}

#[test]
fn bad_masks_are_refused() {
    let size = Size::new(2, 2);
    let text = |channels: usize, sample: Sample, buffer: &[u8]| {
        import_mask(&Layout::packed(size, channels, sample), 0, buffer).unwrap_err().to_string()
    };
    assert_eq!(text(3, Sample::U8, &[0; 12]), "mask has 3 channels, must have 1");
    assert_eq!(text(1, Sample::U8, &[0; 3]), "mask of 2x2 needs 4 bytes, has 3");
    let holes = bytes_of_f32(&[0.0, 1.0, f32::NAN, 1.0]);
    assert_eq!(text(1, Sample::F32, &holes), "mask at 0, 1 is NaN, must be 0 to 1");
}

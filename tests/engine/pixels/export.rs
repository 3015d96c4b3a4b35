//! What goes out: round trips, kept samples, spreading.

use super::{SAMPLES, bytes_of_f32, f32_of_bytes, packed};
use dipkit::pixels::export::{Kept, Outgoing};
use dipkit::pixels::transfer::{Shoulder, decode, encode};
use dipkit::pixels::{Imported, Layout, Picture, Sample, Size, Transfer, export, import};

const TRANSFERS: [Transfer; 2] = [Transfer::Encoded, Transfer::Linear];

fn outgoing(imported: &Imported) -> Outgoing<'_> {
    Outgoing { colour: &imported.colour, alpha: imported.alpha.as_ref(), shoulder: imported.shoulder, kept: None }
}

fn exported(outgoing: &Outgoing, layout: &Layout) -> Vec<u8> {
    let mut buffer = vec![0; layout.extent().unwrap().1 as usize];
    export(outgoing, layout, 0, &mut buffer).unwrap();
    buffer
}

/// In and out again without keeping anything.
fn round_trip(layout: &Layout, buffer: &[u8]) -> Vec<u8> {
    exported(&outgoing(&import(layout, 0, buffer).unwrap()), layout)
}

/// Out again with another colour, but every sample kept.
fn kept_over_black(imported: &Imported, layout: &Layout) -> Vec<u8> {
    let black = Picture::filled(imported.colour.size, imported.colour.channels, 0.0);
    let is_kept = vec![true; black.samples.len()];
    let kept = Kept { original: &imported.original, is_kept: &is_kept };
    exported(&Outgoing { colour: &black, kept: Some(kept), ..outgoing(imported) }, layout)
}

/// Every number of a type, each with the largest alpha.
fn all_numbers(sample: Sample, channels: usize) -> Vec<u8> {
    let with_alpha = |number: u16, most: u16| if channels == 2 { vec![number, most] } else { vec![number] };
    match sample {
        Sample::U8 => (0..=255).flat_map(|number| with_alpha(number, 255)).map(|number| number as u8).collect(),
        _ => (0..=65535).flat_map(|number| with_alpha(number, 65535)).flat_map(u16::to_ne_bytes).collect(),
    }
}

#[test]
fn every_integer_comes_back() {
    for (sample, side) in [(Sample::U8, 16), (Sample::U16, 256)] {
        for transfer in TRANSFERS {
            for (channels, premultiplied) in [(1, false), (2, false), (2, true)] {
                let layout = Layout { premultiplied, ..packed(Size::new(side, side), channels, sample, transfer) };
                let given = all_numbers(sample, channels);
                assert!(round_trip(&layout, &given) == given, "{layout:?}");
            }
        }
    }
}

#[test]
fn every_finite_half_comes_back() {
    let numbers = (0..=u16::MAX).map(half::f16::from_bits).filter(|number| number.is_finite());
    // Without a shoulder nothing may change; beyond its maximum highlights clamp.
    let inside: Vec<_> = numbers.filter(|number| (0.0..=1.0).contains(&number.to_f32())).collect();
    let given: Vec<u8> = inside.iter().flat_map(|number| number.to_ne_bytes()).collect();
    for transfer in TRANSFERS {
        let layout = packed(Size::new(inside.len(), 1), 1, Sample::F16, transfer);
        assert!(round_trip(&layout, &given) == given, "{transfer:?}");
    }
}

#[test]
fn premultiplied_bytes_come_back_within_a_step() {
    for transfer in TRANSFERS {
        let layout = Layout { premultiplied: true, ..packed(Size::new(256, 255), 2, Sample::U8, transfer) };
        // Every colour under every alpha but 0, also colours brighter than their alpha.
        let given: Vec<u8> = (1..=255).flat_map(|alpha| (0..=255).flat_map(move |colour| [colour, alpha])).collect();
        let returned = round_trip(&layout, &given);
        assert!(given.iter().zip(&returned).all(|(given, returned)| given.abs_diff(*returned) <= 1), "{transfer:?}");
        assert!(given.iter().zip(&returned).skip(1).step_by(2).all(|(given, returned)| given == returned));
    }
}

#[test]
fn floats_come_back_through_the_shoulder() {
    let given = [60.0f32, -0.3, 0.0, 0.5, 0.95, 1.0, 1000.0, -900.0];
    for transfer in TRANSFERS {
        let layout = packed(Size::new(8, 1), 1, Sample::F32, transfer);
        for (given, returned) in given.iter().zip(f32_of_bytes(&round_trip(&layout, &bytes_of_f32(&given)))) {
            // 8e-6 of the shoulder, times the exponent 2.4 of the curve; near 0 the negative side's distance to 1.
            let tolerance = 2e-5 * given.abs().max(1.0);
            assert!((returned - given).abs() <= tolerance, "{transfer:?}: {given} {returned}");
        }
    }
}

#[test]
fn kept_samples_are_bit_identical() {
    let given = [60.0f32, -0.3, -0.0, 1e38, -1e38, 1e-45, 0.1, 0.7].repeat(2);
    for transfer in TRANSFERS {
        for (channels, premultiplied) in [(1, false), (2, true), (4, false), (4, true)] {
            let size = Size::new(16 / channels, 1);
            let layout = Layout { premultiplied, ..packed(size, channels, Sample::F32, transfer) };
            let imported = import(&layout, 0, &bytes_of_f32(&given)).unwrap();
            let returned = kept_over_black(&imported, &layout);
            for (at, (given, returned)) in given.iter().zip(f32_of_bytes(&returned)).enumerate() {
                let is_alpha = layout.has_alpha() && at % channels == channels - 1;
                assert!(is_alpha || given.to_bits() == returned.to_bits(), "{layout:?} {at}: {given} {returned}");
            }
        }
    }
}

#[test]
fn kept_integers_are_bit_identical_in_every_layout_of_theirs() {
    for (sample, side) in [(Sample::U8, 16), (Sample::U16, 256)] {
        let layout = Layout { premultiplied: true, ..packed(Size::new(side, side), 2, sample, Transfer::Linear) };
        let given = all_numbers(sample, 2);
        let imported = import(&layout, 0, &given).unwrap();
        assert!(kept_over_black(&imported, &layout) == given);
    }
}

#[test]
fn kept_samples_are_converted_from_the_original() {
    let size = Size::new(3, 1);
    let linear = packed(size, 1, Sample::F32, Transfer::Linear);
    // 5e8 linear is encoded beyond the shoulder, so it can only come from the original.
    let given = [5e8f32, 0.18, -0.3];
    let imported = import(&linear, 0, &bytes_of_f32(&given)).unwrap();
    let encoded = kept_over_black(&imported, &packed(size, 1, Sample::F32, Transfer::Encoded));
    assert_eq!(f32_of_bytes(&encoded), given.map(encode));

    let premultiplied = Layout { premultiplied: true, ..packed(size, 2, Sample::F32, Transfer::Encoded) };
    let imported = import(&premultiplied, 0, &bytes_of_f32(&[0.25, 0.5, 3000.0, 1.0, 0.0, 0.0])).unwrap();
    let straight = Layout { premultiplied: false, ..premultiplied };
    // Nothing is known under alpha 0: the colour stands there.
    assert_eq!(f32_of_bytes(&kept_over_black(&imported, &straight)), [0.5, 0.5, 3000.0, 1.0, 0.0, 0.0]);
    let straight_linear = Layout { transfer: Transfer::Linear, ..straight };
    assert_eq!(f32_of_bytes(&kept_over_black(&imported, &straight_linear))[..3], [decode(0.5), 0.5, decode(3000.0)]);
    let without_alpha = packed(size, 1, Sample::F32, Transfer::Encoded);
    assert_eq!(f32_of_bytes(&kept_over_black(&imported, &without_alpha)), [0.5, 3000.0, 0.0]);
}

#[test]
fn non_finite_originals_are_not_kept() {
    let layout = Layout::packed(Size::new(4, 1), 1, Sample::F32);
    let given = bytes_of_f32(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.7]);
    let imported = import(&layout, 0, &given).unwrap();
    assert_eq!(f32_of_bytes(&kept_over_black(&imported, &layout)), [0.0, 0.0, 0.0, 0.7]);
}

#[test]
fn only_marked_samples_are_kept() {
    let layout = Layout::packed(Size::new(2, 1), 3, Sample::U8);
    let imported = import(&layout, 0, &[10, 20, 30, 40, 50, 60]).unwrap();
    let black = Picture::filled(layout.size, 3, 0.0);
    // C, H, W: red of the left pixel and blue of the right one.
    let kept = Kept { original: &imported.original, is_kept: &[true, false, false, false, false, true] };
    let bytes = exported(&Outgoing { colour: &black, kept: Some(kept), ..outgoing(&imported) }, &layout);
    assert_eq!(bytes, [10, 0, 0, 0, 0, 60]);
}

#[test]
fn grey_spreads_over_rgb() {
    let size = Size::new(2, 1);
    let imported = import(&Layout::packed(size, 1, Sample::U8), 0, &[51, 255]).unwrap();
    let rgb = Layout::packed(size, 3, Sample::U8);
    assert_eq!(exported(&outgoing(&imported), &rgb), [51, 51, 51, 255, 255, 255]);
    assert_eq!(kept_over_black(&imported, &rgb), [51, 51, 51, 255, 255, 255]);
    let rgba = Layout::packed(size, 4, Sample::U8);
    assert_eq!(exported(&outgoing(&imported), &rgba), [51, 51, 51, 255, 255, 255, 255, 255]);
    assert_eq!(kept_over_black(&imported, &rgba), [51, 51, 51, 255, 255, 255, 255, 255]);
}

#[test]
fn alpha_without_a_place_is_dropped() {
    let size = Size::new(1, 1);
    let imported = import(&Layout::packed(size, 4, Sample::U8), 0, &[10, 20, 30, 128]).unwrap();
    let layout = Layout { premultiplied: true, ..Layout::packed(size, 3, Sample::U8) };
    assert_eq!(exported(&outgoing(&imported), &layout), [10, 20, 30]);
}

#[test]
fn samples_beyond_a_type_clamp() {
    let size = Size::new(3, 1);
    let given = [1e38f32, -1e38, 0.5];
    let imported = import(&Layout::packed(size, 1, Sample::F32), 0, &bytes_of_f32(&given)).unwrap();
    assert_eq!(kept_over_black(&imported, &Layout::packed(size, 1, Sample::U8)), [255, 0, 128]);
    for sample in SAMPLES {
        for transfer in TRANSFERS {
            let layout = packed(size, 1, sample, transfer);
            for bytes in [exported(&outgoing(&imported), &layout), kept_over_black(&imported, &layout)] {
                let returned = import(&layout, 0, &bytes).unwrap();
                assert_eq!(returned.weight, None, "{sample:?} {transfer:?} is not finite");
            }
        }
    }
}

#[test]
fn integers_round_to_nearest() {
    let size = Size::new(4, 1);
    let samples = vec![0.49 / 255.0, 0.51 / 255.0, 254.49 / 255.0, 254.51 / 255.0];
    let colour = Picture { size, channels: 1, samples };
    let picture = Outgoing { colour: &colour, alpha: None, shoulder: Shoulder::none(), kept: None };
    assert_eq!(exported(&picture, &Layout::packed(size, 1, Sample::U8)), [0, 1, 254, 255]);
}

#[test]
fn pictures_that_do_not_fit_the_layout_are_refused() {
    let size = Size::new(2, 2);
    let (grey, rgb) = (Picture::filled(size, 1, 0.5), Picture::filled(size, 3, 0.5));
    let text = |colour: &Picture, alpha: Option<&Picture>, layout: Layout| {
        let picture = Outgoing { colour, alpha, shoulder: Shoulder::none(), kept: None };
        export(&picture, &layout, 0, &mut [0; 64]).unwrap_err().to_string()
    };
    let packed = |width, height, channels| Layout::packed(Size::new(width, height), channels, Sample::U8);
    assert_eq!(text(&rgb, None, packed(3, 2, 3)), "picture is 2x2, image is 3x2");
    assert_eq!(text(&rgb, None, packed(2, 2, 2)), "image has 2 channels, picture has 3 without alpha");
    assert_eq!(text(&Picture::filled(size, 2, 0.5), None, packed(2, 2, 4)), "picture has 2 channels, may have [1, 3]");
    let small = Picture::filled(Size::new(1, 1), 1, 1.0);
    assert_eq!(text(&grey, Some(&small), packed(2, 2, 2)), "alpha is 1x1, image is 2x2");

    let original = import(&packed(2, 2, 3), 0, &[0; 12]).unwrap().original;
    let kept = |colour: &Picture, is_kept: &[bool]| {
        let kept = Some(Kept { original: &original, is_kept });
        let picture = Outgoing { colour, alpha: None, shoulder: Shoulder::none(), kept };
        export(&picture, &packed(2, 2, 3), 0, &mut [0; 12]).unwrap_err().to_string()
    };
    assert_eq!(kept(&grey, &[true; 4]), "original has 3 channels without alpha, picture has 1");
    assert_eq!(kept(&rgb, &[true; 11]), "kept is marked for 11 samples, picture has 12");
}

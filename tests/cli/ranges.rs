//! Numbers of black and white other than 0 and 1, or than a type's least and largest.

use super::program::{TINY, restore, run, text};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::encoder::{TiffEncoder, colortype};

const SIDE: u32 = 24;

/// A picture of 0.05 to 0.9, with one sample of noise above and one below black and white.
fn shades() -> Vec<f32> {
    let shade = |i: u32| 0.05 + 0.85 * ((i * 7 % 97) as f32 / 96.0);
    let mut shades: Vec<_> = (0..SIDE * SIDE).map(shade).collect();
    (shades[5], shades[77]) = (-0.02, 1.03);
    shades
}

fn floats(path: &Path, white: f32) -> PathBuf {
    let samples: Vec<_> = shades().iter().map(|shade| shade * white).collect();
    let mut encoder = TiffEncoder::new(fs::File::create(path).unwrap()).unwrap();
    encoder.write_image::<colortype::Gray32Float>(SIDE, SIDE, &samples).unwrap();
    path.into()
}

fn words(path: &Path, white: f32) -> PathBuf {
    let samples: Vec<_> = shades().iter().map(|shade| (shade.clamp(0.0, 1.0) * white).round() as u16).collect();
    let mut encoder = TiffEncoder::new(fs::File::create(path).unwrap()).unwrap();
    encoder.write_image::<colortype::Gray16>(SIDE, SIDE, &samples).unwrap();
    path.into()
}

fn samples(path: &Path) -> Vec<f64> {
    match Decoder::new(fs::File::open(path).unwrap()).unwrap().read_image().unwrap() {
        DecodingResult::F32(samples) => samples.into_iter().map(f64::from).collect(),
        DecodingResult::U16(samples) => samples.into_iter().map(f64::from).collect(),
        _ => panic!("another type"),
    }
}

#[test]
fn floats_of_any_range_are_restored_as_their_twin_of_0_to_1() {
    let folder = tempdir().unwrap();
    let restored = |white: f32| {
        let (input, output) = (folder.path().join("in.tif"), folder.path().join("out.tif"));
        let ended = restore("denoise", &floats(&input, white), &output, &["--seed", "3", "--json"]).succeeds();
        (samples(&output), ended)
    };
    let (twin, _) = restored(1.0);
    for white in [255.0, 4095.0, 65535.0, 0.001] {
        let (found, ended) = restored(white);
        // The next power of two.
        let expected = if white < 1.0 { 1.0 / 512.0 } else { white };
        assert!(ended.stderr.contains(&format!("{expected} (white)")), "{}", ended.stderr);
        if white < 1.0 {
            continue;
        }
        for (sample, twin) in found.iter().zip(&twin) {
            assert!((sample / f64::from(white) - twin).abs() < 1e-4, "{sample} of {white}, {twin} of 1");
        }
    }
}

#[test]
fn twelve_bits_in_sixteen_are_restored_as_sixteen_and_stay_twelve() {
    let folder = tempdir().unwrap();
    let restored = |white: f32| {
        let (input, output) = (folder.path().join("in.tif"), folder.path().join("out.tif"));
        restore("denoise", &words(&input, white), &output, &["--seed", "3"]).succeeds();
        samples(&output)
    };
    let (twelve, sixteen) = (restored(4095.0), restored(65535.0));
    assert!(twelve.iter().all(|sample| *sample <= 4095.0));
    for (one, other) in twelve.iter().zip(&sixteen) {
        // Half a step of twelve bits in the given picture, and as much in the result.
        assert!((one / 4095.0 - other / 65535.0).abs() < 3.0 / 4095.0, "{one}, {other}");
    }
}

#[test]
fn the_range_can_be_set_and_is_kept_by_formats_that_can() {
    let folder = tempdir().unwrap();
    let input = words(&folder.path().join("in.tif"), 3000.0);
    let given = samples(&input);
    let output = folder.path().join("out.tif");
    for flags in [&["--range", "0..3000"][..], &["--range", "0..65535"], &["--range", "-500..4095"], &[]] {
        let ended = restore("denoise", &input, &output, &[flags, &["--strength", "0", "--json"]].concat()).succeeds();
        assert_eq!(samples(&output), given, "{flags:?}");
        let expected = flags.get(1).copied().unwrap_or("0..4095");
        assert_eq!(ended.json().last().unwrap()["range"], expected);
    }
    let png = folder.path().join("out.png");
    restore("denoise", &input, &png, &["--strength", "0"]).succeeds();
    let found = image::open(&png).unwrap().to_luma16().into_raw();
    assert_eq!(found.into_iter().map(f64::from).collect::<Vec<_>>(), given);
    // 8 bits cannot hold them.
    let jpeg = folder.path().join("out.jpg");
    let ended = restore("denoise", &input, &jpeg, &["--strength", "0"]).succeeds();
    assert!(ended.stderr.contains("0..4095 is spread"), "{}", ended.stderr);
    assert!(image::open(&jpeg).unwrap().to_luma8().into_raw().iter().any(|sample| *sample > 150));
    restore("denoise", &input, &output, &["--range", "0..1000"]).fails(2, &["beyond --range 0..1000", "widen"]);
    restore("denoise", &input, &output, &["--range", "5..5"]).fails(2, &["--range", "0..4095"]);
}

#[test]
fn light_of_any_number_stays_light() {
    let folder = tempdir().unwrap();
    let input = folder.path().join("in.tif");
    // Half of it below 1, a lamp of 300.
    let mut light = shades();
    (300..330).for_each(|i| light[i] = 300.0);
    let mut encoder = TiffEncoder::new(fs::File::create(&input).unwrap()).unwrap();
    encoder.write_image::<colortype::Gray32Float>(SIDE, SIDE, &light).unwrap();
    let ended = restore("denoise", &input, &folder.path().join("out.tif"), &[]).succeeds();
    assert!(!ended.stderr.contains("(white)"), "{}", ended.stderr);
}

#[test]
fn psnr_is_that_of_the_files_own_range() {
    let folder = tempdir().unwrap();
    let [one, other] = ["one.tif", "other.tif"].map(|name| folder.path().join(name));
    let [ones, others] = ["ones.tif", "others.tif"].map(|name| folder.path().join(name));
    floats(&one, 255.0);
    floats(&ones, 1.0);
    for (path, white) in [(&other, 255.0), (&others, 1.0)] {
        let samples: Vec<_> = shades().iter().map(|shade| (0.9 * shade + 0.02) * white).collect();
        let mut encoder = TiffEncoder::new(fs::File::create(path).unwrap()).unwrap();
        encoder.write_image::<colortype::Gray32Float>(SIDE, SIDE, &samples).unwrap();
    }
    let psnr = |a: &Path, b: &Path| run(&["compare", "--json", text(a), text(b)]).succeeds().json()[0]["psnr"].as_f64();
    let (wide, narrow) = (psnr(&one, &other).unwrap(), psnr(&ones, &others).unwrap());
    assert!((wide - narrow).abs() < 0.01, "{wide}, {narrow}");
    let output = folder.path().join("out.tif");
    let args = ["denoise", text(&other), "-o", text(&output), "--truth", text(&one), "--strength", "0", "--json"];
    let ended = run(&[&args[..], TINY].concat()).succeeds();
    let found = ended.json().last().unwrap()["psnr"].as_f64().unwrap();
    assert!((found - narrow).abs() < 0.01, "{found}, {narrow}");
}

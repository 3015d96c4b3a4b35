//! Photographs with a camera's noise, and without.

use super::pictures::open;
use super::program::run;
use dipkit::rng::{Draws, Stream};
use image::{DynamicImage, RgbImage};
use std::path::{Path, PathBuf};
use tempfile::tempdir;

/// As large as a tile.
const SIDE: u32 = 128;

/// A part of a photograph.
fn part(folder: &Path, name: &str) -> (PathBuf, RgbImage) {
    let whole = open(&Path::new("tests/data/readme").join(name));
    let part = whole.crop_imm(32, 32, SIDE, SIDE).to_rgb8();
    let path = folder.join(name);
    part.save(&path).unwrap();
    (path, part)
}

/// dB of the denoised picture against the truth.
fn denoised(picture: &Path, truth: &Path) -> f64 {
    let output = picture.with_extension("out.png");
    let args = [picture, Path::new("-o"), &output, Path::new("--truth"), truth].map(|path| path.to_str().unwrap());
    let line = run(&[&["denoise"], &args[..], &["--json", "--quiet"]].concat()).succeeds().json().pop().unwrap();
    assert_eq!(line["noise_kind"], "correlated", "{line}");
    line["psnr"].as_f64().unwrap_or(f64::INFINITY)
}

#[test]
fn a_clean_photograph_is_not_smeared() {
    let folder = tempdir().unwrap();
    // A cat's fur is hard to tell from noise.
    let (picture, _) = part(folder.path(), "chelsea.png");
    let distance = denoised(&picture, &picture);
    assert!(distance > 40.0, "{distance} dB");
}

#[test]
fn smooth_noise_goes() {
    let folder = tempdir().unwrap();
    let (truth, mut picture) = part(folder.path(), "coffee.png");
    // Each the sum of nine neighbours, of a deviation of 8.
    let mut normals = vec![0.0; (3 * (SIDE + 2) * (SIDE + 2)) as usize];
    Draws::new(4, 0, Stream::Synthetic, 0).normal(0, &mut normals);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        for (c, sample) in (0..3).zip(&mut pixel.0) {
            let near = (0..9).map(|k| normals[(((y + k / 3) * (SIDE + 2) + x + k % 3) * 3 + c) as usize]);
            *sample = (f32::from(*sample) + 8.0 / 3.0 * near.sum::<f32>()).round() as u8;
        }
    }
    let noisy = folder.path().join("noisy.png");
    DynamicImage::from(picture).save(&noisy).unwrap();
    let before = run(&["compare", noisy.to_str().unwrap(), truth.to_str().unwrap(), "--json"]).succeeds().json();
    let (before, after) = (before[0]["psnr"].as_f64().unwrap(), denoised(&noisy, &truth));
    assert!(after > before + 1.5, "{before} to {after} dB");
}

/// Letters with pieces missing were what a night over a folder of scans left.
#[test]
fn a_clean_page_comes_back_as_it_is_with_a_sentence() {
    let folder = tempdir().unwrap();
    let page = RgbImage::from_fn(96, 80, |x, y| {
        let is_stroke = y % 16 < 9 && (x * 5 + y * 3) % 23 < 4;
        image::Rgb(if is_stroke { [20, 20, 30] } else { [255; 3] })
    });
    let (given, output) = (folder.path().join("page.png"), folder.path().join("out.png"));
    page.save(&given).unwrap();
    for (task, reason) in [("denoise", "no noise was found"), ("dejpeg", "no quantisation of a JPEG file")] {
        let args = [task, given.to_str().unwrap(), "-o", output.to_str().unwrap()];
        let said = run(&args).succeeds().stderr;
        assert!(said.contains(reason) && said.contains("as it was given"), "{said}");
        assert_eq!(open(&output).to_rgb8(), page);
        let line = run(&[&args[..], &["--json"]].concat()).succeeds().json().pop().unwrap();
        assert_eq!((&line["is_as_given"], &line["iterations"]), (&true.into(), &0.into()), "{line}");
        let estimate = run(&[task, given.to_str().unwrap(), "--estimate"]).succeeds().stdout_text();
        assert!(estimate.contains("nothing to restore"), "{estimate}");
    }
}

//! Masks in all the ways that people save them.

use super::pictures::{mask, open, photo, rgb8, save};
use super::program::{Ended, data, restore};
use image::{DynamicImage, GenericImageView, ImageBuffer, Luma, Rgb, Rgba};
use std::path::Path;
use tempfile::tempdir;

fn inpaint(picture: &Path, mask: &Path, output: &Path, more: &[&str]) -> Ended {
    let mut flags = vec!["--mask", mask.to_str().unwrap()];
    flags.extend(more);
    restore("inpaint", picture, output, &flags)
}

#[test]
fn pixels_outside_the_holes_are_bit_identical() {
    let folder = tempdir().unwrap();
    let holes = save(&mask(24, 20), folder.path(), "mask.png");
    for (kind, picture) in super::pictures::kinds() {
        let input = save(&picture, folder.path(), "in.png");
        let output = folder.path().join("out.png");
        inpaint(&input, &holes, &output, &[]).succeeds();
        let (before, after) = (picture.to_rgba16(), open(&output).to_rgba16());
        let is_kept = |x: u32, y: u32| mask(24, 20).get_pixel(x, y).0[0] == 255;
        let mut changed = 0;
        for (x, y, pixel) in before.enumerate_pixels() {
            if is_kept(x, y) {
                assert_eq!(pixel, after.get_pixel(x, y), "{kind} at {x}, {y}");
            } else {
                changed += usize::from(pixel != after.get_pixel(x, y));
            }
        }
        assert!(changed > 0, "{kind}");
    }
}

#[test]
fn a_mask_of_0_and_1_is_understood_with_a_sentence() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let whole = save(&mask(24, 20), folder.path(), "mask.png");
    let one = |x, y| u8::from(mask(24, 20).get_pixel(x, y).0[0] == 255);
    let byte: DynamicImage = ImageBuffer::from_fn(24, 20, |x, y| Luma([one(x, y)])).into();
    let colour: DynamicImage = ImageBuffer::from_fn(24, 20, |x, y| Rgb([one(x, y); 3])).into();
    let word: DynamicImage = ImageBuffer::from_fn(24, 20, |x, y| Luma([u16::from(one(x, y))])).into();
    let byte_in_word: DynamicImage = ImageBuffer::from_fn(24, 20, |x, y| Luma([255 * u16::from(one(x, y))])).into();
    let [expected, output] = ["expected.png", "out.png"].map(|name| folder.path().join(name));
    inpaint(&picture, &whole, &expected, &["--seed", "5"]).succeeds();
    for (name, white, file) in [("byte", 1, byte), ("colour", 1, colour), ("word", 1, word), ("255", 255, byte_in_word)]
    {
        let mask = save(&file, folder.path(), "counted.png");
        let ended = inpaint(&picture, &mask, &output, &["--seed", "5"]).succeeds();
        assert!(ended.stderr.contains(&format!("{white} is taken for white")), "{name}: {}", ended.stderr);
        assert_eq!(open(&output), open(&expected), "{name}");
    }
}

#[test]
fn every_way_to_save_a_mask_fills_the_same_pixels() {
    let folder = tempdir().unwrap();
    let picture = data("icc_wide_gamut.png");
    let reference = folder.path().join("reference.png");
    let ended = inpaint(&picture, &data("mask_gray8.png"), &reference, &[]).succeeds();
    assert!(ended.stderr.contains("7.5 % to fill"), "{}", ended.stderr);
    let grey = open(&data("mask_gray8.png")).to_luma8();
    let ways: Vec<(&str, DynamicImage)> = vec![
        ("rgb", DynamicImage::from(grey.clone()).to_rgb8().into()),
        ("16 bit", DynamicImage::from(grey.clone()).to_luma16().into()),
        ("opaque rgba", DynamicImage::from(grey.clone()).to_rgba8().into()),
    ];
    let mut masks: Vec<_> = ways.iter().map(|(name, way)| save(way, folder.path(), &format!("{name}.png"))).collect();
    masks.push(data("mask_in_alpha.png"));
    for mask in masks {
        let output = folder.path().join("out.png");
        inpaint(&picture, &mask, &output, &[]).succeeds();
        assert_eq!(open(&output).to_rgb8(), open(&reference).to_rgb8(), "{}", mask.display());
    }
    let inverted: DynamicImage = ImageBuffer::from_fn(301, 200, |x, y| Luma([255 - grey.get_pixel(x, y).0[0]])).into();
    let inverted = save(&inverted, folder.path(), "inverted.png");
    let output = folder.path().join("out.png");
    inpaint(&picture, &inverted, &output, &["--mask-invert"]).succeeds();
    assert_eq!(open(&output).to_rgb8(), open(&reference).to_rgb8());
}

#[test]
fn jpeg_damage_in_a_mask_is_cleaned() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.png");
    inpaint(&data("icc_wide_gamut.png"), &data("mask_jpeg.jpg"), &output, &[]).succeeds();
    // Far from the holes' edges JPEG leaves white nearly white, and near them rings: all of it is "keep".
    let (before, after) = (open(&data("icc_wide_gamut.png")).to_rgb8(), open(&output).to_rgb8());
    let grey = open(&data("mask_jpeg.jpg")).to_luma8();
    let kept = grey.enumerate_pixels().filter(|(_, _, level)| level.0[0] > 240);
    assert!(kept.into_iter().all(|(x, y, _)| before.get_pixel(x, y) == after.get_pixel(x, y)));
}

#[test]
fn mask_of_another_size_is_refused_with_both_sizes() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let small = save(&mask(12, 10), folder.path(), "small.png");
    let output = folder.path().join("out.png");
    inpaint(&picture, &small, &output, &[]).fails(2, &["small.png", "12x10", "24x20"]);
}

#[test]
fn mask_with_nothing_to_fill_or_nothing_to_keep_is_refused() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let output = folder.path().join("out.png");
    for (level, words) in [(255u8, ["nothing to fill", "--mask-invert"]), (0, ["keeps nothing", "--mask-invert"])] {
        let flat: DynamicImage = ImageBuffer::from_pixel(24, 20, Luma([level])).into();
        let flat = save(&flat, folder.path(), "flat.png");
        inpaint(&picture, &flat, &output, &[]).fails(2, &words);
    }
}

#[test]
fn mask_with_colour_and_transparency_is_refused() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let both: DynamicImage = ImageBuffer::from_fn(24, 20, |x, y| Rgba([x as u8, y as u8, 0, (x * 9) as u8])).into();
    let both = save(&both, folder.path(), "both.png");
    inpaint(&picture, &both, &folder.path().join("out.png"), &[]).fails(2, &["transparency", "save it without"]);
}

#[test]
fn inpaint_without_a_mask_says_what_a_mask_is() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    restore("inpaint", &picture, &folder.path().join("o.png"), &[]).fails(2, &["--mask FILE", "white = keep"]);
}

#[test]
fn mask_is_turned_with_the_picture() {
    let folder = tempdir().unwrap();
    let picture = data("exif_orientation6.jpg");
    // Painted on the picture as it is stored, and as it is seen.
    let stored = save(&mask(301, 200), folder.path(), "stored.png");
    let seen = save(&mask(301, 200).rotate90(), folder.path(), "seen.png");
    let results = [stored, seen].map(|mask| {
        let output = folder.path().join("out.png");
        inpaint(&picture, &mask, &output, &[]).succeeds();
        open(&output).to_rgb8()
    });
    assert_eq!(results[0].dimensions(), (200, 301));
    assert_eq!(results[0], results[1]);
}

#[test]
fn preset_for_the_holes_is_named() {
    let folder = tempdir().unwrap();
    let picture = save(&rgb8(48, 40), folder.path(), "in.png");
    let holes = save(&mask(48, 40), folder.path(), "mask.png");
    let output = folder.path().join("out.png");
    let ended = inpaint(&picture, &holes, &output, &[]).succeeds();
    assert!(ended.stderr.contains("preset for region holes"), "{}", ended.stderr);
    let ended = inpaint(&picture, &holes, &output, &["--hole", "text"]).succeeds();
    assert!(ended.stderr.contains("preset for text holes"), "{}", ended.stderr);
}

#[test]
fn guide_of_another_size_is_refused() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let small: DynamicImage = ImageBuffer::from_pixel(5, 5, Rgb([9u8, 9, 9])).into();
    let guide = save(&small, folder.path(), "guide.png");
    let flags = ["--guide", guide.to_str().unwrap()];
    restore("denoise", &picture, &folder.path().join("o.png"), &flags).fails(2, &["guide.png", "5x5", "24x20"]);
    let guide = photo(folder.path(), "flash.png");
    restore("denoise", &picture, &folder.path().join("o.png"), &["--guide", guide.to_str().unwrap()]).succeeds();
}

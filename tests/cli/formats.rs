//! Every format in and out, by depth, channels and what a format cannot hold.

use super::pictures::{kinds, open, save};
use super::program::{Ended, data, restore};
use image::{ColorType, DynamicImage, GenericImageView};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::tempdir;
use tiff::encoder::colortype;

fn denoise(picture: &Path, output: &Path) -> Ended {
    restore("denoise", picture, output, &[]).succeeds()
}

#[test]
fn png_keeps_depth_channels_and_size() {
    let folder = tempdir().unwrap();
    for (kind, picture) in kinds() {
        let input = save(&picture, folder.path(), "in.png");
        let output = folder.path().join("out.png");
        denoise(&input, &output);
        let restored = open(&output);
        assert_eq!(restored.color(), picture.color(), "{kind}");
        assert_eq!(restored.dimensions(), picture.dimensions(), "{kind}");
    }
}

#[test]
fn tiff_keeps_depth_and_channels() {
    let folder = tempdir().unwrap();
    for (kind, picture) in kinds() {
        let input = save(&picture, folder.path(), "in.png");
        let (first, second) = (folder.path().join("first.tif"), folder.path().join("second.tif"));
        denoise(&input, &first);
        denoise(&first, &second);
        let mut decoder = tiff::decoder::Decoder::new(fs::File::open(&second).unwrap()).unwrap();
        let bits = if picture.color().bytes_per_pixel() == picture.color().channel_count() { 8 } else { 16 };
        let expected = match picture.color().channel_count() {
            1 => tiff::ColorType::Gray(bits),
            2 => tiff::ColorType::Multiband { bit_depth: bits, num_samples: 2 },
            3 => tiff::ColorType::RGB(bits),
            _ => tiff::ColorType::RGBA(bits),
        };
        assert_eq!(decoder.colortype().unwrap(), expected, "{kind}");
        assert_eq!(decoder.dimensions().unwrap(), (24, 20), "{kind}");
    }
}

#[test]
fn alpha_of_every_kind_is_carried_unchanged() {
    let folder = tempdir().unwrap();
    for (kind, picture) in kinds().into_iter().filter(|(_, picture)| picture.color().has_alpha()) {
        let input = save(&picture, folder.path(), "in.png");
        for name in ["out.png", "out.tif"] {
            let output = folder.path().join(name);
            denoise(&input, &output);
            // Through a PNG, which the decoder here reads in every kind.
            let back = folder.path().join("back.png");
            denoise(&output, &back);
            let alpha = |picture: &DynamicImage| picture.to_rgba16().pixels().map(|p| p.0[3]).collect::<Vec<_>>();
            assert_eq!(alpha(&open(&back)), alpha(&picture), "{kind} {name}");
        }
    }
}

#[test]
fn float_tiff_stays_float() {
    let folder = tempdir().unwrap();
    let (grey, colour) = (folder.path().join("grey.tif"), folder.path().join("colour.tif"));
    let samples: Vec<f32> = (0..16 * 12 * 3).map(|i| (i % 37) as f32 / 30.0).collect();
    let write = |path: &Path| tiff::encoder::TiffEncoder::new(fs::File::create(path).unwrap()).unwrap();
    write(&grey).write_image::<colortype::Gray32Float>(16, 12, &samples[..16 * 12]).unwrap();
    write(&colour).write_image::<colortype::RGB32Float>(16, 12, &samples).unwrap();
    for (path, expected) in [(grey, tiff::ColorType::Gray(32)), (colour, tiff::ColorType::RGB(32))] {
        let output = folder.path().join("out.tif");
        denoise(&path, &output);
        let mut decoder = tiff::decoder::Decoder::new(fs::File::open(&output).unwrap()).unwrap();
        assert_eq!(decoder.colortype().unwrap(), expected);
        match decoder.read_image().unwrap() {
            tiff::decoder::DecodingResult::F32(samples) => assert!(samples.iter().all(|sample| sample.is_finite())),
            _ => panic!("not floating point"),
        }
    }
}

#[test]
fn exr_is_linear_float_in_and_out() {
    let folder = tempdir().unwrap();
    let pixel = |x, y| image::Rgb([x as f32 / 20.0, 0.18, if (x, y) == (5, 5) { 60.0 } else { y as f32 / 20.0 }]);
    let picture: DynamicImage = image::Rgb32FImage::from_fn(20, 16, pixel).into();
    let input = save(&picture, folder.path(), "in.exr");
    // With strength 0 the result is the input: what changes on the way is the conversion.
    let output = folder.path().join("out.exr");
    restore("denoise", &input, &output, &["--strength", "0"]).succeeds();
    let restored = open(&output);
    assert_eq!(restored.color(), ColorType::Rgb32F);
    let (before, after) = (picture.to_rgb32f(), restored.to_rgb32f());
    for (before, after) in before.as_raw().iter().zip(after.as_raw()) {
        // Half a percent: a curve, a shoulder and their inverses in single precision.
        assert!((before - after).abs() <= 0.005 * before.abs().max(1.0), "{before} became {after}");
    }
    // Mid grey of linear light is 118 of 255 in sRGB.
    let encoded = folder.path().join("out.png");
    let ended = restore("denoise", &input, &encoded, &["--strength", "0"]).succeeds();
    assert!(ended.stderr.contains("no floating point"), "{}", ended.stderr);
    let level = open(&encoded).to_rgb16().get_pixel(1, 1).0[1];
    assert!((level / 257).abs_diff(118) <= 1, "{level}");
}

#[test]
fn formats_of_8_bits_say_that_they_round() {
    let folder = tempdir().unwrap();
    let kinds = kinds();
    let (_, deep) = kinds.iter().find(|(kind, _)| *kind == "rgb 16").unwrap();
    let input = save(deep, folder.path(), "in.png");
    for name in ["out.jpg", "out.webp", "out.bmp"] {
        let output = folder.path().join(name);
        let ended = denoise(&input, &output);
        assert!(ended.stderr.contains("8 bits"), "{name}: {}", ended.stderr);
        assert_eq!(open(&output).color(), ColorType::Rgb8, "{name}");
    }
}

#[test]
fn jpeg_says_that_it_drops_transparency() {
    let folder = tempdir().unwrap();
    let kinds = kinds();
    let (_, picture) = kinds.iter().find(|(kind, _)| *kind == "rgba 8").unwrap();
    let input = save(picture, folder.path(), "in.png");
    let output = folder.path().join("out.jpg");
    let ended = denoise(&input, &output);
    assert!(ended.stderr.contains("no transparency"), "{}", ended.stderr);
    assert_eq!(open(&output).color(), ColorType::Rgb8);
}

#[test]
fn netpbm_keeps_16_bits() {
    let folder = tempdir().unwrap();
    for (kind, picture) in kinds().into_iter().filter(|(_, picture)| !picture.color().has_alpha()) {
        let input = save(&picture, folder.path(), "in.png");
        let name = if picture.color().has_color() { "out.ppm" } else { "out.pgm" };
        let output = folder.path().join(name);
        denoise(&input, &output);
        assert_eq!(open(&output).color(), picture.color(), "{kind}");
    }
    let colour = save(&super::pictures::rgb8(8, 8), folder.path(), "colour.png");
    restore("denoise", &colour, &folder.path().join("x.pgm"), &[]).fails(2, &["grey only", ".ppm"]);
}

#[test]
fn other_formats_come_out_as_they_went_in() {
    let folder = tempdir().unwrap();
    let expected =
        [("palette32.png", ColorType::Rgb8), ("bilevel_201x199.png", ColorType::L8), ("rgb_q70.webp", ColorType::Rgb8)];
    for (name, colour) in expected {
        let output = folder.path().join(name);
        denoise(&data(name), &output);
        assert_eq!(open(&output).color(), colour, "{name}");
        assert_eq!(open(&output).dimensions(), open(&data(name)).dimensions(), "{name}");
    }
}

#[test]
fn content_decides_over_the_extension() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.png");
    let ended = denoise(&data("jpeg_named.png"), &output);
    assert!(ended.stderr.contains("is a JPEG despite its name"), "{}", ended.stderr);
    assert_eq!(&fs::read(&output).unwrap()[..4], b"\x89PNG");
}

#[test]
fn unreadable_kinds_are_refused_with_advice() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.png");
    let cases: &[(&str, &[&str])] = &[
        ("cmyk.jpg", &["CMYK", "convert it to RGB"]),
        ("bad_truncated.jpg", &["cut off", "whole copy"]),
        ("bad_text.png", &["not a picture", "PNG, JPEG"]),
        ("still.gif", &["GIF", "save it as PNG"]),
    ];
    for (name, words) in cases {
        restore("denoise", &data(name), &output, &[]).fails(2, words);
        assert!(!output.exists(), "{name}");
    }
}

#[test]
fn cmyk_tiff_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("cmyk.tif");
    let mut encoder = tiff::encoder::TiffEncoder::new(fs::File::create(&path).unwrap()).unwrap();
    encoder.write_image::<colortype::CMYK8>(8, 8, &[90; 256]).unwrap();
    restore("denoise", &path, &folder.path().join("x.png"), &[]).fails(2, &["CMYK", "convert it to RGB"]);
}

#[test]
fn camera_raw_files_are_refused_by_name_and_by_content() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.png");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    // A TIFF with the tag DNGVersion, under a TIFF's name.
    let dng = folder.path().join("really_dng.tif");
    let mut encoder = tiff::encoder::TiffEncoder::new(fs::File::create(&dng).unwrap()).unwrap();
    let mut page = encoder.new_image::<colortype::Gray8>(8, 8).unwrap();
    page.encoder().write_tag(tiff::tags::Tag::Unknown(50706), &[1u8, 4, 0, 0][..]).unwrap();
    page.write_data(&[7; 64]).unwrap();
    let files = [
        dng.clone(),
        write("a.dng", &fs::read(&dng).unwrap()),
        write("b.nef", b"MM\0*\0\0\0\x08"),
        write("c.arw", b"II*\0\x08\0\0\0"),
        write("d.bin", b"II*\0\x10\0\0\0CR\x02\0"),
        write("e.bin", b"\0\0\0\x18ftypcrx \0\0\0\x01"),
        write("f.raf", b"FUJIFILMCCD-RAW 0201"),
        write("g.orf", b"IIRO\x08\0\0\0"),
        write("h.rw2", b"IIU\0\x18\0\0\0"),
    ];
    for path in files {
        restore("denoise", &path, &output, &[]).fails(2, &["camera raw", "export it as 16-bit TIFF"]);
    }
}

#[test]
fn decompression_bomb_is_refused_within_two_seconds() {
    let folder = tempdir().unwrap();
    let start = Instant::now();
    let ended = restore("denoise", &data("bomb_30000x30000_1bit.png"), &folder.path().join("x.png"), &[]);
    ended.fails(2, &["30000x30000", "900 megapixels", "100 megapixels"]);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn damaged_png_is_refused() {
    let folder = tempdir().unwrap();
    let good = super::pictures::photo(folder.path(), "good.png");
    let mut bytes = fs::read(&good).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    let bad = folder.path().join("bad.png");
    fs::write(&bad, bytes).unwrap();
    restore("denoise", &bad, &folder.path().join("x.png"), &[]).fails(2, &["bad.png", "damaged"]);
}

#[test]
fn super_resolution_multiplies_the_size_and_carries_alpha() {
    let folder = tempdir().unwrap();
    let kinds = kinds();
    let (_, picture) = kinds.iter().find(|(kind, _)| *kind == "rgba 8").unwrap();
    let input = save(picture, folder.path(), "in.png");
    let output = folder.path().join("out.png");
    restore("super-resolve", &input, &output, &["--factor", "3"]).succeeds();
    let restored = open(&output);
    assert_eq!((restored.dimensions(), restored.color()), ((72, 60), ColorType::Rgba8));
}

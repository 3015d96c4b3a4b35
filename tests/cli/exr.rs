//! EXR files beyond red, green and blue, written by the format's own library.

use super::pictures::{open, photo};
use super::program::{restore, run, text};
use exr::prelude::*;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

/// A light for each pixel.
fn light(x: usize, y: usize) -> f32 {
    0.1 + 0.02 * x as f32 + 0.01 * y as f32
}

/// A layer smaller than the picture, which says by an offset where it lies.
fn grey_with_alpha(folder: &Path) -> PathBuf {
    let channels = SpecificChannels::build()
        .with_channel("A")
        .with_channel("Y")
        .with_pixel_fn(|at: Vec2<usize>| (1.0f32, light(at.x() + 2, at.y() + 1)));
    let attributes = LayerAttributes { layer_position: Vec2(2, 1), ..LayerAttributes::default() };
    let layer = Layer::new(Vec2(18, 14), attributes, Encoding::UNCOMPRESSED, channels);
    let window = IntegerBounds::new((0, 0), (20, 16));
    let path = folder.join("grey.exr");
    Image::new(ImageAttributes::new(window), layer).write().to_file(&path).unwrap();
    path
}

#[test]
fn grey_exr_is_read_where_it_lies() {
    let folder = tempdir().unwrap();
    let input = grey_with_alpha(folder.path());
    // By way of what dipkit writes itself.
    let [between, output] = ["out.exr", "out.tif"].map(|name| folder.path().join(name));
    for (from, to) in [(&input, &between), (&between, &output)] {
        let said = restore("denoise", from, to, &["--strength", "0"]).succeeds().stderr;
        assert!(!said.contains("warning"), "{said}");
    }
    let mut decoder = tiff::decoder::Decoder::new(std::fs::File::open(&output).unwrap()).unwrap();
    assert_eq!(decoder.dimensions().unwrap(), (20, 16));
    let tiff::decoder::DecodingResult::F32(samples) = decoder.read_image().unwrap() else { panic!("floats") };
    let pixel = |x: usize, y: usize| [samples[2 * (20 * y + x)], samples[2 * (20 * y + x) + 1]];
    assert_eq!(pixel(1, 1), [0.0, 0.0]);
    for (x, y) in [(2, 1), (19, 14), (7, 9)] {
        let [shown, alpha] = pixel(x, y);
        // A TIFF is display-encoded: the curve of sRGB.
        let encoded = 1.055 * light(x, y).powf(1.0 / 2.4) - 0.055;
        assert!((shown - encoded).abs() < 1e-4 && alpha == 1.0, "{x}, {y}: {shown}, not {encoded}");
    }
}

#[test]
fn a_grey_exr_is_a_mask() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let matte = SpecificChannels::build()
        .with_channel("Y")
        .with_pixel_fn(|at: Vec2<usize>| (if at.x() < 6 && at.y() < 10 { 0.0f32 } else { 1.0 },));
    let path = folder.path().join("matte.exr");
    Image::from_channels(Vec2(24, 20), matte).write().to_file(&path).unwrap();
    let output = folder.path().join("out.png");
    restore("inpaint", &picture, &output, &["--mask", text(&path)]).succeeds();
    let (given, restored) = (open(&picture).to_rgb8(), open(&output).to_rgb8());
    let is_kept = |(x, y, pixel): (u32, u32, &image::Rgb<u8>)| x < 6 && y < 10 || pixel == given.get_pixel(x, y);
    assert!(restored.enumerate_pixels().all(is_kept) && restored != given);
}

#[test]
fn what_is_left_out_of_an_exr_is_said() {
    let folder = tempdir().unwrap();
    let channels = SpecificChannels::build()
        .with_channel("B")
        .with_channel("G")
        .with_channel("R")
        .with_channel("Z")
        .with_pixel_fn(|at: Vec2<usize>| (0.2f32, light(at.x(), at.y()), 0.3f32, 7.0f32));
    let mut image = Image::from_channels(Vec2(20, 16), channels);
    // ACES AP0.
    image.attributes.chromaticities = Some(attribute::Chromaticities {
        red: Vec2(0.7347, 0.2653),
        green: Vec2(0.0, 1.0),
        blue: Vec2(0.0001, -0.077),
        white: Vec2(0.32168, 0.33767),
    });
    let [input, output] = ["in.exr", "out.exr"].map(|name| folder.path().join(name));
    image.write().to_file(&input).unwrap();
    let said = restore("denoise", &input, &output, &[]).succeeds().stderr;
    for what in ["channels beside colour and transparency", "chromaticities"] {
        assert!(said.contains(what), "no \"{what}\" in: {said}");
    }
    // What dipkit wrote has nothing of that.
    let said = run(&["compare", text(&output), text(&output)]).succeeds().stderr;
    assert_eq!(said, "");
}

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
    image.attributes.pixel_aspect = 2.0;
    image.layer_data.attributes.owner = Some(Text::from("somebody"));
    let [input, output, png] = ["in.exr", "out.exr", "out.png"].map(|name| folder.path().join(name));
    image.write().to_file(&input).unwrap();
    let said = restore("denoise", &input, &output, &[]).succeeds().stderr;
    assert!(said.contains("channels beside colour and transparency") && !said.contains("primaries"), "{said}");
    let written = MetaData::read_from_file(&output, false).unwrap().headers.remove(0);
    assert_eq!(written.shared_attributes.chromaticities, image.attributes.chromaticities);
    assert_eq!(written.shared_attributes.pixel_aspect, 2.0);
    assert_eq!(written.own_attributes.owner, Some(Text::from("somebody")));
    let said = restore("denoise", &input, &png, &[]).succeeds().stderr;
    assert!(said.contains("colour primaries"), "{said}");
    // Pixels twice as wide as high: half as many an inch.
    assert!(std::fs::read(&png).unwrap().windows(13).any(|chunk| chunk == b"pHYs\0\0\0\x01\0\0\0\x02\0"));
    // What dipkit wrote has no other channels.
    let said = run(&["compare", text(&output), text(&output)]).succeeds().stderr;
    assert_eq!(said, "");
}

/// The fit ran to its end, and then the result could not be written.
#[test]
fn attributes_that_may_not_be_in_a_file_are_dropped_and_said() {
    let folder = tempdir().unwrap();
    let [input, output] = ["in.exr", "out.exr"].map(|name| folder.path().join(name));
    let window = IntegerBounds::new((0, 0), (24, 20));
    windowed(&input, window, window);
    let mut file = std::fs::read(&input).unwrap();
    let name = b"pixelAspectRatio\0float\0\x04\0\0\0";
    let at = file.windows(name.len()).position(|bytes| bytes == name).unwrap() + name.len();
    file[at..at + 4].copy_from_slice(&0f32.to_le_bytes());
    std::fs::write(&input, file).unwrap();
    let said = restore("denoise", &input, &output, &[]).succeeds().stderr;
    assert!(said.contains("EXR attributes") && said.contains("dropped"), "{said}");
    assert_eq!(MetaData::read_from_file(&output, false).unwrap().headers[0].shared_attributes.pixel_aspect, 1.0);
}

/// Red, green and blue with a window around or inside of the data.
fn windowed(path: &Path, data: IntegerBounds, window: IntegerBounds) {
    let channels = SpecificChannels::rgb(|at: Vec2<usize>| (0.2f32, light(at.x(), at.y()), 0.3f32));
    let attributes = LayerAttributes { layer_position: data.position, ..LayerAttributes::default() };
    let layer = Layer::new(data.size, attributes, Encoding::UNCOMPRESSED, channels);
    Image::new(ImageAttributes::new(window), layer).write().to_file(path).unwrap();
}

#[test]
fn pixels_beyond_the_display_window_are_restored_and_the_window_stays() {
    let folder = tempdir().unwrap();
    let [input, output, large] = ["in.exr", "out.exr", "large.exr"].map(|name| folder.path().join(name));
    let (data, window) = (IntegerBounds::new((-4, 2), (24, 18)), IntegerBounds::new((2, 4), (12, 10)));
    windowed(&input, data, window);
    restore("denoise", &input, &output, &["--strength", "0"]).succeeds();
    let written = MetaData::read_from_file(&output, false).unwrap().headers.remove(0);
    assert_eq!((written.own_attributes.layer_position, written.layer_size), (data.position, data.size));
    assert_eq!(written.shared_attributes.display_window, window);
    let green = open(&output).to_rgb32f().get_pixel(20, 15).0[1];
    assert!((green - light(20, 15)).abs() < 0.003, "{green}");
    restore("super-resolve", &input, &large, &["--factor", "2"]).succeeds();
    let written = MetaData::read_from_file(&large, false).unwrap().headers.remove(0);
    assert_eq!(written.shared_attributes.display_window, IntegerBounds::new((4, 8), (24, 20)));
    assert_eq!(written.own_attributes.layer_position, Vec2(-8, 4));
}

#[test]
fn a_window_that_the_data_do_not_fill_by_far_is_refused_at_once() {
    let folder = tempdir().unwrap();
    let input = folder.path().join("in.exr");
    windowed(&input, IntegerBounds::new((0, 0), (24, 20)), IntegerBounds::new((0, 0), (524_312, 20)));
    restore("denoise", &input, &folder.path().join("x.exr"), &[]).fails(2, &["524312x20", "far fewer"]);
}

#[test]
fn brightness_with_colour_differences_is_refused_as_what_it_is() {
    let folder = tempdir().unwrap();
    let channels = SpecificChannels::build().with_channel("BY").with_channel("RY").with_channel("Y");
    let channels = channels.with_pixel_fn(|at: Vec2<usize>| (0.0f32, 0.0f32, light(at.x(), at.y())));
    let input = folder.path().join("in.exr");
    Image::from_channels(Vec2(20, 16), channels).write().to_file(&input).unwrap();
    restore("denoise", &input, &folder.path().join("x.exr"), &[]).fails(2, &["colour differences", "RGB EXR"]);
}

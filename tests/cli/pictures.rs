//! Small pictures for the tests, and a look into files.

use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, Rgba};
use std::path::{Path, PathBuf};

/// A smooth picture with an edge, as a number in 0..1.
fn shade(x: u32, y: u32, channel: u32) -> f32 {
    let wave = ((x as f32) * 0.3 + (y as f32) * 0.2 + channel as f32).sin() * 0.3 + 0.5;
    if x > y { wave } else { wave * 0.6 }
}

/// 8-bit RGB.
pub fn rgb8(width: u32, height: u32) -> DynamicImage {
    let pixel = |x, y| Rgb([0, 1, 2].map(|c| (shade(x, y, c) * 255.0) as u8));
    ImageBuffer::from_fn(width, height, pixel).into()
}

/// One of each kind of picture that the formats know, 24x20.
pub fn kinds() -> Vec<(&'static str, DynamicImage)> {
    let (w, h) = (24, 20);
    let byte = |x, y, c| (shade(x, y, c) * 255.0) as u8;
    let word = |x, y, c| (shade(x, y, c) * 65535.0) as u16;
    vec![
        ("grey 8", ImageBuffer::from_fn(w, h, |x, y| Luma([byte(x, y, 0)])).into()),
        ("grey-alpha 8", ImageBuffer::from_fn(w, h, |x, y| LumaA([byte(x, y, 0), byte(x, y, 3)])).into()),
        ("rgb 8", rgb8(w, h)),
        ("rgba 8", ImageBuffer::from_fn(w, h, |x, y| Rgba([0, 1, 2, 3].map(|c| byte(x, y, c)))).into()),
        ("grey 16", ImageBuffer::from_fn(w, h, |x, y| Luma([word(x, y, 0)])).into()),
        ("grey-alpha 16", ImageBuffer::from_fn(w, h, |x, y| LumaA([word(x, y, 0), word(x, y, 3)])).into()),
        ("rgb 16", ImageBuffer::from_fn(w, h, |x, y| Rgb([0, 1, 2].map(|c| word(x, y, c)))).into()),
        ("rgba 16", ImageBuffer::from_fn(w, h, |x, y| Rgba([0, 1, 2, 3].map(|c| word(x, y, c)))).into()),
    ]
}

/// Saves a picture in `folder` and returns its path.
pub fn save(picture: &DynamicImage, folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    if name.ends_with(".exr") {
        let samples = picture.to_rgb32f();
        let pixel = |at: exr::math::Vec2<usize>| samples.get_pixel(at.x() as u32, at.y() as u32).0.into();
        let (width, height) = (samples.width() as usize, samples.height() as usize);
        exr::prelude::write_rgb_file(&path, width, height, |x, y| pixel(exr::math::Vec2(x, y))).expect("a picture");
    } else {
        picture.save(&path).expect("a picture");
    }
    path
}

/// A small RGB PNG in `folder`.
pub fn photo(folder: &Path, name: &str) -> PathBuf {
    save(&rgb8(24, 20), folder, name)
}

/// The same mask size with a black square at the left.
pub fn mask(width: u32, height: u32) -> DynamicImage {
    let is_hole = |x, y| x < width / 4 && y < height / 2;
    ImageBuffer::from_fn(width, height, |x, y| Luma([if is_hole(x, y) { 0u8 } else { 255 }])).into()
}

/// Decodes a file by its content.
#[track_caller]
pub fn open(path: &Path) -> DynamicImage {
    if path.extension().is_some_and(|extension| extension == "exr") {
        return open_exr(path).into();
    }
    let reader = image::ImageReader::open(path).expect("a file").with_guessed_format().expect("a file");
    reader.decode().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Red, green and blue of an EXR, read by the format's own library.
fn open_exr(path: &Path) -> image::Rgb32FImage {
    let image = exr::prelude::read_first_rgba_layer_from_file(
        path,
        |size, _| image::Rgb32FImage::new(size.width() as u32, size.height() as u32),
        |picture, at, (r, g, b, _): (f32, f32, f32, f32)| {
            picture.put_pixel(at.x() as u32, at.y() as u32, Rgb([r, g, b]));
        },
    );
    image.expect("an EXR").layer_data.channel_data.pixels
}

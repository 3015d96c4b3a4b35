//! Prints what noise is found in pictures, as they are and with white noise of known levels.
//!
//!   cargo bench --bench noise -- [level=0,3,10] [side=512] PICTURE...
//!
//! `level` is the standard deviation of the noise that is added, 0..255, before samples are rounded and clipped to 8
//! bits; `side` crops pictures to their middle. It prints kind and level for each, `!` where hot pixels were found.

use dipkit::options::{MeasuredNoise, Task};
use dipkit::pixels::{Picture, Region, Size};
use dipkit::rng::{Draws, Stream};
use dipkit::tasks::{Subject, measure};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Fallible<()> {
    // cargo bench adds --bench.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let (mut levels, mut side, mut paths) = (vec![0.0], usize::MAX, Vec::new());
    for word in words {
        match word.split_once('=') {
            Some(("level", list)) => levels = list.split(',').map(str::parse).collect::<Result<Vec<f32>, _>>()?,
            Some(("side", value)) => side = value.parse()?,
            _ => paths.push(word),
        }
    }
    for path in paths {
        let clean = read(&path, side)?;
        let found: Vec<String> = levels.iter().map(|level| found(&clean, *level)).collect::<Fallible<_>>()?;
        let name = path.rsplit('/').next().unwrap_or(&path);
        println!("{name:40} {}", found.join("  "));
    }
    Ok(())
}

fn read(path: &str, side: usize) -> Fallible<Picture> {
    let image = image::open(path)?;
    let size = Size::new(image.width() as usize, image.height() as usize);
    let channels = if image.color().channel_count() < 3 { 1 } else { 3 };
    let samples = if channels == 1 { image.to_luma32f().into_raw() } else { image.to_rgb32f().into_raw() };
    let plane = |channel: usize| samples.iter().skip(channel).step_by(channels);
    let samples = (0..channels).flat_map(plane).copied().collect();
    let (width, height) = (size.width.min(side), size.height.min(side));
    let (x, y) = ((size.width - width) / 2, (size.height - height) / 2);
    Ok(Picture { size, channels, samples }.crop(Region { x, y, size: Size::new(width, height) }))
}

fn found(clean: &Picture, level: f32) -> Fallible<String> {
    let mut image = clean.clone();
    let mut normals = vec![0.0; image.samples.len()];
    Draws::new(0, 0, Stream::Synthetic, 0).normal(0, &mut normals);
    for (sample, normal) in image.samples.iter_mut().zip(normals) {
        *sample = (255.0 * *sample + level * normal).round().clamp(0.0, 255.0) / 255.0;
    }
    let weight = Picture::filled(image.size, image.channels, 1.0);
    let MeasuredNoise { kind, level: found, smoothest, has_hot_pixels, .. } =
        measure(Task::Denoise, &Subject { image, weight, guide: None }, &|| Ok(()))?.noise;
    let mark = if has_hot_pixels { "!" } else { "" };
    let number = if found.is_finite() { found } else { smoothest };
    Ok(format!("{level:>4}: {:10} {number:6.2}{mark:1}", kind.word()))
}

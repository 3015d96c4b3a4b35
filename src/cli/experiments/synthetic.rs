//! Pictures from formulas and draws, for benchmarks and experiments.

use crate::failure::Result;
use crate::picture::raster::Raster;
use dipkit::options::Task;
use dipkit::pixels::{Layout, Picture, Sample, Size};
use dipkit::rng::{Draws, Stream};
use dipkit::session::Inputs;

/// The inputs of a session of `task`: waves, a disc and noise, with stripes as holes.
///
/// # Errors
/// The engine refuses the picture.
pub fn inputs(task: Task, size: Size, seed: u32) -> Result<Inputs> {
    let clean = waves(size);
    let noisy = with_noise(&clean, NOISE, seed);
    let mask = (task == Task::Inpaint).then(|| stripes(size));
    Ok(Inputs { image: raster(&noisy).import()?, mask, guide: None })
}

/// The standard deviation of the noise on the 0..1 scale: sigma 25.
pub const NOISE: f32 = 25.0 / 255.0;

/// Three waves of different length and direction, one a channel, and a bright disc.
fn waves(size: Size) -> Picture {
    let mut picture = Picture::filled(size, 3, 0.0);
    let side = size.width.max(size.height) as f32;
    for channel in 0..3 {
        let (length, slope) = ([9.0, 17.0, 31.0][channel], [0.3, 1.0, 2.5][channel]);
        for (i, sample) in picture.plane_mut(channel).iter_mut().enumerate() {
            let (x, y) = ((i % size.width) as f32 / side, (i / size.width) as f32 / side);
            let is_disc = (x - 0.6).powi(2) + (y - 0.4).powi(2) < 0.04;
            let wave = 0.5 + 0.25 * (length * (x + slope * y)).sin();
            *sample = if is_disc { 0.8 } else { wave };
        }
    }
    picture
}

/// The picture with white noise of standard deviation `sigma`, clipped.
pub fn with_noise(picture: &Picture, sigma: f32, seed: u32) -> Picture {
    let mut noise = vec![0.0; picture.samples.len()];
    Draws::new(seed, 0, Stream::Synthetic, 0).normal(0, &mut noise);
    let mut noisy = picture.clone();
    noisy.samples.iter_mut().zip(noise).for_each(|(sample, noise)| *sample = (*sample + sigma * noise).clamp(0.0, 1.0));
    noisy
}

/// White noise of the picture's size, uniform in 0..1.
pub fn white_noise(picture: &Picture, seed: u32) -> Picture {
    let mut noise = picture.clone();
    // Iteration 1, since 0 is what `with_noise` draws.
    Draws::new(seed, 0, Stream::Synthetic, 1).uniform(0, &mut noise.samples);
    noise
}

/// The picture's pixels in another order, the same in every channel (Fisher and Yates).
pub fn shuffled(picture: &Picture, seed: u32) -> Picture {
    let draws = Draws::new(seed, 0, Stream::Shuffle, 0);
    let mut order: Vec<usize> = (0..picture.size.area()).collect();
    for last in (1..order.len()).rev() {
        // 32 bits scaled to 0..=last; the bias is below 2^-10 for a megapixel.
        let chosen = (u64::from(draws.bits(last as u64)) * (last as u64 + 1)) >> 32;
        order.swap(last, chosen as usize);
    }
    let mut shuffled = picture.clone();
    for channel in 0..picture.channels {
        let plane = picture.plane(channel);
        shuffled.plane_mut(channel).iter_mut().zip(&order).for_each(|(sample, &from)| *sample = plane[from]);
    }
    shuffled
}

/// A mask of thin slanted holes over a tenth of the picture.
fn stripes(size: Size) -> Picture {
    let mut mask = Picture::filled(size, 1, 1.0);
    let is_hole = |x: usize, y: usize| (x + y / 2) % 20 < 2;
    for (i, sample) in mask.samples.iter_mut().enumerate() {
        if is_hole(i % size.width, i / size.width) {
            *sample = 0.0;
        }
    }
    // One pixel is kept however small the picture is; one missing too.
    let last = mask.samples.len() - 1;
    mask.samples[0] = 0.0;
    mask.samples[last] = 1.0;
    mask
}

/// A picture's planes as packed floats.
pub fn raster(picture: &Picture) -> Raster {
    let layout = Layout::packed(picture.size, picture.channels, Sample::F32);
    let area = picture.size.area();
    let samples = (0..area).flat_map(|i| (0..picture.channels).map(move |channel| picture.samples[channel * area + i]));
    Raster { layout, bytes: samples.flat_map(f32::to_ne_bytes).collect() }
}

//! What the noise of a picture is: impulses, white noise, noise that grows with brightness, noise of which no sample is
//! independent, or none to speak of.
//!
//! The level is that of Chen, Zhu and Heng, "An efficient statistical method for image noise level estimation"
//! (ICCV 2015): pictures lie near a subspace of all patches, so the smallest eigenvalues of the patches'
//! covariance are the noise's variance alone; those whose mean is their median are taken. Patches have all
//! channels, since it is between channels that texture is alike. Noise whose neighbours are alike has no such
//! floor, and neither has a picture without noise. Where hardly any patch is free of black and white, as on paper, and
//! where flat parts have much less noise than the patches, the flat blocks tell.

use super::GoOn;
use super::chroma_noise::{has_noise_in_chroma_alone, is_independent_in_channels};
use super::clipping::impute_clipped;
use super::few_colours::has_few_colours;
use super::flat_blocks::FlatBlocks;
use super::hot_pixels;
use super::impulses;
use super::patches::{LEAST_PATCHES, Patch, Patches, VarianceGrowth, mean};
use super::smooth_blocks;
use crate::error::Result;
use crate::options::{MeasuredNoise, NoiseKind};
use crate::pixels::{Picture, Size};
use crate::rng::{Draws, Stream};

/// Pixels that are measured at most, and the side of the square blocks that they are taken in.
const MOST_PIXELS: usize = 1 << 20;
const BLOCK: usize = 128;
/// The smallest eigenvalue of white noise is (1 - sqrt(columns / patches))^2 of its variance (Marchenko and Pastur), a
/// little less where some samples are clipped; noise whose neighbours are alike has less than this share of that.
const WHITE_SHARE: f64 = 0.85;
/// Where the flattest patches deviate from a slope by little more than rounding to 8 bits does (0.29), there is no
/// noise to speak of.
const LEAST_DEVIATION: f32 = 0.4 / 255.0;
/// Where clipping took this share of the patches, it has made the noise of others weaker.
const CLIPPED_SHARE: f64 = 0.001;
/// Share of a patch's samples that may be clipped, as they are given and once they have got back what was cut off:
/// where all are clipped, as in black bars, there is no noise.
const MOST_CLIPPED: f32 = 0.125;
const MOST_UNCLIPPED: f32 = 0.5;
/// Rounds in which what clipping cut off is drawn with the level that was found last, and the level is found anew.
const ROUNDS: u32 = 3;
/// Growth of the variance from the darkest to the brightest class, over the mean variance, from which on noise grows
/// with brightness.
const LEAST_GROWTH: f64 = 0.4;
/// Share of the classes' variation that a line must explain.
const LINE_SHARE: f64 = 0.7;
/// Largest part of the variance that is in proportion to brightness: at black there is always some.
const MOST_PART: f64 = 0.98;
const BISECTIONS: usize = 6;
/// Largest ratio of the classes' variances for which a line has described them. It is 1.15 for photons alone, 6 and
/// more in confocal microscopes' pictures.
const LARGEST_UNEVENNESS: f64 = 2.0;

/// Less noise than this, in levels of 0..255, changes less than half of the samples of a picture of 8 bits.
const LEAST_LEVEL: f32 = 0.7;
/// Where flat parts have less than this part of the noise that patches have, it is structure that these have.
const LARGEST_FLAT_PART: f32 = 0.8;
/// Noise in colour is looked for where there is less of any other, in levels of 0..255.
const LEAST_OF_COLOUR: f32 = 3.0;

/// Measures the noise of the samples that have any weight.
///
/// # Errors
/// What `go_on` gives, which is asked every few dozen milliseconds.
pub fn measure(image: &Picture, weight: &Picture, go_on: GoOn) -> Result<MeasuredNoise> {
    if image.size.area() > MOST_PIXELS {
        return noise_beside_hot_pixels(&spread_blocks(image), &spread_blocks(weight), go_on);
    }
    noise_beside_hot_pixels(image, weight, go_on)
}

/// Puts blocks that are spread over a large picture side by side: their noise is the picture's.
fn spread_blocks(picture: &Picture) -> Picture {
    let Size { width, height } = picture.size;
    let share = (MOST_PIXELS as f64 / picture.size.area() as f64).sqrt();
    let blocks = |length: usize| ((share * length as f64) as usize / BLOCK).max(1).min(length.div_ceil(BLOCK));
    let (columns, rows) = (blocks(width), blocks(height));
    let (across, down) = (BLOCK.min(width), BLOCK.min(height));
    let at = |i: usize, of: usize, length: usize, block: usize| (length - block) * i / (of - 1).max(1);
    let size = Size::new(columns * across, rows * down);
    let mut samples = Vec::with_capacity(size.area() * picture.channels);
    for channel in 0..picture.channels {
        let plane = picture.plane(channel);
        for y in 0..size.height {
            let row = at(y / down, rows, height, down) + y % down;
            for column in 0..columns {
                samples.extend_from_slice(&plane[row * width + at(column, columns, width, across)..][..across]);
            }
        }
    }
    Picture { size, channels: picture.channels, samples }
}

fn noise_of_picture(image: &Picture, weight: &Picture, go_on: GoOn) -> Result<MeasuredNoise> {
    go_on()?;
    let flat_blocks = FlatBlocks::of(image, weight);
    go_on()?;
    let patches = Patches::of(image, image, weight, MOST_CLIPPED);
    go_on()?;
    let has_patches = patches.all.len() >= LEAST_PATCHES * patches.len();
    let is_artwork = flat_blocks.have_no_noise() || (!has_patches && flat_blocks.have_no_noise_in_clipped());
    if is_artwork || has_few_colours(image, weight) {
        return Ok(MeasuredNoise::nothing(0.0));
    }
    go_on()?;
    let impulse = MeasuredNoise { kind: NoiseKind::Impulse, ..MeasuredNoise::unknown() };
    if impulses::has_impulses(image, weight) {
        return Ok(impulse);
    }
    go_on()?;
    let noise = match has_patches {
        true => noise_in_patches(patches, &flat_blocks, weight, go_on)?,
        false => noise_in_flat_blocks(&flat_blocks),
    };
    go_on()?;
    // Noise in colour alone has independent samples in the rest.
    let is_faint = noise.level < LEAST_OF_COLOUR || noise.kind == NoiseKind::Correlated;
    if is_faint && has_noise_in_chroma_alone(image, weight) {
        return Ok(MeasuredNoise { kind: NoiseKind::Chroma, ..MeasuredNoise::unknown() });
    }
    if noise.level < LEAST_LEVEL {
        return Ok(MeasuredNoise::nothing(noise.level));
    }
    Ok(noise)
}

/// Measures the noise and finds hot pixels, which are looked for above the noise and disturb its measure.
fn noise_beside_hot_pixels(image: &Picture, weight: &Picture, go_on: GoOn) -> Result<MeasuredNoise> {
    let noise = noise_of_picture(image, weight, go_on)?;
    if matches!(noise.kind, NoiseKind::Impulse | NoiseKind::Chroma) {
        return Ok(noise);
    }
    go_on()?;
    let deviation = [noise.level, noise.smoothest].into_iter().find(|level| level.is_finite()).unwrap_or(0.0) / 255.0;
    let share = hot_pixels::find(image, weight, deviation).len() as f32 / image.size.area() as f32;
    if !(hot_pixels::LEAST_SHARE..=hot_pixels::LARGEST_SHARE).contains(&share) {
        return Ok(noise);
    }
    let mut rest = image.clone();
    hot_pixels::replace(&mut rest, &mut weight.clone(), deviation);
    let rest = noise_of_picture(&rest, weight, go_on)?;
    // Beside them there is nothing to take out, so that all others stay.
    let kind = if rest.kind == NoiseKind::Nothing { NoiseKind::Impulse } else { rest.kind };
    Ok(MeasuredNoise { kind, has_hot_pixels: true, ..rest })
}

/// Tells the noise where nearly all patches have black or white in them.
fn noise_in_flat_blocks(flat_blocks: &FlatBlocks) -> MeasuredNoise {
    if flat_blocks.have_white_noise() {
        return MeasuredNoise {
            kind: NoiseKind::White,
            level: 255.0 * flat_blocks.deviation,
            ..MeasuredNoise::unknown()
        };
    }
    MeasuredNoise::unknown()
}

fn noise_in_patches(
    mut patches: Patches,
    flat_blocks: &FlatBlocks,
    weight: &Picture,
    go_on: GoOn,
) -> Result<MeasuredNoise> {
    let image = patches.image;
    if !is_white(&patches, go_on)? && patches.flattest_deviation() > LEAST_DEVIATION {
        return Ok(noise_without_floor(image, flat_blocks, weight));
    }
    go_on()?;
    let is_growing = grows(&patches.classes());
    if is_growing {
        even_out(&mut patches, go_on)?;
    }
    go_on()?;
    let mut found = variance_law(&patches);
    if is_growing && !is_even(&patches.classes()) {
        return Ok(MeasuredNoise { kind: NoiseKind::Brightness, ..MeasuredNoise::unknown() });
    }
    let is_clipped = patches.clipped as f64 > CLIPPED_SHARE * (patches.clipped + patches.all.len()) as f64;
    for round in 0..if is_clipped { ROUNDS } else { 0 } {
        go_on()?;
        let draws = Draws::new(0, 0, Stream::Clipped, round);
        let (unclipped, _) = impute_clipped(image, |brightness| found.deviation(brightness), draws);
        let mut patches = Patches::of(&unclipped, image, weight, MOST_UNCLIPPED);
        go_on()?;
        if is_growing {
            even_out(&mut patches, go_on)?;
        }
        found = variance_law(&patches);
    }
    let level = 255.0 * found.variance.sqrt() as f32;
    if !is_growing {
        let flat_level = 255.0 * flat_blocks.deviation;
        let is_structure = flat_blocks.speak_for_white_noise() && flat_level < LARGEST_FLAT_PART * level;
        let level = if is_structure { flat_level } else { level };
        return Ok(MeasuredNoise { kind: NoiseKind::White, level, ..MeasuredNoise::unknown() });
    }
    let VarianceGrowth { part, brightness } = found.growth;
    let growth = (part / ((1.0 - part) * brightness)) as f32;
    Ok(MeasuredNoise {
        kind: NoiseKind::Brightness,
        level,
        growth,
        brightness: brightness as f32,
        ..MeasuredNoise::unknown()
    })
}

/// Tells the noise where the patches have no floor as white noise gives it.
fn noise_without_floor(image: &Picture, flat_blocks: &FlatBlocks, weight: &Picture) -> MeasuredNoise {
    if flat_blocks.speak_for_white_noise() && is_independent_in_channels(image, weight, flat_blocks.deviation) {
        return MeasuredNoise {
            kind: NoiseKind::White,
            level: 255.0 * flat_blocks.deviation,
            ..MeasuredNoise::unknown()
        };
    }
    let smoothest = 255.0 * flat_blocks.no_rougher(smooth_blocks::smoothest_deviation(image, weight));
    MeasuredNoise { kind: NoiseKind::Correlated, smoothest, ..MeasuredNoise::unknown() }
}

/// Whether the patches, or those with the least structure, have a floor as white noise gives it: strong structure lifts
/// the mean of the floor, but not its smallest eigenvalue.
fn is_white(patches: &Patches, go_on: GoOn) -> Result<bool> {
    let is_even = |some: &[Patch]| {
        let floor = patches.floor(some);
        let edge = (1.0 - (patches.len() as f64 / some.len() as f64).sqrt()).powi(2);
        floor.smallest >= WHITE_SHARE * edge * floor.variance
    };
    if is_even(&patches.all) {
        return Ok(true);
    }
    go_on()?;
    Ok(is_even(&patches.least_structured(&patches.all)))
}

/// Variance of the noise by brightness.
struct VarianceLaw {
    /// Variance at the picture's mean brightness.
    variance: f64,
    growth: VarianceGrowth,
}

impl VarianceLaw {
    fn deviation(&self, brightness: f32) -> f32 {
        (self.variance * self.growth.variance(brightness)).sqrt() as f32
    }
}

/// Measures the variance of the patches' noise, beside the growth that was found.
fn variance_law(patches: &Patches) -> VarianceLaw {
    // Texture passes for noise in either, never the other way round.
    let variance = patches.flat_floor(&patches.all).min(patches.floor(&patches.all).variance);
    VarianceLaw { variance, growth: patches.growth }
}

/// Finds the growth that leaves all classes the same variance, by bisection.
fn even_out(patches: &mut Patches, go_on: GoOn) -> Result<()> {
    let (mut low, mut high) = (0.0, MOST_PART);
    for _ in 0..BISECTIONS {
        go_on()?;
        patches.growth.part = f64::midpoint(low, high);
        if slope(&patches.classes()) > 0.0 {
            low = patches.growth.part;
        } else {
            high = patches.growth.part;
        }
    }
    Ok(())
}

/// Whether a line through brightness and variance of classes rises and explains them.
fn grows(classes: &[[f64; 2]]) -> bool {
    if classes.len() < 3 {
        return false;
    }
    let (slope, y) = (slope(classes), mean(classes.iter().map(|class| class[1])));
    // They are in order.
    let [dark, bright] = [classes[0][0], classes[classes.len() - 1][0]];
    let explained = mean(classes.iter().map(|class| class[0])).mul_add(-slope, y);
    let rest = mean(classes.iter().map(|class| (class[1] - explained - slope * class[0]).powi(2)));
    let whole = mean(classes.iter().map(|class| (class[1] - y).powi(2)));
    slope * (bright - dark) > LEAST_GROWTH * y && rest < (1.0 - LINE_SHARE) * whole
}

/// Whether a line through black has described them: a microscope's black level, or a curve, leaves some classes many
/// times the variance of others.
fn is_even(classes: &[[f64; 2]]) -> bool {
    let variances = classes.iter().map(|class| class[1]);
    variances.clone().fold(0.0, f64::max) < LARGEST_UNEVENNESS * variances.fold(f64::INFINITY, f64::min)
}

/// Gives the slope of the line through these points that has the least squared error.
fn slope(points: &[[f64; 2]]) -> f64 {
    let [x, y] = [0, 1].map(|axis| mean(points.iter().map(|point| point[axis])));
    let xx = mean(points.iter().map(|point| (point[0] - x).powi(2)));
    mean(points.iter().map(|point| (point[0] - x) * (point[1] - y))) / xx.max(1e-12)
}

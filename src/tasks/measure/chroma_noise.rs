//! Noise in colour alone, as at a camera's high ISO, and noise that is another one in each channel.

use super::flat_blocks::FlatBlocks;
use crate::pixels::Picture;
use crate::tasks::luma_chroma::{chroma, first_weight, luma};

/// Standard deviation, 0..1, and correlation of neighbours from which on chroma's flat blocks have noise of its own.
const LEAST_NOISE: f32 = 2.0 / 255.0;
const LEAST_CORRELATION: f64 = 0.3;
/// Standard deviation, 0..1, of luma's noise from which on luma has to be denoised as well.
const LARGEST_OF_LUMA: f32 = 3.0 / 255.0;
/// Part of the channels' deviation that luma has at most where their noises are independent: its weights leave two
/// thirds.
const LARGEST_IN_LUMA: f32 = 0.8;

/// Whether both channels of chroma have smooth noise all over the picture, and luma has hardly any. On photographs
/// without it neither channel has.
pub fn has_noise_in_chroma_alone(image: &Picture, weight: &Picture) -> bool {
    let is_noisy = |mut chroma: Picture| {
        // In 0..1, so that nothing passes for black.
        chroma.samples.iter_mut().for_each(|x| *x += 0.5);
        FlatBlocks::of(&chroma, &first_weight(weight)).have_smooth_noise(LEAST_NOISE, LEAST_CORRELATION)
    };
    image.channels == 3 && chroma(image).all(is_noisy) && luma_deviation(image, weight) < LARGEST_OF_LUMA
}

/// Whether the noise of flat blocks, of this standard deviation in each channel, is independent from channel to
/// channel: noise that all channels share stays whole in luma.
pub fn is_independent_in_channels(image: &Picture, weight: &Picture, deviation: f32) -> bool {
    image.channels == 1 || luma_deviation(image, weight) < LARGEST_IN_LUMA * deviation
}

fn luma_deviation(image: &Picture, weight: &Picture) -> f32 {
    FlatBlocks::of(&luma(image), &first_weight(weight)).deviation
}

//! Pixels that a fit does not compare with, since nothing of the scene is left in them.

use crate::options::{Measured, NoiseKind, Quality, ResolvedOptions};
use crate::pixels::Picture;
use crate::tasks::measure::{hot_pixels, impulses};
use crate::tasks::subject::Subject;

/// Whether all samples but impulses and hot pixels stay as they are; the published fit takes the picture as a whole.
pub fn keeps_the_rest(options: &ResolvedOptions, measured: &Measured) -> bool {
    measured.noise.kind == NoiseKind::Impulse && options.estimator.held_out > 0.0
}

/// Copies a subject's image and its weight, which is 0 for impulses and hot pixels.
pub fn without_lost_pixels(options: &ResolvedOptions, measured: &Measured, subject: &Subject) -> [Picture; 2] {
    let (mut image, mut weight) = (subject.image.clone(), subject.weight.clone());
    if keeps_the_rest(options, measured) {
        impulses::mark_missing(&image, &mut weight);
    }
    if measured.noise.has_hot_pixels && options.quality != Quality::Reference {
        let deviation = options.noise_level.unwrap_or(0.0) / 255.0;
        hot_pixels::replace(&mut image, &mut weight, deviation);
    }
    [image, weight]
}

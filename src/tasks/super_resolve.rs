//! Super-resolution: the restored picture, made small, must be the given one.

use super::Given;
use super::network::uniform;
use crate::degradation::{self, BackProjection, Kernel};
use crate::error::Result;
use crate::graph::Resample;
use crate::nets::{SkipNet, Upsample};
use crate::options::{Choice, Downsample, Options};
use crate::pixels::Size;

pub fn network(options: &Options, outputs: usize) -> SkipNet {
    uniform(options, outputs, Upsample::Bilinear)
}

/// The forward operator of the options' kernel on a picture of these sides.
///
/// # Errors
/// `InvalidArgument` for a number that stands for no kernel.
pub fn reduction(options: &Options, Size { width, height }: Size) -> Result<Resample> {
    let factor = options.factor as usize;
    let kernel = match Downsample::from_index(options.downsample)? {
        Downsample::Lanczos2 => return Ok(degradation::lanczos2_filter(height, width, factor)),
        Downsample::Lanczos3 => Kernel::Lanczos3,
        Downsample::Bicubic => Kernel::Bicubic,
        Downsample::Box => Kernel::Box,
        Downsample::Gaussian => Kernel::Gaussian,
    };
    Ok(kernel.filter(height, width, factor))
}

/// Brings the result to the given picture, up to its noise, 0..255, where that is known.
pub fn back_projection(reduction: Resample, given: &Given, noise_level: f32) -> BackProjection {
    let deviation = if noise_level.is_finite() { noise_level / 255.0 } else { 0.0 };
    BackProjection::new(reduction, given.degraded.samples.clone(), given.weight.samples.clone(), deviation)
}

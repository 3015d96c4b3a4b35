//! Super-resolution: the restored picture, made small, must be the given one.

use super::estimate::observation::Observation;
use super::network::uniform;
use crate::degradation::{self, BackProjection, ReductionKernel};
use crate::graph::Resample;
use crate::nets::{SkipNet, Upsample};
use crate::options::{Downsample, Quality, ResolvedOptions, Task};
use crate::pixels::Size;

/// Makes the network of super-resolution.
pub fn network(options: &ResolvedOptions, outputs: usize) -> SkipNet {
    uniform(options, outputs, Upsample::Bilinear)
}

/// How many times larger the result of resolved options is than the image: 1 for other tasks.
pub fn enlargement(options: &ResolvedOptions) -> usize {
    if options.task == Task::SuperResolve { options.factor as usize } else { 1 }
}

/// Makes the forward operator of the options' kernel on a restored picture of these sides; none for other tasks.
pub fn reduction(options: &ResolvedOptions, Size { width, height }: Size) -> Option<Resample> {
    if options.task != Task::SuperResolve {
        return None;
    }
    let factor = options.factor as usize;
    let kernel = match options.downsample {
        Downsample::Lanczos2 => return Some(degradation::lanczos2_filter(height, width, factor)),
        Downsample::Lanczos3 => ReductionKernel::Lanczos3,
        Downsample::Bicubic => ReductionKernel::Bicubic,
        Downsample::Box => ReductionKernel::Box,
        Downsample::Gaussian => ReductionKernel::Gaussian,
    };
    Some(kernel.filter(height, width, factor))
}

/// Prepares the step that brings the result to the given picture, up to its noise where that is known. The published
/// fit has no such step.
pub fn back_projection(options: &ResolvedOptions, reduction: &Resample, given: &Observation) -> Option<BackProjection> {
    if options.quality == Quality::Reference {
        return None;
    }
    let deviation = options.noise_level.unwrap_or(0.0) / 255.0;
    let Observation { degraded, weight } = given.clone();
    Some(BackProjection::new(reduction.clone(), degraded.samples, weight.samples, deviation))
}

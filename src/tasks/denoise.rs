//! Denoising, also with a guide (flash and no-flash): the degradation is the identity.

use super::finish::detail::Detail;
use super::network::uniform;
use crate::nets::{SkipNet, Upsample};
use crate::options::{Input, Measured, NoiseKind, Quality, ResolvedOptions, Task};
use crate::pixels::Picture;

/// With a guide alone as input the two finest scales are enlarged without interpolation, as in the authors' flash
/// notebook.
const GUIDED_NEAREST_SCALES: usize = 2;

/// Makes the network of denoising.
pub fn network(options: &ResolvedOptions, measured: &Measured, outputs: usize) -> SkipNet {
    let mut net = uniform(options, outputs, Upsample::Bilinear);
    if measured.has_guide && options.estimator.recorruption == 0.0 {
        for scale in net.scales.iter_mut().take(GUIDED_NEAREST_SCALES) {
            scale.upsample = Upsample::Nearest;
        }
    }
    net
}

/// Whether the network is fed the luma, which has no noise, to draw the noisy colour from it.
pub fn is_guided_by_luma(options: &ResolvedOptions, measured: &Measured) -> bool {
    let is_chroma = options.task == Task::Denoise && measured.noise.kind == NoiseKind::Chroma && !measured.has_guide;
    is_chroma && options.quality != Quality::Reference && options.estimator.input == Input::Picture
}

/// Prepares the step that gives detail back where the noise has no level. The published fit stays as it is, and a fit
/// by a guide has its detail from there.
pub fn detail(options: &ResolvedOptions, measured: &Measured, [given, weight]: [Picture; 2]) -> Option<Detail> {
    let is_ours = options.task == Task::Denoise && options.quality != Quality::Reference && !measured.has_guide;
    let smoothest = measured.noise.smoothest / 255.0;
    (is_ours && smoothest.is_finite()).then_some(Detail { given, weight, smoothest })
}

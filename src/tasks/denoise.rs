//! Denoising, also with a guide (flash and no-flash): the degradation is the identity.

use super::network::uniform;
use crate::nets::{SkipNet, Upsample};
use crate::options::{Measured, Options};

/// With a guide alone as input the two finest scales are enlarged without interpolation, as in the authors' flash
/// notebook.
const GUIDED_NEAREST_SCALES: usize = 2;

pub fn network(options: &Options, measured: &Measured, outputs: usize) -> SkipNet {
    let mut net = uniform(options, outputs, Upsample::Bilinear);
    if measured.has_guide && options.recorruption == 0.0 {
        for scale in net.scales.iter_mut().take(GUIDED_NEAREST_SCALES) {
            scale.upsample = Upsample::Nearest;
        }
    }
    net
}

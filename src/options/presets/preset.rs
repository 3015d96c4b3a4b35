//! A preset: a choice for every option that may be left open.

use crate::options::choice::{Downsample, Hole, Optimizer};
use crate::options::groups::{EstimatorOptions, NetworkOptions, RateOptions};

/// What a preset chooses. The level of the noise is not among it: that is what was measured.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    pub factor: u32,
    pub downsample: Downsample,
    /// The shape of the holes; none for other tasks than inpainting.
    pub hole: Option<Hole>,
    pub optimizer: Optimizer,
    pub tile_size: u32,
    pub iterations: u32,
    pub early_stop: u32,
    pub runs: u32,
    pub strength: f32,
    pub tv_weight: f32,
    pub network: NetworkOptions,
    pub rates: RateOptions,
    pub estimator: EstimatorOptions,
}

//! What work has behind it: the finished runs of the present part, and what finished jobs leave in the metrics.

use serde::{Deserialize, Serialize};

use crate::pixels::Picture;

/// Finished runs of one part.
pub(super) struct Runs {
    pub mean: Picture,
    pub count: f32,
}

/// Of finished jobs.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Ended {
    pub iterations: u32,
    pub has_stopped_early: bool,
    pub has_timed_out: bool,
    /// Of the last iteration of the last one; NaN before.
    pub loss: f64,
    pub psnr_observed: f64,
}

impl Ended {
    pub fn none() -> Ended {
        Ended { iterations: 0, has_stopped_early: false, has_timed_out: false, loss: f64::NAN, psnr_observed: f64::NAN }
    }
}

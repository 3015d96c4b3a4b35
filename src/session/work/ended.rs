//! What finished jobs contribute to the metrics.

use serde::{Deserialize, Serialize};

use crate::fit::{Fit, FitStatus};

/// What all finished jobs have come to.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct EndedJobs {
    /// The number of iterations of all finished jobs.
    pub iterations: u32,
    pub has_stopped_early: bool,
    pub has_timed_out: bool,
    /// The loss at the last iteration of the last job; NaN before.
    pub loss: f64,
    /// The PSNR against what was given at the last iteration of the last job; NaN before.
    pub psnr_observed: f64,
}

impl EndedJobs {
    /// The sum of no jobs.
    pub fn none() -> EndedJobs {
        EndedJobs {
            iterations: 0,
            has_stopped_early: false,
            has_timed_out: false,
            loss: f64::NAN,
            psnr_observed: f64::NAN,
        }
    }

    /// Adds a job that has ended; it `is_over` unless its time ended it.
    pub fn add(&mut self, fit: &Fit, is_over: bool) {
        self.iterations = self.iterations.saturating_add(fit.iteration());
        self.has_stopped_early |= fit.status() == FitStatus::StoppedEarly;
        self.has_timed_out |= !is_over;
        if fit.iteration() > 0 {
            (self.loss, self.psnr_observed) = (fit.loss(), fit.psnr_observed());
        }
    }
}

//! Where the work of a session stands.

use serde::{Deserialize, Serialize};

use crate::options::{DeviceKind, Hole, MeasuredNoise, NoiseKind};

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Running,
    /// All iterations done.
    Finished,
    /// The early-stopping rule fired.
    StoppedEarly,
    /// The time limit was reached; the result is the best so far.
    TimedOut,
}

/// Where the work stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub state: State,
    /// Done so far, over all jobs.
    pub iteration: u32,
    /// Planned over all jobs; early stopping may need fewer.
    pub iterations_total: u32,
    /// The iteration of the current job that `Output::Result` comes from.
    pub best_iteration: u32,
    pub jobs_done: u32,
    pub jobs_total: u32,
    /// Where it really runs; never `Auto`.
    pub device: DeviceKind,
    /// 0..1 over the whole work; 1 only when the state is not `Running`.
    pub progress: f64,
    /// Estimate; NaN until it is known.
    pub seconds_left: f64,
    /// Spent stepping; measuring the picture in the first step is not counted.
    pub seconds: f64,
    pub loss: f64,
    /// dB against the degraded input, not against the truth: it rises while the picture gets worse.
    pub psnr_observed: f64,
    /// Moving variance of the output; NaN until it means something.
    pub variance: f64,
    /// Estimated or given, 0..255; NaN if unknown.
    pub noise_level: f64,
    /// Estimated mean squared error on held-out samples; NaN without them.
    pub risk: f64,
    pub noise_kind: NoiseKind,
    /// The inpainting preset in use.
    pub hole: Option<Hole>,
    /// What the session takes at most; less once its work is done.
    pub memory_bytes: u64,
}

impl Metrics {
    /// The metrics of a session before its picture has been measured; `memory_bytes` is what it takes at least.
    pub(super) fn before_measuring(device: DeviceKind, memory_bytes: u64) -> Metrics {
        Metrics {
            state: State::Running,
            progress: 0.0,
            seconds_left: f64::NAN,
            memory_bytes,
            ..Metrics::without_work(device, None, MeasuredNoise::unknown())
        }
    }

    /// The metrics of a session without a job: the input is the result.
    pub(super) fn without_work(device: DeviceKind, hole: Option<Hole>, noise: MeasuredNoise) -> Metrics {
        Metrics {
            state: State::Finished,
            iteration: 0,
            iterations_total: 0,
            best_iteration: 0,
            jobs_done: 0,
            jobs_total: 0,
            device,
            progress: 1.0,
            seconds_left: 0.0,
            seconds: 0.0,
            loss: f64::NAN,
            psnr_observed: f64::NAN,
            variance: f64::NAN,
            noise_level: f64::from(noise.level),
            risk: f64::NAN,
            noise_kind: noise.kind,
            hole,
            memory_bytes: 0,
        }
    }
}

//! The metrics of a session: where its work stands.

use serde::{Deserialize, Serialize};

use crate::options::{DeviceKind, Hole, MeasuredNoise, NoiseKind};

/// Whether the work of a session goes on, and how it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// There are iterations left.
    Running,
    /// All iterations are done.
    Finished,
    /// The early-stopping rule fired.
    StoppedEarly,
    /// The time limit was reached; the result is the best so far.
    TimedOut,
}

/// Where the work of a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub state: State,
    /// The number of iterations done so far, over all jobs.
    pub iteration: u32,
    /// The number of iterations planned over all jobs; early stopping may need fewer.
    pub iterations_total: u32,
    /// The iteration of the current job whose picture [`Output::Result`](super::Output::Result) shows.
    pub best_iteration: u32,
    pub jobs_done: u32,
    pub jobs_total: u32,
    /// The device that the session really runs on; never `Auto`.
    pub device: DeviceKind,
    /// The progress of the whole work, 0..1; 1 only when the state is not `Running`.
    pub progress: f64,
    /// An estimate of the seconds that are left; NaN until it is known.
    pub seconds_left: f64,
    /// The seconds spent stepping; measuring the picture before the first iteration is not counted.
    pub seconds: f64,
    pub loss: f64,
    /// The PSNR in dB against the degraded input, not against the truth: it goes on rising while the picture gets
    /// worse.
    pub psnr_observed: f64,
    /// The moving variance of the output; NaN until it means something.
    pub variance: f64,
    /// The standard deviation of the noise, estimated or given, 0..255; NaN where it is unknown.
    pub noise_level: f64,
    /// The mean squared error estimated on held-out samples; NaN without them.
    pub risk: f64,
    pub noise_kind: NoiseKind,
    /// The kind of hole whose preset is in use; None in other tasks than inpainting.
    pub hole: Option<Hole>,
    /// The bytes that the session takes at most; fewer once its work is done.
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

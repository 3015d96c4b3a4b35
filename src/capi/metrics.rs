//! What a session tells of itself, as C sees it.

use super::sized::Growing;
use super::types::*;
use crate::error::{Error, Result};
use crate::options::AUTO;
use crate::session::{Metrics, NoiseKind, Output, State};

// SAFETY: repr(C), struct_size first, eight u32, eight doubles, two u32 and a u64 fill 112 bytes; all numbers.
unsafe impl Growing for DipMetrics {
    // Without memory_bytes.
    const FIRST_SIZE: usize = 104;
}

impl From<Metrics> for DipMetrics {
    fn from(metrics: Metrics) -> DipMetrics {
        DipMetrics {
            struct_size: 0,
            state: state(metrics.state),
            iteration: metrics.iteration,
            iterations_total: metrics.iterations_total,
            best_iteration: metrics.best_iteration,
            jobs_done: metrics.jobs_done,
            jobs_total: metrics.jobs_total,
            device: metrics.device as u32,
            progress: metrics.progress,
            seconds_left: metrics.seconds_left,
            seconds: metrics.seconds,
            loss: metrics.loss,
            psnr_observed: metrics.psnr_observed,
            variance: metrics.variance,
            noise_level: metrics.noise_level,
            risk: metrics.risk,
            noise_kind: noise_kind(metrics.noise_kind),
            hole: metrics.hole.map_or(AUTO, |hole| hole as u32),
            memory_bytes: metrics.memory_bytes,
        }
    }
}

/// Gives the picture that an output constant stands for.
///
/// # Errors
/// `InvalidArgument` for a number that stands for nothing.
pub fn output(output: DipOutput) -> Result<Output> {
    match output {
        DIP_OUTPUT_RESULT => Ok(Output::Result),
        DIP_OUTPUT_AVERAGE => Ok(Output::Average),
        DIP_OUTPUT_LATEST => Ok(Output::Latest),
        DIP_OUTPUT_INPUT => Ok(Output::Input),
        other => Err(Error::invalid(format!("output is {other}, must be 0 to {DIP_OUTPUT_INPUT}"))),
    }
}

fn state(state: State) -> DipState {
    match state {
        State::Running => DIP_STATE_RUNNING,
        State::Finished => DIP_STATE_FINISHED,
        State::StoppedEarly => DIP_STATE_STOPPED_EARLY,
        State::TimedOut => DIP_STATE_TIMED_OUT,
    }
}

fn noise_kind(kind: NoiseKind) -> u32 {
    match kind {
        NoiseKind::Unknown => DIP_NOISE_UNKNOWN,
        NoiseKind::White => DIP_NOISE_WHITE,
        NoiseKind::Brightness => DIP_NOISE_BRIGHTNESS,
        NoiseKind::Correlated => DIP_NOISE_CORRELATED,
        NoiseKind::Impulse => DIP_NOISE_IMPULSE,
        NoiseKind::Nothing => DIP_NOISE_NONE,
        NoiseKind::Chroma => DIP_NOISE_CHROMA,
    }
}

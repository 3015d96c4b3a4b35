//! Words for what the engine says: tasks, states, and what was found in a picture.

use dipkit::options::{Choice, Task};
use dipkit::session::{Metrics, NoiseKind, State};

/// The task as the command line has it.
pub fn task(task: Task) -> &'static str {
    Task::word(task as u32)
}

/// How far a fit went.
pub fn state(state: State) -> &'static str {
    match state {
        State::Running => "unfinished",
        State::Finished => "finished",
        State::StoppedEarly => "stopped early",
        State::TimedOut => "out of time",
    }
}

/// The noise of a picture, where there is a word for it.
pub fn noise(metrics: &Metrics) -> Option<String> {
    match metrics.noise_kind {
        NoiseKind::Unknown => None,
        NoiseKind::White => Some(format!("noise of level {:.1}", metrics.noise_level)),
        NoiseKind::Brightness if metrics.noise_level.is_nan() => Some("noise that grows with brightness".into()),
        NoiseKind::Brightness => Some(format!("noise of level {:.1} that grows with brightness", metrics.noise_level)),
        NoiseKind::Correlated => Some("noise that is not white".into()),
        NoiseKind::Impulse => Some("lost pixels".into()),
        NoiseKind::Chroma => Some("noise in colour".into()),
        NoiseKind::Nothing => Some("no noise".into()),
    }
}

/// Why a picture was returned as it was given, and what to do about it. `None` if it was fitted.
pub fn reason_for_no_fit(task: Task, metrics: &Metrics) -> Option<&'static str> {
    if metrics.jobs_total > 0 {
        return None;
    }
    Some(match (task, metrics.noise_kind) {
        (Task::Denoise, NoiseKind::Nothing) => "no noise was found (--noise-level N denoises it all the same)",
        (Task::Denoise, _) => "no noise of a known kind was found (--noise-level N says that it is white)",
        (Task::Dejpeg, _) => "no quantisation of a JPEG file was found in it (--iterations N fits it all the same)",
        (Task::Inpaint, _) => "there is nothing to fill",
        (Task::SuperResolve, _) => "no pixel of it is known",
    })
}

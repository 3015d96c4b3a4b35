//! `--estimate`: what a fit will cost, from timing a few of its iterations.

use super::console::{mebibytes, number};
use super::failure::Result;
use super::inputs::Inputs;
use super::interrupt;
use super::run::task_word;
use super::settings::Settings;
use dipkit::session::Session;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// Timed, after one that is not.
const ITERATIONS: u32 = 3;

/// Times a few iterations and prints minutes and memory.
///
/// # Errors
/// As stepping a session.
pub fn print(session: &Arc<Session>, inputs: &Inputs, settings: &Settings, about: &str) -> Result<()> {
    let bytes = Session::estimate_memory(&settings.options, &inputs.for_session()?)?;
    interrupt::watch(session);
    let first = session.step(1)?;
    let start = Instant::now();
    let metrics = session.step(ITERATIONS)?;
    // Fewer where the fit has fewer.
    let timed = metrics.iteration.saturating_sub(1).max(1);
    let elapsed = start.elapsed().as_secs_f64();
    let pace = elapsed / f64::from(timed);
    // Not iterations times pace: parts may be of different sizes.
    let share = metrics.progress - first.progress;
    let seconds = if share > 0.0 { elapsed / share } else { metrics.seconds };
    let size = session.size();
    settings.console.record(&json!({
        "event": "estimate",
        "task": task_word(settings.options.task),
        "input": about,
        "size": size.to_string(),
        "iterations": metrics.iterations_total,
        "iterations_timed": timed,
        "seconds_per_iteration": number(pace),
        "seconds": number(seconds),
        "memory_bytes": bytes,
    }));
    settings.console.answer(&format!(
        "{about}: at most {:.1} minutes ({} iterations of {pace:.3} s, timed over {timed}) and {} of memory for a result of \
         {size}; early stopping may end sooner",
        seconds / 60.0,
        metrics.iterations_total,
        mebibytes(bytes),
    ));
    Ok(())
}

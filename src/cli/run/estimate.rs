//! `--estimate`: what a fit will cost, from timing a few of its iterations.

use crate::console::{mebibytes, number};
use crate::failure::Result;
use crate::files;
use crate::inputs::{InputPaths, PictureFile};
use crate::interrupt;
use crate::run::open;
use crate::settings::Settings;
use crate::words;
use dipkit::session::{Session, State};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// Timed, after one that is not.
const ITERATIONS: u32 = 3;

/// Times a few iterations of one picture, prints minutes and memory, and returns the seconds.
///
/// # Errors
/// As opening it and stepping a session.
pub fn print(paths: &InputPaths, settings: &Settings) -> Result<f64> {
    let source = PictureFile::read(paths.picture)?;
    let areas = source.pages();
    let (_, session) = open::open(paths, &source, 0, settings, None)?;
    let about = files::name(paths.picture);
    let seconds = time(&session, settings, &about, &areas).map_err(|failure| failure.about(&about));
    interrupt::forget();
    seconds
}

fn time(session: &Arc<Session>, settings: &Settings, about: &str, areas: &[u64]) -> Result<f64> {
    interrupt::watch(session);
    let first = session.step(1)?;
    let start = Instant::now();
    let metrics = session.step(ITERATIONS)?;
    let elapsed = start.elapsed().as_secs_f64();
    // Fewer where the fit has fewer, perhaps the first alone.
    let timed = metrics.iteration.saturating_sub(1).max(1);
    let is_whole = first.state != State::Running;
    let pace = if is_whole { first.seconds } else { elapsed / f64::from(timed) };
    // Not iterations times pace: parts may be of different sizes.
    let share = metrics.progress - first.progress;
    let seconds = if is_whole || share <= 0.0 { metrics.seconds } else { elapsed / share };
    // Of all pages, by their sizes.
    let share = areas.iter().map(|area| *area as f64).sum::<f64>() / areas[0].max(1) as f64;
    let seconds = seconds * share;
    let size = session.size();
    settings.console.record(&json!({
        "event": "estimate",
        "task": words::task(settings.options.task),
        "input": about,
        "size": size.to_string(),
        "pages": areas.len(),
        "iterations": metrics.iterations_total,
        "iterations_timed": timed,
        "seconds_per_iteration": number(pace),
        "seconds": number(seconds),
        "memory_bytes": session.memory_bytes(),
    }));
    if metrics.jobs_total == 0 {
        settings.console.answer(&format!("{about}: there is nothing to restore, so it would be returned as it is"));
        return Ok(seconds);
    }
    let pages = if areas.len() > 1 { format!(", the first of {} pages", areas.len()) } else { String::new() };
    settings.console.answer(&format!(
        "{about}: at most {:.1} minutes ({} iterations of {pace:.3} s, timed over {timed}) and {} of memory for a result of \
         {size}{pages}; early stopping may end sooner",
        seconds / 60.0,
        metrics.iterations_total,
        mebibytes(session.memory_bytes()),
    ));
    Ok(seconds)
}

/// Prints what several pictures take one after the other.
pub fn print_sum(settings: &Settings, seconds: &[f64]) {
    let (count, sum) = (seconds.len(), seconds.iter().sum());
    settings.console.record(&json!({ "event": "estimate_sum", "pictures": count, "seconds": number(sum) }));
    settings.console.answer(&format!("{count} pictures: at most {:.1} minutes", sum / 60.0));
}

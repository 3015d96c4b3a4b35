//! `--estimate`: what a fit will cost, from timing a few of its iterations.

use crate::console::{mebibytes, number};
use crate::failure::Result;
use crate::files;
use crate::inputs::{InputPaths, PictureFile};
use crate::interrupt;
use crate::run::open;
use crate::settings::Settings;
use crate::words;
use dipkit::session::{Metrics, Session, State};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// The iterations that are timed, after one that is not.
const ITERATIONS: u32 = 3;

/// Times a few iterations of one picture, prints minutes and memory, and returns the seconds.
///
/// # Errors
/// The picture cannot be opened, or the session cannot be stepped.
pub fn print(paths: &InputPaths, settings: &Settings) -> Result<f64> {
    let source = PictureFile::read(paths.picture)?;
    let areas = source.pages();
    let (_, session) = open::open(paths, &source, 0, settings, None)?;
    let about = files::name(paths.picture);
    let seconds = time(&session, settings, &about, &areas).map_err(|failure| failure.about(&about));
    interrupt::forget();
    seconds
}

/// What was found by timing.
struct Cost {
    iterations_timed: u32,
    seconds_per_iteration: f64,
    /// The seconds of the whole fit, of all pages.
    seconds: f64,
}

fn time(session: &Arc<Session>, settings: &Settings, about: &str, areas: &[u64]) -> Result<f64> {
    interrupt::watch(session);
    let first = session.step(1)?;
    let start = Instant::now();
    let metrics = session.step(ITERATIONS)?;
    let cost = cost(&first, &metrics, start.elapsed().as_secs_f64(), areas);
    report(session, settings, about, areas.len(), &metrics, &cost);
    Ok(cost.seconds)
}

/// The cost from the metrics after the first call and after the second, which took `elapsed` seconds.
fn cost(first: &Metrics, metrics: &Metrics, elapsed: f64, areas: &[u64]) -> Cost {
    // There are fewer where the fit has fewer, perhaps the first alone.
    let iterations_timed = metrics.iteration.saturating_sub(1).max(1);
    let is_whole = first.state != State::Running;
    // Not iterations times seconds: parts may be of different sizes.
    let share = metrics.progress - first.progress;
    let seconds = if is_whole || share <= 0.0 { metrics.seconds } else { elapsed / share };
    // The other pages cost as much for their size.
    let pages = areas.iter().map(|area| *area as f64).sum::<f64>() / areas[0].max(1) as f64;
    Cost {
        iterations_timed,
        seconds_per_iteration: if is_whole { first.seconds } else { elapsed / f64::from(iterations_timed) },
        seconds: seconds * pages,
    }
}

fn report(session: &Session, settings: &Settings, about: &str, pages: usize, metrics: &Metrics, cost: &Cost) {
    let Cost { iterations_timed, seconds_per_iteration, seconds } = *cost;
    let size = session.size();
    settings.console.record(&json!({
        "event": "estimate",
        "task": words::task(settings.options.task),
        "input": about,
        "size": size.to_string(),
        "pages": pages,
        "iterations": metrics.iterations_total,
        "iterations_timed": iterations_timed,
        "seconds_per_iteration": number(seconds_per_iteration),
        "seconds": number(seconds),
        "memory_bytes": session.memory_bytes(),
    }));
    if metrics.jobs_total == 0 {
        settings.console.answer(&format!("{about}: there is nothing to restore, so it would be returned as it is"));
        return;
    }
    let pages = if pages > 1 { format!(", the first of {pages} pages") } else { String::new() };
    settings.console.answer(&format!(
        "{about}: at most {:.1} minutes ({} iterations of {seconds_per_iteration:.3} s, timed over {iterations_timed}) and {} of \
         memory for a result of {size}{pages}; early stopping may end sooner",
        seconds / 60.0,
        metrics.iterations_total,
        mebibytes(session.memory_bytes()),
    ));
}

/// Prints what several pictures take one after the other.
pub fn print_sum(settings: &Settings, seconds: &[f64]) {
    let (count, sum) = (seconds.len(), seconds.iter().sum());
    settings.console.record(&json!({ "event": "estimate_sum", "pictures": count, "seconds": number(sum) }));
    settings.console.answer(&format!("{count} pictures: at most {:.1} minutes", sum / 60.0));
}

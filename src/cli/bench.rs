//! `bench`: seconds an iteration and peak memory on a synthetic picture, the same everywhere.

use super::console::{Console, mebibytes, number};
use super::failure::{Failure, Result};
use super::memory;
use super::run::task_word;
use super::synthetic;
use dipkit::options::{AUTO, Choice, DeviceKind, Hole, Options, Quality, Task};
use dipkit::pixels::Size;
use dipkit::session::{Session, State};
use serde_json::json;
use std::time::Instant;

/// Without `--iterations`.
const ITERATIONS: u32 = 11;
/// Of super-resolution without `--factor`, as its preset.
const FACTOR: u32 = 4;

/// Times iterations and prints their median.
///
/// # Errors
/// Options that a session refuses, or an engine that fails.
pub fn run(mut options: Options, side: u32, console: &Console) -> Result<()> {
    if options.iterations == AUTO {
        options.iterations = ITERATIONS;
    }
    if options.iterations < 2 {
        return Err(Failure::wrong("--iterations is 1, must be at least 2: the first is not counted"));
    }
    let inputs = synthetic::inputs(options.task, given_side(&options, side), options.seed)?;
    let session = Session::create(&options, inputs)?;
    let mut seconds = Vec::new();
    loop {
        let start = Instant::now();
        let metrics = session.step(1)?;
        seconds.push(start.elapsed().as_secs_f64());
        if metrics.state != State::Running {
            break;
        }
    }
    let metrics = session.metrics();
    let (median, peak) = (median(&mut seconds[1..]), memory::peak_bytes());
    let hole = metrics.hole.map(|hole| Hole::word(hole as u32));
    console.record(&json!({
        "event": "bench",
        "task": task_word(options.task),
        "quality": Quality::word(options.quality as u32),
        "hole": hole,
        "size": session.size().to_string(),
        "iterations": metrics.iteration,
        "seconds_per_iteration": number(median),
        "peak_memory_bytes": peak,
        "device": DeviceKind::word(metrics.device as u32),
        "threads": session.options().threads,
    }));
    console.answer(&format!(
        "{} {} {}: {median:.4} s an iteration (median of {}), peak memory {} on {}",
        task_word(options.task),
        Quality::word(options.quality as u32),
        session.size(),
        seconds.len() - 1,
        peak.map_or("unknown".into(), mebibytes),
        DeviceKind::word(metrics.device as u32),
    ));
    Ok(())
}

/// The picture's side that makes a result of `side`.
fn given_side(options: &Options, side: u32) -> Size {
    let factor = if options.factor == AUTO { FACTOR } else { options.factor };
    let given = if options.task == Task::SuperResolve { side.div_ceil(factor) } else { side };
    Size::new(given as usize, given as usize)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

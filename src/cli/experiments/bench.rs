//! `bench`: seconds an iteration, peak memory and use of the CPU on a synthetic picture, the same everywhere.

use crate::console::{Console, mebibytes, number};
use crate::experiments::synthetic;
use crate::failure::{Failure, Result};
use crate::interrupt;
use crate::memory;
use crate::picture::limits::Limits;
use crate::words;
use dipkit::options::{AUTO, Choice, DeviceKind, Hole, Options, Quality, Task};
use dipkit::pixels::Size;
use dipkit::session::{CpuRate, Session, State};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// The iterations without `--iterations`.
const ITERATIONS: u32 = 11;
/// The factor of super-resolution without `--factor`, as in its preset.
const FACTOR: u32 = 4;

/// What runs the iterations on a CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BenchExecutor {
    Plan,
    /// The slow executor that judges the plan.
    Candle,
}

impl BenchExecutor {
    fn word(self) -> &'static str {
        match self {
            BenchExecutor::Plan => "plan",
            BenchExecutor::Candle => "candle",
        }
    }
}

/// Times iterations and prints their median.
///
/// # Errors
/// A session refuses the options, or the engine fails.
pub fn run(mut options: Options, side: u32, executor: BenchExecutor, console: &Console) -> Result<()> {
    if options.iterations == AUTO {
        options.iterations = ITERATIONS;
    }
    if options.iterations < 2 {
        return Err(Failure::wrong_input("--iterations is 1, must be at least 2: the first is not counted"));
    }
    let side_limit = Limits::new(options.memory_limit).check(u64::from(side), u64::from(side));
    side_limit.map_err(|failure| failure.about("--size"))?;
    let inputs = synthetic::inputs(options.task, given_side(&options, side), options.seed)?;
    let session = Arc::new(match executor {
        BenchExecutor::Candle => Session::create_judged(&options, inputs)?,
        BenchExecutor::Plan => Session::create(&options, inputs)?,
    });
    interrupt::watch(&session);
    let mut seconds = Vec::new();
    loop {
        let start = Instant::now();
        let metrics = session.step(1)?;
        seconds.push(start.elapsed().as_secs_f64());
        if metrics.state != State::Running {
            break;
        }
    }
    if seconds.len() < 2 {
        return Err(Failure::wrong_input("--time-limit ended the first iteration, which is not counted: give it more"));
    }
    report(&session, median(&mut seconds[1..]), seconds.len() - 1, executor, console)
}

fn report(session: &Session, seconds: f64, counted: usize, executor: BenchExecutor, console: &Console) -> Result<()> {
    let (metrics, options, peak) = (session.metrics(), session.options(), memory::peak_bytes());
    let cpu = if metrics.device == DeviceKind::Cpu { Some(session.cpu_rate()?) } else { None };
    let share = cpu.map(|cpu| session.flops() as f64 / seconds / cpu.flops_per_second);
    let [task, quality] = [words::task(options.task), Quality::word(options.quality as u32)];
    let [device, executor] = [DeviceKind::word(metrics.device as u32), executor.word()];
    console.record(&json!({
        "event": "bench",
        "task": task,
        "quality": quality,
        "hole": metrics.hole.map(|hole| Hole::word(hole as u32)),
        "size": session.size().to_string(),
        "iterations": metrics.iteration,
        "seconds_per_iteration": number(seconds),
        "peak_memory_bytes": peak,
        "device": device,
        "threads": options.threads,
        "executor": cpu.map(|_| executor),
        "simd": cpu.map(|cpu| cpu.simd),
        "multiply_add_share": share.map(number),
    }));
    let memory = peak.map_or("unknown".into(), mebibytes);
    console.answer(&format!(
        "{task} {quality} {}: {seconds:.4} s an iteration (median of {counted}), peak memory {memory} on {device}",
        session.size(),
    ));
    if let (Some(CpuRate { simd, flops_per_second }), Some(share)) = (cpu, share) {
        console.answer(&format!(
            "{executor} with {simd}: {:.0} % of this machine's {:.0} GFLOP/s of dense multiply-adds",
            100.0 * share,
            flops_per_second / 1e9,
        ));
    }
    Ok(())
}

/// The size of the given picture whose result has this side.
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

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

/// The iterations without `--iterations` on a CPU, where each is timed by itself.
const ITERATIONS: u32 = 11;
/// The iterations without `--iterations` on a graphics card.
const CARD_ITERATIONS: u32 = 300;
/// The runs in which a graphics card is timed, between pictures. The first is not counted.
const CARD_RUNS: u32 = 6;
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
    let asked = Some(options.iterations).filter(|iterations| *iterations != AUTO);
    if asked == Some(1) {
        return Err(Failure::wrong_input("--iterations is 1, must be at least 2: the first is not counted"));
    }
    options.iterations = asked.unwrap_or(CARD_ITERATIONS);
    let side_limit = Limits::new(options.memory_limit).check(u64::from(side), u64::from(side));
    side_limit.map_err(|failure| failure.about("--size"))?;
    let inputs = synthetic::inputs(options.task, given_side(&options, side), options.seed)?;
    let session = Arc::new(match executor {
        BenchExecutor::Candle => Session::create_judged(&options, inputs)?,
        BenchExecutor::Plan => Session::create(&options, inputs)?,
    });
    interrupt::watch(&session);
    let runs = Runs::new(session.metrics().device, asked);
    let mut seconds = Vec::new();
    for _ in 0..runs.count {
        let start = Instant::now();
        let metrics = session.step(runs.iterations)?;
        seconds.push(start.elapsed().as_secs_f64() / f64::from(runs.iterations));
        if metrics.state != State::Running {
            break;
        }
    }
    if seconds.len() < 2 {
        return Err(Failure::wrong_input("--time-limit ended the first iteration, which is not counted: give it more"));
    }
    report(&session, median(&mut seconds[1..]), Runs { count: seconds.len() as u32 - 1, ..runs }, executor, console)
}

/// In how many runs of how many iterations each a session is timed.
#[derive(Debug, Clone, Copy)]
struct Runs {
    count: u32,
    iterations: u32,
}

impl Runs {
    /// A CPU is timed iteration by iteration. A graphics card works ahead of its host between two pictures, so a wait
    /// and a picture after each iteration would be all that is seen.
    fn new(device: DeviceKind, asked: Option<u32>) -> Runs {
        let in_runs = |iterations: u32| {
            let count = CARD_RUNS.min(iterations);
            Runs { count, iterations: iterations / count }
        };
        match device {
            DeviceKind::Auto | DeviceKind::Cpu => Runs { count: asked.unwrap_or(ITERATIONS), iterations: 1 },
            DeviceKind::Cuda | DeviceKind::Metal => in_runs(asked.unwrap_or(CARD_ITERATIONS)),
        }
    }

    /// How many runs of how many iterations, for people.
    fn description(self) -> String {
        match self.iterations {
            1 => format!("median of {}", self.count),
            iterations => format!("median of {} runs of {iterations}, each with one picture", self.count),
        }
    }
}

fn report(session: &Session, seconds: f64, runs: Runs, executor: BenchExecutor, console: &Console) -> Result<()> {
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
        "iterations_per_run": runs.iterations,
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
        "{task} {quality} {}: {seconds:.4} s an iteration ({}), peak memory {memory} on {device}",
        session.size(),
        runs.description(),
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

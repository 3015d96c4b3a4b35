//! The loop over a session's steps: short calls, so that the display lives and Ctrl-C is prompt, watched
//! by whoever wants to see the picture or the numbers.

use crate::interrupt;
use dipkit::session::{Metrics, Session, State};
use dipkit::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// Looks at a fit after each call of a step.
pub trait Watcher {
    /// Looks at a call's end.
    fn see(&mut self, session: &Session, metrics: &Metrics);

    /// Whether the loop is to end here although the fit could go on.
    fn is_time_over(&self) -> bool {
        false
    }
}

/// The seconds that a call takes, about.
const CALL_SECONDS: f64 = 0.2;

/// The number of iterations of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IterationsPerCall {
    /// As many as take about a fifth of a second.
    Adapted,
    /// At most this many, for curves with enough points.
    AtMost(u32),
}

/// How long iterations took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timing {
    /// The iterations and seconds up to the end of the first call, which also fills caches and memory.
    warm: Option<(u32, f64)>,
}

impl Timing {
    /// The mean time of the iterations after the first call of this start, in seconds; NaN if there are none.
    pub fn seconds_per_iteration(&self, metrics: &Metrics) -> f64 {
        match self.warm {
            Some((iteration, seconds)) if metrics.iteration > iteration => {
                (metrics.seconds - seconds) / f64::from(metrics.iteration - iteration)
            }
            _ => f64::NAN,
        }
    }
}

/// Steps until the work is done, a watcher's time is over, or a step fails.
///
/// # Errors
/// The same as those of [`Session::step`]; `Cancelled` where somebody has asked for the end.
pub fn run(
    session: &Arc<Session>,
    grain: IterationsPerCall,
    timing: &mut Timing,
    watchers: &mut [&mut dyn Watcher],
) -> Result<Metrics> {
    interrupt::watch(session);
    let mut iterations = 1;
    loop {
        if interrupt::is_fit_over() {
            return Err(Error::Cancelled);
        }
        let start = Instant::now();
        let mut metrics = step(session, iterations)?;
        timing.warm.get_or_insert((metrics.iteration, metrics.seconds));
        iterations = next(iterations, start.elapsed().as_secs_f64(), grain);
        if metrics.state == State::Running && watchers.iter().any(|watcher| watcher.is_time_over()) {
            metrics.state = State::TimedOut;
        }
        watchers.iter_mut().for_each(|watcher| watcher.see(session, &metrics));
        if metrics.state != State::Running {
            return Ok(metrics);
        }
    }
}

/// Steps once. A panic becomes an error: it is a bug in the engine, but the picture so far outlives it and is worth
/// saving.
fn step(session: &Session, iterations: u32) -> Result<Metrics> {
    catch_unwind(AssertUnwindSafe(|| session.step(iterations)))
        .unwrap_or_else(|_| Err(Error::Internal("a bug in dipkit, see the lines above: please report them".into())))
}

/// The number of iterations for the next call. It is at most doubled, since the first calls are not typical.
fn next(iterations: u32, seconds: f64, grain: IterationsPerCall) -> u32 {
    let fitting = f64::from(iterations) * CALL_SECONDS / seconds.max(1e-6);
    let most = match grain {
        IterationsPerCall::Adapted => u32::MAX,
        IterationsPerCall::AtMost(most) => most,
    };
    (fitting as u32).clamp(1, iterations.saturating_mul(2)).min(most)
}

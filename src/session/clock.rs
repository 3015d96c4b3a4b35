//! The time that a session has spent and may spend.

use std::time::{Duration, Instant};

/// The seconds that a fit runs between two looks at the clock, about.
const LONGEST_RUN_SECONDS: f64 = 0.1;

/// The time that a session has spent on iterations and what belongs to them, and its limit. Measuring the picture
/// before the first iteration is not counted.
pub(super) struct Clock {
    /// The seconds that may be spent; None without a limit.
    limit: Option<f64>,
    spent: Duration,
    /// The time that was spent when the current job began.
    begun: Duration,
}

impl Clock {
    /// A clock that has not run yet. The limit is in seconds; 0 is none.
    pub fn new(limit: f32) -> Clock {
        Clock::resumed(limit, Duration::ZERO, Duration::ZERO)
    }

    /// The clock of work that was interrupted.
    pub fn resumed(limit: f32, spent: Duration, begun: Duration) -> Clock {
        Clock { limit: (limit > 0.0).then_some(f64::from(limit)), spent, begun }
    }

    /// Adds what has passed since `start`.
    pub fn add_since(&mut self, start: Instant) {
        self.spent += start.elapsed();
    }

    /// Notes that a job begins now.
    pub fn begin_job(&mut self) {
        self.begun = self.spent;
    }

    /// The time spent so far.
    pub fn spent(&self) -> Duration {
        self.spent
    }

    /// The time that was spent when the current job began.
    pub fn begun(&self) -> Duration {
        self.begun
    }

    /// The time spent so far, in seconds.
    pub fn seconds(&self) -> f64 {
        self.spent.as_secs_f64()
    }

    /// The number of iterations that take about as long as the clock may go unwatched, when the current job has run
    /// `iteration` of them.
    pub fn reasonable_run(&self, iteration: u32) -> u32 {
        if iteration == 0 {
            return 1;
        }
        let seconds = (self.spent - self.begun).as_secs_f64() / f64::from(iteration);
        (LONGEST_RUN_SECONDS / seconds).clamp(1.0, 1e6) as u32
    }

    /// Whether the current job has used up its share of the time that was left when it began.
    pub fn is_job_late(&self, share_of_rest: f64) -> bool {
        let begun = self.begun.as_secs_f64();
        self.limit.is_some_and(|limit| self.seconds() >= begun + (limit - begun) * share_of_rest)
    }

    /// Whether all time is used up.
    pub fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.seconds() >= limit)
    }

    /// The share of the time that is used up; 0 without a limit.
    pub fn share_used(&self) -> f64 {
        self.limit.map_or(0.0, |limit| self.seconds() / limit)
    }

    /// Estimates the seconds that the rest takes when this share of the work is done; NaN before the first iteration.
    pub fn seconds_left(&self, share_done: f64) -> f64 {
        if share_done == 0.0 {
            return f64::NAN;
        }
        let by_work = self.seconds() / share_done * (1.0 - share_done);
        self.limit.map_or(by_work, |limit| by_work.min((limit - self.seconds()).max(0.0)))
    }
}

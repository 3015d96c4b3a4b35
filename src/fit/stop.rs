//! Early stopping: watches the moving variance of the output and says when a picture is worth keeping.
//! The loss cannot tell when to stop, since it also falls while the network learns the noise.
//!
//! ES-EMV of "Early Stopping for Deep Image Prior" (arXiv 2112.06074, algorithm 2): the exponential
//! moving variance falls while the network learns the picture and rises when it learns the noise.

use crate::exec::MEAN_WEIGHT;

/// When a fit ends before its iterations are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopRule {
    /// Iterations without a new minimum of the variance; 0 is off.
    pub patience: u32,
}

/// Iterations that the variance needs to mean something: three times its window.
const WARM_UP: u32 = (3.0 / MEAN_WEIGHT) as u32;

/// Weight of a new control point in the mean of variances that is compared: about the hundred iterations of
/// the paper's window, as a single variance has minima by chance long before the picture is learnt.
const CONTROL_WEIGHT: f64 = 0.1;

/// What the rule says at a control point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    GoOn,
    /// The steadiest picture so far.
    Keep,
    Stop,
}

/// The variance so far and its minimum.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    rule: StopRule,
    variance: f64,
    observed: u32,
    /// Mean over control points; none before the first that means something.
    smoothed: Option<f64>,
    best_smoothed: f64,
    best_iteration: u32,
    /// Variance and count at the last checkpoint.
    checkpoint: (f64, u32),
}

impl Stop {
    pub fn new(rule: StopRule) -> Self {
        Stop {
            rule,
            variance: 0.0,
            observed: 0,
            smoothed: None,
            best_smoothed: f64::INFINITY,
            best_iteration: 0,
            checkpoint: (0.0, 0),
        }
    }

    pub fn keep_checkpoint(&mut self) {
        self.checkpoint = (self.variance, self.observed);
    }

    /// Forgets what was observed since the checkpoint.
    pub fn restore(&mut self) {
        (self.variance, self.observed) = self.checkpoint;
    }

    /// VAR_t = (1 - a) VAR_(t-1) + a (1 - a) |x_t - mean_(t-1)|^2.
    pub fn observe(&mut self, deviation: f32) {
        let a = f64::from(MEAN_WEIGHT);
        self.variance = (1.0 - a) * self.variance + a * (1.0 - a) * f64::from(deviation);
        self.observed += 1;
    }

    /// The variance; NaN until it means something.
    pub fn variance(&self) -> f64 {
        if self.observed < WARM_UP { f64::NAN } else { self.variance }
    }

    /// Iteration of the kept picture; 0 before there is one.
    pub fn best_iteration(&self) -> u32 {
        self.best_iteration
    }

    pub fn judge(&mut self, iteration: u32) -> Verdict {
        if self.rule.patience == 0 || self.observed < WARM_UP {
            return Verdict::GoOn;
        }
        let before = self.smoothed.unwrap_or(self.variance);
        let smoothed = before + CONTROL_WEIGHT * (self.variance - before);
        self.smoothed = Some(smoothed);
        if smoothed < self.best_smoothed {
            self.best_smoothed = smoothed;
            self.best_iteration = iteration;
            return Verdict::Keep;
        }
        if iteration - self.best_iteration >= self.rule.patience { Verdict::Stop } else { Verdict::GoOn }
    }
}

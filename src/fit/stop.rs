//! Early stopping: when a picture is worth keeping. The loss cannot tell, since it also falls while the network learns
//! the noise.
//!
//! Two kinds of evidence. The risk, an estimate of the error from samples that the loss does not see, has its
//! minimum where the picture is best. Without one, ES-EMV of "Early Stopping for Deep Image Prior" (arXiv
//! 2112.06074, algorithm 2): the exponential moving variance falls while the network learns the picture and
//! rises when it learns the noise.

use serde::{Deserialize, Serialize};

use crate::exec::{MEAN_WEIGHT, Scalars};

use super::schedule::CONTROL_INTERVAL;

/// Decides when a fit ends before its iterations are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRule {
    /// Iterations without better evidence that end a fit, at least; 0 lets it run to its end.
    pub patience: u32,
    pub evidence: Evidence,
}

/// Tells how good a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evidence {
    Variance,
    Risk,
}

/// Iterations that the variance needs to mean something: three times its window.
const WARM_UP: u32 = (3.0 / MEAN_WEIGHT) as u32;
/// A single variance has minima by chance, so the mean over this part of the patience counts.
const SMOOTHED_PART: f64 = 5.0;
/// Weight of the past in the mean of risks once it has warmed up, and how many iterations that takes, more or less.
const RISK_WEIGHT: f64 = 0.95;
const RISK_START: f64 = 3.0;
/// By the risk a fit goes on for this part of what it took to its best picture, if that is more than the
/// patience: a quarter of all the time.
const AFTER_PART: u32 = 3;

/// Until this iteration a network does not know the picture by heart, so its risk is about its error in places that it
/// was never shown; later it is several times smaller.
const EARLY_ITERATIONS: u32 = 150;

/// What a stopping rule says at a control point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopVerdict {
    GoOn,
    /// This picture is the best one so far: keep it.
    Keep,
    Stop,
}

/// The sums of all iterations up to some one.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Statistics {
    variance: f64,
    risk: f64,
    /// The risk at [`EARLY_ITERATIONS`], or the present one before.
    early_risk: f64,
    iterations: u32,
}

/// The evidence so far and its minimum.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stop {
    rule: StopRule,
    statistics: Statistics,
    checkpoint: Statistics,
    /// Mean variance of the last control points; none before the warm-up is over.
    smoothed: Option<f64>,
    best: f64,
    best_iteration: u32,
}

impl Stop {
    /// Begins without any evidence.
    pub fn new(rule: StopRule) -> Self {
        let statistics = Statistics { variance: 0.0, risk: f64::NAN, early_risk: f64::NAN, iterations: 0 };
        Stop { rule, statistics, checkpoint: statistics, smoothed: None, best: f64::INFINITY, best_iteration: 0 }
    }

    /// Remembers the statistics for [`Stop::restore`].
    pub fn keep_checkpoint(&mut self) {
        self.checkpoint = self.statistics;
    }

    /// Forgets what was observed since the checkpoint.
    pub fn restore(&mut self) {
        self.statistics = self.checkpoint;
    }

    /// Takes in an iteration: VAR_t = (1 - a) VAR_(t-1) + a (1 - a) |x_t - mean_(t-1)|^2.
    pub fn record(&mut self, scalars: &Scalars) {
        let a = f64::from(MEAN_WEIGHT);
        let past = f64::from(self.statistics.iterations);
        self.statistics.variance = (1.0 - a) * self.statistics.variance + a * (1.0 - a) * f64::from(scalars.deviation);
        if let Some(risk) = scalars.risk {
            let weight = if self.statistics.risk.is_nan() { 0.0 } else { RISK_WEIGHT.min(past / (past + RISK_START)) };
            let before = if self.statistics.risk.is_nan() { 0.0 } else { self.statistics.risk };
            self.statistics.risk = weight * before + (1.0 - weight) * f64::from(risk);
        }
        if self.statistics.iterations < EARLY_ITERATIONS {
            self.statistics.early_risk = self.statistics.risk;
        }
        self.statistics.iterations += 1;
    }

    /// Gives the moving variance; NaN before the warm-up is over.
    pub fn variance(&self) -> f64 {
        if self.statistics.iterations < WARM_UP { f64::NAN } else { self.statistics.variance }
    }

    /// Gives the evidence that the fit is judged by.
    pub fn judged_by(&self) -> Evidence {
        self.rule.evidence
    }

    /// Gives the mean of the last risks; NaN where the fit has no risk.
    pub fn risk(&self) -> f64 {
        self.statistics.risk
    }

    /// Gives the risk of the picture before the network knew it by heart; NaN where the fit has no risk.
    pub fn early_risk(&self) -> f64 {
        self.statistics.early_risk
    }

    /// Gives the risk of the kept picture, or the present risk before a picture is kept.
    pub fn best_risk(&self) -> f64 {
        let is_kept = self.best_iteration > 0 && self.rule.evidence == Evidence::Risk;
        if is_kept { self.best } else { self.statistics.risk }
    }

    /// Gives the iteration of the kept picture; 0 before one is kept.
    pub fn best_iteration(&self) -> u32 {
        self.best_iteration
    }

    /// Judges the picture of a control point, and remembers the best one.
    pub fn judge(&mut self, iteration: u32) -> StopVerdict {
        let Some(evidence) = self.evidence().filter(|_| self.rule.patience > 0) else {
            return StopVerdict::GoOn;
        };
        if evidence < self.best {
            self.best = evidence;
            self.best_iteration = iteration;
            return StopVerdict::Keep;
        }
        let patience = match self.rule.evidence {
            Evidence::Variance => self.rule.patience,
            Evidence::Risk => self.rule.patience.max(self.best_iteration / AFTER_PART),
        };
        if iteration - self.best_iteration >= patience { StopVerdict::Stop } else { StopVerdict::GoOn }
    }

    fn evidence(&mut self) -> Option<f64> {
        match self.rule.evidence {
            Evidence::Risk => Some(self.statistics.risk).filter(|risk| !risk.is_nan()),
            Evidence::Variance if self.statistics.iterations < WARM_UP => None,
            Evidence::Variance => {
                let points = f64::from(self.rule.patience) / SMOOTHED_PART / f64::from(CONTROL_INTERVAL);
                let before = self.smoothed.unwrap_or(self.statistics.variance);
                let smoothed = before + (self.statistics.variance - before) / points.max(1.0);
                self.smoothed = Some(smoothed);
                Some(smoothed)
            }
        }
    }
}

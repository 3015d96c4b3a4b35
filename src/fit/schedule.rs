//! The schedule: what each iteration runs with.

use crate::exec::Pace;
use crate::options::{Quality, RateOptions, ResolvedOptions};

/// Iterations between two control points. No device is synchronised more often by the fit itself.
pub const CONTROL_INTERVAL: u32 = 10;

/// How many iterations a fit has at most, at which rates, and how its moving average starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    pub iterations: u32,
    /// Learning rate of the parameters that Adam updates.
    pub learning_rate: f32,
    /// Learning rate of the matrices that Muon updates.
    pub matrix_learning_rate: f32,
    /// Weight of the past in the moving average, once it has warmed up.
    pub average_weight: f32,
    pub average_start: AverageStart,
}

/// How the moving average starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AverageStart {
    /// The average has its full weight from the first picture on, as in the authors' code.
    Constant,
    /// The average has a window that grows, so that the first grey pictures are soon forgotten.
    Growing,
}

/// Pictures in the growing window after n iterations are at least about n / this.
const WINDOW_DIVISOR: f32 = 9.0;
/// A window that would grow for longer than these iterations grows faster instead.
const WINDOW_IS_WHOLE_AT: f32 = 1000.0;

impl Schedule {
    /// Reads the schedule from resolved options.
    pub fn of(options: &ResolvedOptions) -> Schedule {
        let RateOptions { learning_rate, matrix_learning_rate, average_weight } = options.rates;
        let average_start = match options.quality {
            Quality::Reference => AverageStart::Constant,
            Quality::Balanced | Quality::Fast => AverageStart::Growing,
        };
        let iterations = options.iterations;
        Schedule { iterations, learning_rate, matrix_learning_rate, average_weight, average_start }
    }

    /// Gives the pace of an iteration, counted from 1, at this share of the learning rates.
    pub(super) fn pace(&self, iteration: u32, share: f32) -> Pace {
        let average_weight = match (iteration, self.average_start) {
            (1, _) => 0.0,
            (_, AverageStart::Constant) => self.average_weight,
            (_, AverageStart::Growing) => {
                let past = (iteration - 1) as f32;
                let divisor = (WINDOW_IS_WHOLE_AT * (1.0 - self.average_weight)).min(WINDOW_DIVISOR);
                self.average_weight.min(past / (past + divisor))
            }
        };
        let (learning_rate, matrix_learning_rate) = (self.learning_rate * share, self.matrix_learning_rate * share);
        Pace { learning_rate, matrix_learning_rate, average_weight }
    }
}

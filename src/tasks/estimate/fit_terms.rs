//! What an estimator leaves behind in a graph.

use crate::fit::Calibration;
use crate::graph::Outputs;

/// The nodes that a fit is judged by, and what the numbers of its data term mean.
#[derive(Debug, Clone, Copy)]
pub struct FitTerms {
    pub outputs: Outputs,
    pub calibration: Calibration,
}

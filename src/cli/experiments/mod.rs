//! Commands that measure instead of restoring: benchmarks, comparisons, and the experiments of the paper.

pub mod bench;
pub mod compare;
pub mod curves;
mod experiment;
mod losses;
mod prior;
mod synthetic;

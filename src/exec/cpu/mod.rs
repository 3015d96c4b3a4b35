//! The CPU executor: a static plan compiled from a graph, with forward and backward written out.

pub mod kernels;
pub mod simd;

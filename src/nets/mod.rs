//! Networks, each of which appends itself to a graph.

mod skip;

pub use skip::{Halve, NetScale, SkipNet, Upsample};

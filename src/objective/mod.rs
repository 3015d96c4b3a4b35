//! Losses, each of which appends itself to a graph and gives a scalar.

mod data;
mod variation;

pub use data::weighted;
pub use variation::with_variation;

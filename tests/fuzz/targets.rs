//! What is fuzzed: each target takes any bytes and panics where a promise is broken.

use crate::{boundary, masks, pictures, sessions};

/// A target with its inputs to begin with.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// The number of mutated inputs of the short run.
    pub inputs: u32,
}

pub const TARGETS: [Target; 4] = [
    Target { name: "boundary", run: boundary::run, seeds: boundary::seeds, inputs: 3_000 },
    Target { name: "pictures", run: pictures::run, seeds: pictures::seeds, inputs: 20_000 },
    Target { name: "masks", run: masks::run, seeds: masks::seeds, inputs: 40_000 },
    Target { name: "sessions", run: sessions::run, seeds: sessions::seeds, inputs: 2_000 },
];

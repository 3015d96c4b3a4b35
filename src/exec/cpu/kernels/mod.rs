//! The kernels of the CPU executor. Samples are blocked by channel: [channels / 8][height][width][8],
//! so that a vector holds eight channels of one pixel and no kernel shuffles lanes.

pub mod conv;

use super::simd::Simd;
use std::sync::atomic::{AtomicBool, Ordering};

/// Channels of a block.
pub const LANES: usize = 8;

/// What every kernel is told.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub simd: Simd,
    /// Tested before each slab; a cancelled kernel leaves its output half done.
    pub cancel: &'a AtomicBool,
}

impl Run<'_> {
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

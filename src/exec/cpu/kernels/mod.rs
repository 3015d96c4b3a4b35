//! The kernels that steps of the CPU executor share. Samples are blocked by channel, `[channels /
//! 8][height][width][8]`, so that a vector holds eight channels of one pixel and no kernel shuffles lanes.

pub mod adam;
pub mod average;
pub mod conv;
pub mod matrix;
pub mod muon;
pub mod pad;
pub mod planes;

use super::simd::{Simd, for_every_path};
use super::view::BlockView;
use crate::graph::LEAKY_SLOPE;
use std::sync::atomic::{AtomicBool, Ordering};

/// The number of channels of a block, which are the lanes of a vector.
pub const LANES: usize = 8;

/// What every kernel is told: which instructions to use, and when to stop.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub simd: Simd,
    /// Set to stop the kernel, which looks at it before each piece of work and then leaves its output half done.
    pub cancel: &'a AtomicBool,
}

impl Run<'_> {
    /// Whether the kernel should stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

/// The number of f32s that a task works on before it looks whether to go on.
pub(super) const TASK_SAMPLES: usize = 32768;

/// The number of rows of so many f32s that make a task.
pub(super) fn rows_at_once(row: usize) -> usize {
    (TASK_SAMPLES / row).max(1)
}

for_every_path! {
    /// Applies a view to the samples of one block.
    pub fn activate(samples: &[f32], view: BlockView, out: &mut [f32]) {
        let slope = if view.is_leaky { LEAKY_SLOPE } else { 1.0 };
        let (a, b) = (view.factor, view.offset);
        for (out, x) in out.chunks_exact_mut(LANES).zip(samples.chunks_exact(LANES)) {
            for lane in 0..LANES {
                let y = a[lane] * x[lane] + b[lane];
                out[lane] = y.max(y * slope);
            }
        }
    }
}

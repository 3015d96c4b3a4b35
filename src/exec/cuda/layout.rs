//! Where everything that a fit has on its card lies, in one block of memory: the plan's arena first, the tables last.

use std::ops::Range;

use super::arguments::{ControlArgs, Place};
use super::program::MOST_PARTS;
use super::steps;
use super::update;
use crate::exec::plan::{Plan, SAMPLE_BYTES};
use crate::exec::state::{PictureBuffer, Slot};
use crate::graph::{ConstantId, Graph};

/// The iterations whose rates and scalars are kept between two control points.
pub const MOST_ITERATIONS: usize = 64;
/// The numbers of an iteration's rates; see `kernels/arguments.h`.
pub const RATE_COLUMNS: usize = 8;
/// The numbers that an iteration leaves behind; see `kernels/arguments.h`.
pub const SCALAR_COLUMNS: usize = 4;
/// The whole numbers that steps which hide the shape of holes count in: a histogram, and a number of copies.
pub const HIDING_WORDS: usize = 64;
/// The f32s of 64 bytes, at multiples of which everything begins.
const ALIGNMENT: usize = 16;

/// Some f32s of the block of memory.
pub type Region = Range<usize>;

/// The regions of the block of memory, in f32s.
pub struct Layout {
    pub gradients: Region,
    /// What iterations change: [`Layout::slot`] and [`Layout::picture`] are parts of it.
    pub fitted: Region,
    /// As much again, for the checkpoint.
    pub checkpoint: Region,
    pub snapshot: Region,
    pub rates: Region,
    pub scalars: Region,
    pub control: Region,
    /// The sums of the blocks that take a picture into the averages.
    pub parts: Region,
    /// What finds the block of a kernel that is done last: 0 between kernels.
    pub counters: Region,
    pub hiding: Region,
    pub muon: Region,
    /// The constants that are only read by a step that adds noise, as planes.
    pub constants: Vec<(ConstantId, Region)>,
    /// Where the tables begin, which end the block.
    pub tables: usize,
    parameters: usize,
    samples: usize,
    counted: usize,
}

impl Layout {
    /// The layout for a plan of a graph.
    pub fn new(graph: &Graph, plan: &Plan) -> Layout {
        let (parameters, samples) = (plan.parameter_samples(), graph.shape(graph.restored).samples());
        let counted = graph.counted.map_or(0, |_| samples);
        let fitted = 3 * align(parameters) + 3 * align(samples) + align(counted);
        let mut end = align(plan.arena_bytes / SAMPLE_BYTES);
        let mut take = |length: usize| {
            let region = end..end + length;
            end += align(length);
            region
        };
        Layout {
            gradients: take(parameters),
            fitted: take(fitted),
            checkpoint: take(fitted),
            snapshot: take(samples),
            rates: take(MOST_ITERATIONS * RATE_COLUMNS),
            scalars: take(MOST_ITERATIONS * SCALAR_COLUMNS),
            control: take(ALIGNMENT),
            parts: take(MOST_PARTS),
            counters: take(steps::counters(plan)),
            hiding: take(HIDING_WORDS),
            muon: take(update::muon_scratch(graph)),
            constants: steps::own_constants(plan).map(|id| (id, take(graph.constants[id.0].shape.samples()))).collect(),
            tables: end,
            parameters,
            samples,
            counted,
        }
    }

    /// Where this of all parameters lies, one parameter after the other.
    pub fn slot(&self, slot: Slot) -> Region {
        let index = match slot {
            Slot::Value => 0,
            Slot::First => 1,
            Slot::Second => 2,
        };
        let start = self.fitted.start + index * align(self.parameters);
        start..start + self.parameters
    }

    /// Where a picture lies, as planes; what is counted is empty where all samples count fully.
    pub fn picture(&self, picture: PictureBuffer) -> Region {
        let after = |index: usize| self.fitted.start + 3 * align(self.parameters) + index * align(self.samples);
        let (start, length) = match picture {
            PictureBuffer::Latest => (after(0), self.samples),
            PictureBuffer::Average => (after(1), self.samples),
            PictureBuffer::Mean => (after(2), self.samples),
            PictureBuffer::Counted => (after(3), self.counted),
            PictureBuffer::Snapshot => return self.snapshot.clone(),
        };
        start..start + length
    }

    /// What kernels need to find the iteration's number, rates and scalars.
    pub fn control(&self) -> ControlArgs {
        ControlArgs {
            control: self.control.start as Place,
            rates: self.rates.start as Place,
            scalars: self.scalars.start as Place,
        }
    }
}

fn align(length: usize) -> usize {
    length.next_multiple_of(ALIGNMENT)
}

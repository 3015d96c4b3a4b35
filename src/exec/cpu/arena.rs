//! The arena of a plan on a CPU: one block of memory in which all of the plan's buffers lie.

use std::ops::Range;

use crate::error::Result;
use crate::exec::plan::{ArenaRange, SAMPLE_BYTES};
use crate::room;

/// The memory of a plan.
pub struct Arena {
    samples: Vec<f32>,
}

impl Arena {
    /// Takes the memory, filled with zeros.
    ///
    /// # Errors
    /// `OutOfMemory` where the system has too little; the process never aborts for it.
    pub fn new(bytes: usize) -> Result<Arena> {
        let samples = bytes.div_ceil(SAMPLE_BYTES);
        let mut memory: Vec<f32> = room::vector(samples)?;
        crate::exec::pages::prefer_large_pages(memory.as_ptr(), samples);
        memory.resize(samples, 0.0);
        Ok(Arena { samples: memory })
    }

    /// Borrows some ranges to write to and some to read from.
    ///
    /// # Panics
    /// When a range that is written overlaps another one: then the plan is wrong.
    pub fn parts<const W: usize, const R: usize>(
        &mut self,
        writes: [&ArenaRange; W],
        reads: [&ArenaRange; R],
    ) -> ([&mut [f32]; W], [&[f32]; R]) {
        let (writes, reads) = (writes.map(samples), reads.map(samples));
        for (i, write) in writes.iter().enumerate() {
            let others = writes[i + 1..].iter().chain(&reads);
            assert!(write.end <= self.samples.len(), "a part behind the end of the arena");
            others.for_each(|other| assert!(are_disjoint(write, other), "parts {write:?} and {other:?} overlap"));
        }
        reads.iter().for_each(|read| assert!(read.end <= self.samples.len(), "a part behind the end"));
        let base = self.samples.as_mut_ptr();
        // SAFETY: the ranges lie in the arena (asserted), whose borrow lasts as long as the slices; what is
        // written overlaps nothing else (asserted), so no sample is reachable through two exclusive slices
        // or through an exclusive and a shared one.
        unsafe {
            let writes = writes.map(|range| std::slice::from_raw_parts_mut(base.add(range.start), range.len()));
            let reads = reads.map(|range| std::slice::from_raw_parts(base.add(range.start).cast_const(), range.len()));
            (writes, reads)
        }
    }

    /// Borrows a range to write to.
    pub fn write(&mut self, place: &ArenaRange) -> &mut [f32] {
        &mut self.samples[samples(place)]
    }

    /// Borrows a range to read from.
    pub fn read(&self, place: &ArenaRange) -> &[f32] {
        &self.samples[samples(place)]
    }
}

/// The indices of the samples that lie in a range of bytes.
fn samples(place: &ArenaRange) -> Range<usize> {
    place.start / SAMPLE_BYTES..place.end / SAMPLE_BYTES
}

fn are_disjoint(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end <= b.start || b.end <= a.start || a.is_empty() || b.is_empty()
}

//! The memory of a plan on a CPU.

use std::ops::Range;

use crate::error::Result;
use crate::exec::plan::{ArenaRange, SAMPLE_BYTES};
use crate::room;

/// The memory itself.
pub struct Arena {
    samples: Vec<f32>,
}

impl Arena {
    /// # Errors
    /// `OutOfMemory` where the system has not enough; nothing aborts.
    pub fn new(bytes: usize) -> Result<Arena> {
        let samples = bytes.div_ceil(SAMPLE_BYTES);
        let mut memory: Vec<f32> = room::vector(samples)?;
        crate::exec::pages::prefer_large_pages(memory.as_ptr(), samples);
        memory.resize(samples, 0.0);
        Ok(Arena { samples: memory })
    }

    /// Parts to write and parts to read. They are disjoint, or else the plan is wrong and this panics.
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

    pub fn write(&mut self, place: &ArenaRange) -> &mut [f32] {
        &mut self.samples[samples(place)]
    }

    pub fn read(&self, place: &ArenaRange) -> &[f32] {
        &self.samples[samples(place)]
    }
}

/// The samples that lie at a place.
fn samples(place: &ArenaRange) -> Range<usize> {
    place.start / SAMPLE_BYTES..place.end / SAMPLE_BYTES
}

fn are_disjoint(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end <= b.start || b.end <= a.start || a.is_empty() || b.is_empty()
}

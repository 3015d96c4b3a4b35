//! The one block of memory of a plan, and who may use which part of it when.

use std::ops::Range;

use crate::error::{Error, Result};

/// Places ranges so that what is needed at different times shares memory. First fit, in the order of the
/// plan, so the layout is known before a byte is taken.
#[derive(Default)]
pub(super) struct Planner {
    free: Vec<Range<usize>>,
    end: usize,
}

/// f32s of a cache line: ranges start on one.
const ALIGNMENT: usize = 16;

impl Planner {
    pub fn take(&mut self, samples: usize) -> Range<usize> {
        let length = samples.next_multiple_of(ALIGNMENT);
        let fits = self.free.iter().position(|range| range.len() >= length);
        let start = match fits {
            Some(at) => {
                let range = &mut self.free[at];
                let start = range.start;
                range.start += length;
                if range.start == range.end {
                    self.free.remove(at);
                }
                start
            }
            None => self.grow(length),
        };
        start..start + samples
    }

    /// At the end, with what is free there.
    fn grow(&mut self, length: usize) -> usize {
        let start = match self.free.last() {
            Some(last) if last.end == self.end => self.free.pop().map_or(self.end, |last| last.start),
            _ => self.end,
        };
        self.end = start + length;
        start
    }

    pub fn give_back(&mut self, range: &Range<usize>) {
        let range = range.start..range.start + range.len().next_multiple_of(ALIGNMENT);
        if range.start == range.end {
            return;
        }
        let at = self.free.partition_point(|other| other.start < range.start);
        self.free.insert(at, range);
        if at + 1 < self.free.len() && self.free[at].end == self.free[at + 1].start {
            self.free[at].end = self.free.remove(at + 1).end;
        }
        if at > 0 && self.free[at - 1].end == self.free[at].start {
            self.free[at - 1].end = self.free.remove(at).end;
        }
    }

    /// f32s of the arena.
    pub fn samples(&self) -> usize {
        self.end
    }
}

/// The memory itself.
pub(super) struct Arena {
    samples: Vec<f32>,
}

impl Arena {
    /// # Errors
    /// `OutOfMemory` where the system has not enough; nothing aborts.
    pub fn new(samples: usize) -> Result<Arena> {
        let mut memory: Vec<f32> = Vec::new();
        if memory.try_reserve_exact(samples).is_err() {
            let needed_bytes = 4 * samples as u64;
            return Err(Error::OutOfMemory { needed_bytes, limit_bytes: 0, limit: "the system" });
        }
        crate::exec::pages::prefer_large_pages(memory.as_ptr(), samples);
        memory.resize(samples, 0.0);
        Ok(Arena { samples: memory })
    }

    /// Parts to write and parts to read. They are disjoint, or else the plan is wrong and this panics.
    pub fn parts<const W: usize, const R: usize>(
        &mut self,
        writes: [&Range<usize>; W],
        reads: [&Range<usize>; R],
    ) -> ([&mut [f32]; W], [&[f32]; R]) {
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

    pub fn write(&mut self, range: &Range<usize>) -> &mut [f32] {
        &mut self.samples[range.clone()]
    }

    pub fn read(&self, range: &Range<usize>) -> &[f32] {
        &self.samples[range.clone()]
    }
}

fn are_disjoint(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end <= b.start || b.end <= a.start || a.is_empty() || b.is_empty()
}

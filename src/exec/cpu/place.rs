//! Where a plan's values lie in the arena, by when they are needed: forward values until the way back has
//! passed the step that made them, gradients from their last reader's way back to their maker's.

use super::arena::Planner;
use super::kernels::LANES;
use super::plan::{Plan, Work};
use super::value::ValueId;
use std::ops::Range;

impl Plan {
    pub(super) fn place(&mut self) {
        let mut planner = Planner::default();
        self.place_shared(&mut planner);
        for (_, value) in self.constants.clone() {
            self.place_value(value, &mut planner);
        }
        for index in 0..self.steps.len() {
            self.place_value(self.steps[index].output, &mut planner);
        }
        self.place_way_back(&mut planner);
        self.arena_samples = planner.samples();
    }

    /// What lives as long as the plan.
    fn place_shared(&mut self, planner: &mut Planner) {
        let (mut padded, mut scratch) = (0, 0);
        for step in &mut self.steps {
            match &mut step.work {
                Work::Conv(work) => {
                    work.packed = planner.take(work.conv.packed_len());
                    let (height, width) = work.conv.padded();
                    let blocks = step.input.map_or(0, |input| self.values[input.0].blocks);
                    padded = padded.max(blocks * height * width * LANES);
                    scratch = scratch.max(work.conv.scratch_len(self.threads));
                }
                Work::Resample(_) => {
                    let input = step.input.map_or(0, |input| self.values[input.0].len());
                    padded = padded.max(input);
                    // A row of the wider side for each thread.
                    let [from, to] = [step.input.unwrap_or(step.output), step.output];
                    let wide = [from, to].map(|id| self.values[id.0].shape.width).into_iter().max().unwrap_or(0);
                    scratch = scratch.max(self.threads * wide * LANES);
                }
                _ => {}
            }
        }
        self.padded = planner.take(padded);
        self.by_padded = planner.take(padded);
        self.scratch = planner.take(scratch);
    }

    /// A part lies in its parent.
    fn place_value(&mut self, id: ValueId, planner: &mut Planner) {
        if !self.values[id.0].samples.is_empty() {
            return;
        }
        let length = self.values[id.0].len();
        self.values[id.0].samples = match self.values[id.0].parent {
            Some((parent, before)) => {
                self.place_value(parent, planner);
                let value = &self.values[id.0];
                part(&self.values[parent.0].samples, before * value.plane(), length)
            }
            None => planner.take(length),
        };
    }

    fn place_gradient(&mut self, id: ValueId, planner: &mut Planner) {
        if !self.values[id.0].gradient.is_empty() || !self.values[id.0].needs_gradient {
            return;
        }
        let length = self.values[id.0].len();
        self.values[id.0].gradient = match self.values[id.0].parent {
            Some((parent, before)) => {
                self.place_gradient(parent, planner);
                let value = &self.values[id.0];
                part(&self.values[parent.0].gradient, before * value.plane(), length)
            }
            None => planner.take(length),
        };
    }

    fn place_way_back(&mut self, planner: &mut Planner) {
        let mut has_gradient = vec![false; self.values.len()];
        self.place_gradient(self.loss, planner);
        for index in (0..self.steps.len()).rev() {
            let (input, output) = (self.steps[index].input, self.steps[index].output);
            let is_view = matches!(self.steps[index].work, Work::View);
            self.place_gradient(output, planner);
            if let Some(input) = input {
                self.place_gradient(input, planner);
                self.steps[index].adds = std::mem::replace(&mut has_gradient[input.0], true);
            }
            // A part is given back with its parent, by whoever made it first.
            if !is_view && self.is_done_with(output, index) {
                self.give_back(output, planner);
            }
        }
    }

    /// No earlier step makes (a part of) this value.
    fn is_done_with(&self, id: ValueId, index: usize) -> bool {
        let whole = self.whole(id);
        !self.steps[..index].iter().any(|step| self.whole(step.output) == whole)
    }

    fn whole(&self, id: ValueId) -> ValueId {
        self.values[id.0].parent.map_or(id, |(parent, _)| parent)
    }

    fn give_back(&mut self, id: ValueId, planner: &mut Planner) {
        let whole = self.whole(id);
        // The restored picture is read after the way back.
        if whole != self.whole(self.restored) {
            planner.give_back(&self.values[whole.0].samples.clone());
        }
        planner.give_back(&self.values[whole.0].gradient.clone());
    }
}

fn part(whole: &Range<usize>, before: usize, length: usize) -> Range<usize> {
    whole.start + before..whole.start + before + length
}

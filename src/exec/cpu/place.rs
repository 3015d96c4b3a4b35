//! Where a plan's values lie in the arena, by when they are needed: forward values until the way back has
//! passed the step that made them, gradients from their last reader's way back to their maker's.

use super::arena::Planner;
use super::kernels::{LANES, fill};
use super::plan::Plan;
use super::step::{Step, Work};
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
        self.arena_samples = planner.settle();
        self.ranges().for_each(|range| planner.place(range));
    }

    /// All that lie in the arena.
    fn ranges(&mut self) -> impl Iterator<Item = &mut Range<usize>> {
        let of_values = self.values.iter_mut().flat_map(|value| [&mut value.samples, &mut value.gradient]);
        let of_convs = self.steps.iter_mut().filter_map(|step| match &mut step.work {
            Work::Conv(work) => Some([&mut work.packed, &mut work.by_padded]),
            _ => None,
        });
        [&mut self.padded, &mut self.scratch].into_iter().chain(of_values).chain(of_convs.flatten())
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
                Work::Fill(_) => {
                    let shape = self.values[step.output.0].shape;
                    scratch = scratch.max(fill::scratch_len([shape.height, shape.width]));
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
            let is_done = !is_view && self.is_done_with(output, index);
            let is_conv = matches!(self.steps[index].work, Work::Conv(_));
            if is_conv && is_done {
                // Its readers are through, and its own way back needs the gradient alone.
                self.give_back_samples(output, planner);
            }
            let mut by_padded = 0..0;
            if let Some(input) = input.filter(|_| self.values[output.0].needs_gradient) {
                self.steps[index].adds = std::mem::replace(&mut has_gradient[input.0], true);
                by_padded = self.place_by_padded(index, input, planner);
                self.place_gradient(input, planner);
            }
            planner.give_back(&by_padded);
            // A part is given back with its parent, by whoever made it first.
            if is_done {
                if !is_conv {
                    self.give_back_samples(output, planner);
                }
                planner.give_back(&self.values[self.whole(output).0].gradient.clone());
            }
        }
    }

    /// Room for the gradient of a convolution's padded input, where that is not the input's own.
    fn place_by_padded(&mut self, index: usize, input: ValueId, planner: &mut Planner) -> Range<usize> {
        let Step { work: Work::Conv(work), adds, .. } = &mut self.steps[index] else { return 0..0 };
        let from = &self.values[input.0];
        let (height, width) = work.conv.padded();
        let is_own = !*adds && [height, width] == [from.shape.height, from.shape.width];
        if from.needs_gradient && !is_own {
            work.by_padded = planner.take(from.blocks * height * width * LANES);
        }
        work.by_padded.clone()
    }

    /// No earlier step makes (a part of) this value.
    fn is_done_with(&self, id: ValueId, index: usize) -> bool {
        let whole = self.whole(id);
        !self.steps[..index].iter().any(|step| self.whole(step.output) == whole)
    }

    fn whole(&self, id: ValueId) -> ValueId {
        self.values[id.0].parent.map_or(id, |(parent, _)| parent)
    }

    fn give_back_samples(&mut self, id: ValueId, planner: &mut Planner) {
        let whole = self.whole(id);
        // These are read after the way back.
        let is_read = |id: ValueId| whole == self.whole(id);
        if !is_read(self.restored) && !self.counted.is_some_and(is_read) {
            planner.give_back(&self.values[whole.0].samples.clone());
        }
    }
}

fn part(whole: &Range<usize>, before: usize, length: usize) -> Range<usize> {
    whole.start + before..whole.start + before + length
}

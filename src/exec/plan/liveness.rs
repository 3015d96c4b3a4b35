//! When the values of a plan live, and so where they lie in the arena: samples until the way back has passed the step
//! that made them, gradients from the way back of the last step that reads the value to that of the step that made it.

use super::arena::ArenaPlanner;
use super::target::{Needs, PlanTarget};
use super::value::{ArenaRange, ValueId};
use super::{Action, Plan, Step, Store};

impl Plan {
    /// Gives everything its place in the arena.
    pub(super) fn place(&mut self, target: &dyn PlanTarget) {
        let needs = |step: &Step| target.needs(&step.action, self.input(step), self.output(step));
        let needs: Vec<Needs> = self.steps.iter().map(needs).collect();
        let mut planner = ArenaPlanner::default();
        self.place_shared(&needs, &mut planner);
        for (_, value) in self.constants.clone() {
            self.place_value(value, &mut planner);
        }
        for index in 0..self.steps.len() {
            self.place_value(self.steps[index].output, &mut planner);
        }
        self.place_way_back(&needs, &mut planner);
        self.arena_bytes = planner.settle();
        self.places().for_each(|place| planner.place(place));
    }

    /// Lists every range of the arena that the plan uses.
    fn places(&mut self) -> impl Iterator<Item = &mut ArenaRange> {
        let of_values =
            self.values.iter_mut().flat_map(|value| [&mut value.samples, &mut value.statistics, &mut value.gradient]);
        let of_steps = self.steps.iter_mut().flat_map(|step| [&mut step.packed, &mut step.padded_gradient]);
        [&mut self.padded, &mut self.scratch].into_iter().chain(of_values).chain(of_steps)
    }

    /// Places what lives as long as the plan, and what all steps share, since they run one after the other.
    fn place_shared(&mut self, needs: &[Needs], planner: &mut ArenaPlanner) {
        for (step, needs) in self.steps.iter_mut().zip(needs) {
            step.packed = planner.take(needs.packed);
        }
        self.padded = planner.take(needs.iter().map(|needs| needs.padded).max().unwrap_or(0));
        self.scratch = planner.take(needs.iter().map(|needs| needs.scratch).max().unwrap_or(0));
    }

    /// Places the samples and statistics of a value; a part lies in its parent.
    fn place_value(&mut self, id: ValueId, planner: &mut ArenaPlanner) {
        let value = &self.values[id.0];
        if !value.samples.is_empty() {
            return;
        }
        let (bytes, statistics) = (value.bytes(), value.statistics_bytes());
        self.values[id.0].samples = match value.parent {
            Some((parent, before)) => {
                self.place_value(parent, planner);
                part(&self.values[parent.0].samples, before * self.values[id.0].block_bytes(), bytes)
            }
            None => planner.take(bytes),
        };
        self.values[id.0].statistics = planner.take(statistics);
    }

    fn place_gradient(&mut self, id: ValueId, planner: &mut ArenaPlanner) {
        let value = &self.values[id.0];
        if !value.gradient.is_empty() || !value.needs_gradient {
            return;
        }
        let bytes = value.bytes();
        self.values[id.0].gradient = match value.parent {
            Some((parent, before)) => {
                self.place_gradient(parent, planner);
                part(&self.values[parent.0].gradient, before * self.values[id.0].block_bytes(), bytes)
            }
            None => planner.take(bytes),
        };
    }

    fn place_way_back(&mut self, needs: &[Needs], planner: &mut ArenaPlanner) {
        let mut has_gradient = vec![false; self.values.len()];
        self.place_gradient(self.loss, planner);
        for index in (0..self.steps.len()).rev() {
            let (input, output) = (self.steps[index].input, self.steps[index].output);
            let is_view = matches!(self.steps[index].action, Action::View(_));
            self.place_gradient(output, planner);
            let is_done = !is_view && self.is_done_with(output, index);
            let is_conv = matches!(self.steps[index].action, Action::Conv(_));
            if is_conv && is_done {
                // All readers are done on the way back, and a convolution's own way back does not read its output.
                self.give_back_samples(output, planner);
            }
            if let Some(input) = input.filter(|_| self.values[output.0].needs_gradient) {
                let is_written = std::mem::replace(&mut has_gradient[input.0], true);
                self.steps[index].store = if is_written { Store::Add } else { Store::Overwrite };
                self.place_padded_gradient(index, needs[index], planner);
                self.place_gradient(input, planner);
            }
            planner.give_back(&self.steps[index].padded_gradient);
            // A part is given back with its parent, by the first step that makes a part of it.
            if is_done {
                if !is_conv {
                    self.give_back_samples(output, planner);
                }
                planner.give_back(&self.values[self.whole(output).0].gradient.clone());
            }
        }
    }

    /// Places the gradient of a step's padded input, where that is not the gradient of the input itself.
    fn place_padded_gradient(&mut self, index: usize, needs: Needs, planner: &mut ArenaPlanner) {
        let step = &self.steps[index];
        let from = self.input(step);
        let is_own = step.store == Store::Overwrite && needs.padded == from.bytes();
        if from.needs_gradient && needs.has_padded_gradient && !is_own {
            self.steps[index].padded_gradient = planner.take(needs.padded);
        }
    }

    /// Whether no step before this one makes this value or a part of it.
    fn is_done_with(&self, id: ValueId, index: usize) -> bool {
        let whole = self.whole(id);
        !self.steps[..index].iter().any(|step| self.whole(step.output) == whole)
    }

    fn give_back_samples(&mut self, id: ValueId, planner: &mut ArenaPlanner) {
        let whole = self.whole(id);
        // The results of the graph are read after the way back.
        let is_read = |id: ValueId| whole == self.whole(id);
        if !is_read(self.restored) && !self.counted.is_some_and(is_read) {
            planner.give_back(&self.values[whole.0].samples);
            planner.give_back(&self.values[whole.0].statistics);
        }
    }
}

fn part(whole: &ArenaRange, before: usize, length: usize) -> ArenaRange {
    whole.start + before..whole.start + before + length
}

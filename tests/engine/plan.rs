//! The plan of a graph for devices of other kinds than this machine's: what is needed at one time never shares memory.

use std::collections::BTreeMap;
use std::ops::Range;

use dipkit::exec::plan::{Action, Needs, Plan, PlanTarget, Step, Value, ValueId, ViewReader};
use dipkit::graph::Graph;
use dipkit::options::{Measured, NoiseKind, Options, Quality, Task, resolve};
use dipkit::pixels::{Picture, Size};
use dipkit::tasks::{Subject, recipe};

/// A device that is told as little or as much as its fields say.
struct Device {
    channel_block: usize,
    applies_views: bool,
}

impl PlanTarget for Device {
    fn channel_block(&self) -> usize {
        self.channel_block
    }

    fn applies_views(&self, _: ViewReader) -> bool {
        self.applies_views
    }

    fn needs(&self, action: &Action, from: &Value, _: &Value) -> Needs {
        match action {
            Action::Conv(_) => {
                Needs { packed: 4096, padded: from.bytes() + 64, has_padded_gradient: true, scratch: 256 }
            }
            _ => Needs::default(),
        }
    }
}

const DEVICES: [Device; 3] = [
    Device { channel_block: 8, applies_views: true },
    Device { channel_block: 1, applies_views: true },
    Device { channel_block: 4, applies_views: false },
];

fn graph(task: Task, kind: NoiseKind) -> Graph {
    let size = Size::new(48, 32);
    let picture = |value| Picture::filled(size, 3, value);
    let mut weight = picture(1.0);
    weight.samples[100] = 0.0;
    let subject = Subject { image: picture(0.5), weight, guide: None };
    let mut measured = Measured::plain();
    measured.noise.kind = kind;
    let options = Options { channels: 12, factor: 2, noise_level: 20.0, ..Options::new(task, Quality::Balanced) };
    recipe(&resolve(&options, &measured), &measured, &subject, None, 0).unwrap().graph
}

fn graphs() -> Vec<Graph> {
    let denoise = [NoiseKind::White, NoiseKind::Correlated, NoiseKind::Impulse].map(|kind| graph(Task::Denoise, kind));
    let others = [Task::Dejpeg, Task::SuperResolve, Task::Inpaint].map(|task| graph(task, NoiseKind::Unknown));
    denoise.into_iter().chain(others).collect()
}

/// What a step reads beside its input: none of these are pictures that are made along the way.
fn beside(action: &Action) -> Vec<ValueId> {
    match action {
        Action::Noise { level, .. } => level.iter().copied().collect(),
        Action::Fill(weight) => vec![*weight],
        Action::DataTerm { degraded, weight } => vec![*degraded, *weight],
        _ => Vec::new(),
    }
}

/// A place and the moments at which it is written first and read last.
type Lives = BTreeMap<(String, usize), (Range<usize>, usize, usize)>;

fn touch(lives: &mut Lives, what: (&str, usize), place: &Range<usize>, moment: usize) {
    if !place.is_empty() {
        let life = lives.entry((what.0.to_owned(), what.1)).or_insert((place.clone(), moment, moment));
        life.2 = moment;
    }
}

fn touch_value(plan: &Plan, lives: &mut Lives, id: ValueId, moment: usize) {
    let whole = plan.values[id.0].parent.map_or(id, |(parent, _)| parent);
    touch(lives, ("samples", whole.0), &plan.values[whole.0].samples, moment);
    touch(lives, ("statistics", whole.0), &plan.values[whole.0].statistics, moment);
}

fn touch_gradient(plan: &Plan, lives: &mut Lives, id: ValueId, moment: usize) {
    let whole = plan.values[id.0].parent.map_or(id, |(parent, _)| parent);
    touch(lives, ("gradient", whole.0), &plan.values[whole.0].gradient, moment);
}

/// When everything of a plan is used, found by playing its steps forward and back.
fn lives(plan: &Plan) -> Lives {
    let mut lives = Lives::new();
    plan.constants.iter().for_each(|(_, value)| touch_value(plan, &mut lives, *value, 0));
    let end = 2 * plan.steps.len() + 1;
    for (moment, step) in plan.steps.iter().enumerate() {
        let read = step.input.into_iter().chain(beside(&step.action)).chain([step.output]);
        read.for_each(|id| touch_value(plan, &mut lives, id, moment + 1));
        touch(&mut lives, ("packed", moment), &step.packed, 0);
        touch(&mut lives, ("packed", moment), &step.packed, end);
    }
    for (index, step) in plan.steps.iter().enumerate().rev().filter(|(_, step)| plan.runs_back(step)) {
        touch_back(plan, &mut lives, index, step, end - 1 - index);
    }
    touch(&mut lives, ("shared", 0), &plan.padded, 0);
    touch(&mut lives, ("shared", 0), &plan.padded, end);
    touch(&mut lives, ("shared", 1), &plan.scratch, 0);
    touch(&mut lives, ("shared", 1), &plan.scratch, end);
    for result in [Some(plan.restored), plan.counted].into_iter().flatten() {
        touch_value(plan, &mut lives, result, end);
    }
    lives
}

fn touch_back(plan: &Plan, lives: &mut Lives, index: usize, step: &Step, moment: usize) {
    let read = step.input.into_iter().chain(beside(&step.action));
    read.for_each(|id| touch_value(plan, lives, id, moment));
    if !matches!(step.action, Action::Conv(_)) {
        touch_value(plan, lives, step.output, moment);
    }
    step.input.into_iter().chain([step.output]).for_each(|id| touch_gradient(plan, lives, id, moment));
    touch(lives, ("padded gradient", index), &step.padded_gradient, moment);
}

#[test]
fn what_is_needed_at_one_time_shares_no_memory() {
    for graph in graphs() {
        for device in &DEVICES {
            let plan = Plan::new(&graph, device);
            let lives: Vec<_> = lives(&plan).into_iter().collect();
            for (at, (what, (place, first, last))) in lives.iter().enumerate() {
                assert!(place.end <= plan.arena_bytes, "{what:?}");
                for (other, (other_place, other_first, other_last)) in &lives[at + 1..] {
                    let meet_in_time = first <= other_last && other_first <= last;
                    let meet_in_space = place.start < other_place.end && other_place.start < place.end;
                    assert!(!meet_in_time || !meet_in_space, "{what:?} {first}..{last}, {other:?} {other_first}..");
                }
            }
        }
    }
}

#[test]
fn a_plan_takes_far_less_than_all_its_values_together() {
    for graph in graphs() {
        for device in &DEVICES {
            let plan = Plan::new(&graph, device);
            let all: usize = plan.values.iter().map(|value| value.samples.len() + value.gradient.len()).sum();
            assert!(plan.arena_bytes < all, "{} of {all}", plan.arena_bytes);
        }
    }
}

#[test]
fn a_device_that_applies_no_views_is_given_none_to_read() {
    for graph in graphs() {
        let plan = Plan::new(&graph, &DEVICES[2]);
        for step in plan.steps.iter().filter(|step| !matches!(step.action, Action::Copy | Action::View(_))) {
            assert!(step.input.is_none_or(|input| plan.values[input.0].is_plain()), "{:?}", step.action);
        }
    }
}

//! The steps of a plan as a card runs them, each in a file: its launches forward and back, and the memory that they take.

mod conv;
mod copy;
mod crop;
mod data_term;
mod fill;
mod hide;
mod mix;
mod noise;
mod norm;
mod picture;
mod relane;
mod resample;
mod sigmoid;
mod variation;
mod weigh;

use super::arguments::{Place, SeenArgs};
use super::kernel::{Arguments, Kernel, THREADS};
use super::program::{ProgramBuilder, place};
use super::target::LANES;
use crate::exec::plan::{Action, Needs, Plan, Step, Store, Value, ValueId};
use crate::graph::ConstantId;
use crate::rng::Stream;

/// A step of a plan, made ready for a card.
pub(super) trait CudaStep {
    /// The memory that the step takes beside its input and output.
    fn needs(&self, _from: &Value, _to: &Value) -> Needs {
        Needs::default()
    }

    /// The number of counters that a launch of the step takes; see `kernels/arguments.h`.
    fn counters(&self, _from: &Value, _to: &Value) -> usize {
        1
    }

    /// Appends the launches that compute the output from the input.
    fn forward(&self, builder: &mut StepBuilder);

    /// Appends those that compute the gradient of the input, stored as [`Step::store`] says, and of the parameters.
    /// It is only called where one of them is needed.
    fn back(&self, builder: &mut StepBuilder);
}

/// All that a step is given to append its launches.
pub(super) struct StepBuilder<'a, 'b> {
    pub program: &'a mut ProgramBuilder<'b>,
    pub plan: &'b Plan,
    pub step: &'b Step,
}

impl<'b> StepBuilder<'_, 'b> {
    /// The value that the step reads; for a step that reads none, the value that it writes.
    fn from(&self) -> &'b Value {
        self.plan.input(self.step)
    }

    /// The value that the step writes.
    fn to(&self) -> &'b Value {
        self.plan.output(self.step)
    }

    fn value(&self, id: ValueId) -> &'b Value {
        &self.plan.values[id.0]
    }

    /// Where the scratch memory of the step lies.
    fn scratch(&self) -> Place {
        place(&self.plan.scratch)
    }

    /// How the gradient of the input is stored.
    fn store(&self) -> i32 {
        store(self.step.store)
    }

    fn launch<A: Arguments + 'static>(&mut self, kernel: &Kernel<A>, grid: [usize; 3], arguments: A) {
        self.program.launch(kernel, grid, arguments);
    }

    /// A table that has the logical channel of each physical one of a value, -1 for a dead one.
    fn lanes(&mut self, value: &Value) -> Place {
        let mut lanes = vec![NO_CHANNEL; value.channels()];
        value.lanes.iter().enumerate().for_each(|(channel, lane)| lanes[*lane] = channel as u32);
        self.program.table(lanes)
    }

    /// The key of the draws of a stream; see [`crate::rng::Draws`].
    fn key(&self, stream: Stream) -> [u32; 2] {
        crate::rng::Draws::new(self.program.graph.seed, self.program.graph.job, stream, 0).key()
    }
}

/// The number that stands for no channel in a table: -1.
const NO_CHANNEL: u32 = u32::MAX;

/// Makes a step ready.
pub(super) fn prepare(action: &Action) -> Box<dyn CudaStep + '_> {
    match action {
        Action::Picture(parameter) => Box::new(picture::PictureStep(*parameter)),
        Action::Noise { constant, stream, standard_deviation, level } => Box::new(noise::NoiseStep {
            constant: *constant,
            stream: *stream,
            standard_deviation: *standard_deviation,
            level: *level,
        }),
        Action::Hide { stream, share, hiding } => {
            Box::new(hide::HideStep { stream: *stream, share: *share, hiding: *hiding })
        }
        Action::Fill(weight) => Box::new(fill::FillStep(*weight)),
        Action::Conv(convolution) => Box::new(conv::ConvStep(*convolution)),
        Action::View(norm) => Box::new(norm::ViewStep(*norm)),
        Action::Resample(filter) => Box::new(resample::ResampleStep(filter)),
        Action::Copy => Box::new(copy::CopyStep),
        Action::Relane => Box::new(relane::RelaneStep),
        Action::Crop { top, left } => Box::new(crop::CropStep([*top, *left])),
        Action::Sigmoid => Box::new(sigmoid::SigmoidStep),
        Action::Mix(weights) => Box::new(mix::MixStep(weights)),
        Action::DataTerm { degraded, weight } => {
            Box::new(data_term::DataTermStep { degraded: *degraded, weight: *weight })
        }
        Action::Variation => Box::new(variation::VariationStep),
        Action::Weigh { weight, store } => Box::new(weigh::WeighStep { weight: *weight, store: *store }),
    }
}

/// The most counters that a launch of a plan takes.
pub(super) fn counters(plan: &Plan) -> usize {
    let of_step = |step: &Step| prepare(&step.action).counters(plan.input(step), plan.output(step));
    plan.steps.iter().map(of_step).max().unwrap_or(0).max(1)
}

/// Lists the constants that are only read by the step that adds noise to them.
pub(super) fn own_constants(plan: &Plan) -> impl Iterator<Item = ConstantId> {
    plan.steps.iter().filter_map(|step| match step.action {
        Action::Noise { constant, .. } => constant,
        _ => None,
    })
}

/// How kernels are told to leave their result.
fn store(store: Store) -> i32 {
    match store {
        Store::Overwrite => 0,
        Store::Add => 1,
    }
}

/// The view that readers have of a value.
fn seen(value: &Value) -> SeenArgs {
    let channel = |index: usize| place(&value.statistics) + (index * value.channels()) as Place;
    SeenArgs {
        // Mean and inverse deviation come first.
        factor: channel(2),
        offset: channel(3),
        has_norm: i32::from(value.norm.is_some()),
        is_leaky: i32::from(value.is_leaky),
    }
}

/// The grid of a kernel whose threads do the eight channels of a pixel.
fn pixel_grid(pixels: usize, blocks: usize) -> [usize; 3] {
    [pixels.div_ceil(THREADS), blocks, 1]
}

/// The grid of a kernel whose threads do a sample each.
fn sample_grid(samples: usize) -> [usize; 3] {
    [samples.div_ceil(THREADS), 1, 1]
}

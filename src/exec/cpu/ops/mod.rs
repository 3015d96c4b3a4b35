//! The steps of a plan as the CPU runs them, a file each: shape, forward, back, scratch, and the name for the profile.

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

use super::arena::Arena;
use super::kernels::Run;
use super::machine::Workspace;
use crate::exec::plan::{Action, Needs, Plan, Step, Value, ValueId};
use crate::graph::{Graph, ParameterId};
use crate::rng::{Draws, Stream};

/// How a step is run.
pub(super) trait StepOp: Send + Sync {
    /// What it is and how large what it makes, for the profile.
    fn name(&self, from: &Value, to: &Value) -> String;

    /// The memory that it takes beside its input and output on so many threads.
    fn needs(&self, _from: &Value, _to: &Value, _threads: usize) -> Needs {
        Needs::default()
    }

    /// Sums in double precision that it takes from the [`Workspace`].
    fn sums(&self, _from: &Value, _to: &Value) -> usize {
        0
    }

    /// Makes the output from the input.
    fn forward(&self, context: &mut StepContext);

    /// Makes the gradient of the input, or adds to it, and sets those of the parameters. It is called where one of them
    /// is needed.
    fn back(&self, context: &mut StepContext);
}

/// What a step is run with.
pub(super) struct StepContext<'a> {
    pub run: &'a Run<'a>,
    pub graph: &'a Graph,
    pub plan: &'a Plan,
    pub step: &'a Step,
    pub arena: &'a mut Arena,
    pub workspace: &'a mut Workspace,
    /// All parameters, one after the other, and their gradients.
    pub parameters: &'a [f32],
    pub gradients: &'a mut [f32],
    pub iteration: u32,
}

impl<'a> StepContext<'a> {
    /// What the step reads; what it writes where it reads nothing.
    fn from(&self) -> &'a Value {
        self.plan.input(self.step)
    }

    /// What the step writes.
    fn to(&self) -> &'a Value {
        self.plan.output(self.step)
    }

    fn value(&self, id: ValueId) -> &'a Value {
        &self.plan.values[id.0]
    }

    fn parameter(&self, id: ParameterId) -> &'a [f32] {
        &self.parameters[self.plan.parameters[id.0].clone()]
    }

    /// The draws of a stream at this iteration.
    fn draws(&self, stream: Stream) -> Draws {
        Draws::new(self.graph.seed, self.graph.job, stream, self.iteration)
    }
}

/// A step made ready to run between these values.
pub(super) fn prepare(action: &Action, from: &Value, to: &Value) -> Box<dyn StepOp> {
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
        Action::Conv(convolution) => Box::new(conv::ConvStep::new(*convolution, from, to)),
        Action::View(norm) => Box::new(norm::ViewStep(*norm)),
        Action::Resample(filter) => Box::new(resample::ResampleStep::new(filter)),
        Action::Copy => Box::new(copy::CopyStep),
        Action::Relane => Box::new(relane::RelaneStep),
        Action::Crop { top, left } => Box::new(crop::CropStep::new(from, to, [*top, *left])),
        Action::Sigmoid => Box::new(sigmoid::SigmoidStep),
        Action::Mix(weights) => Box::new(mix::MixStep::new(weights, from)),
        Action::DataTerm { degraded, weight } => {
            Box::new(data_term::DataTermStep { degraded: *degraded, weight: *weight })
        }
        Action::Variation => Box::new(variation::VariationStep),
        Action::Weigh { weight, store } => Box::new(weigh::WeighStep { weight: *weight, store: *store }),
    }
}

/// An op's name with the size of what it makes.
fn sized(op: &str, to: &Value) -> String {
    format!("{op} {} {}x{}", to.shape.channels, to.shape.width, to.shape.height)
}

/// Moves numbers from logical to physical channels; dead ones get 0.
fn spread_lanes(logical: &[f32], lanes: &[usize], physical: &mut [f32]) {
    physical.fill(0.0);
    for (sample, lane) in logical.iter().zip(lanes) {
        physical[*lane] = *sample;
    }
}

/// Moves numbers from physical to logical channels.
fn gather_lanes(physical: &[f32], lanes: &[usize], logical: &mut [f32]) {
    for (sample, lane) in logical.iter_mut().zip(lanes) {
        *sample = physical[*lane];
    }
}

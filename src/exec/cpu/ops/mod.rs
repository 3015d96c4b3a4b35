//! The steps of a plan as the CPU runs them, each in a file: what it computes forward and back, the memory that it
//! takes for that, and its name in the profile.

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

/// A step of a plan, made ready to run on a CPU.
pub(super) trait StepOp: Send + Sync {
    /// The name of the step with the size of its output, for the profile.
    fn name(&self, from: &Value, to: &Value) -> String;

    /// The memory that the step takes on so many threads, beside its input and output.
    fn needs(&self, _from: &Value, _to: &Value, _threads: usize) -> Needs {
        Needs::default()
    }

    /// The number of sums in double precision that the step takes from the [`Workspace`].
    fn sums(&self, _from: &Value, _to: &Value) -> usize {
        0
    }

    /// Computes the output from the input.
    fn forward(&self, context: &mut StepContext);

    /// Computes the gradient of the input, which it stores as [`Step::store`] says, and those of the step's parameters.
    /// It is only called where one of them is needed.
    fn back(&self, context: &mut StepContext);
}

/// All that a step is given to run.
pub(super) struct StepContext<'a> {
    pub run: &'a Run<'a>,
    pub graph: &'a Graph,
    pub plan: &'a Plan,
    pub step: &'a Step,
    pub arena: &'a mut Arena,
    pub workspace: &'a mut Workspace,
    /// The samples of all parameters, one after the other.
    pub parameters: &'a [f32],
    /// The gradients of all parameters, in the same order.
    pub gradients: &'a mut [f32],
    pub iteration: u32,
}

impl<'a> StepContext<'a> {
    /// The value that the step reads; for a step that reads none, the value that it writes.
    fn from(&self) -> &'a Value {
        self.plan.input(self.step)
    }

    /// The value that the step writes.
    fn to(&self) -> &'a Value {
        self.plan.output(self.step)
    }

    fn value(&self, id: ValueId) -> &'a Value {
        &self.plan.values[id.0]
    }

    /// The samples of a parameter.
    fn parameter(&self, id: ParameterId) -> &'a [f32] {
        &self.parameters[self.plan.parameters[id.0].clone()]
    }

    /// The random draws of a stream at this iteration.
    fn draws(&self, stream: Stream) -> Draws {
        Draws::new(self.graph.seed, self.graph.job, stream, self.iteration)
    }
}

/// Makes a step ready to run between these values.
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

/// A step's name with the size of its output.
fn sized(op: &str, to: &Value) -> String {
    format!("{op} {} {}x{}", to.shape.channels, to.shape.width, to.shape.height)
}

/// Moves numbers from logical to physical channels; dead channels get 0.
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

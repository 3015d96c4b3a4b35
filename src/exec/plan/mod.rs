//! The static plan of a graph: which steps run in which order, and where everything that they read and write lies in
//! one block of memory, the arena. A plan knows no device; what it has to ask of one is a [`PlanTarget`].

mod arena;
mod builder;
mod liveness;
mod step;
mod target;
mod value;

pub use step::{Action, Convolution, Step, Store};
pub use target::{Needs, PlanTarget, ViewReader};
pub use value::{ArenaRange, NormParameters, SAMPLE_BYTES, STATISTICS, Value, ValueId};

use std::ops::Range;

use crate::graph::{ConstantId, Graph, Parameter};
use builder::PlanBuilder;

/// The steps and values of a graph, with their places in the arena.
pub struct Plan {
    pub steps: Vec<Step>,
    pub values: Vec<Value>,
    /// The values that hold a constant.
    pub constants: Vec<(ConstantId, ValueId)>,
    pub restored: ValueId,
    pub loss: ValueId,
    pub data_term: ValueId,
    pub risk: Option<ValueId>,
    /// How much each sample of the restored picture counts in its average.
    pub counted: Option<ValueId>,
    /// Where the padded input of the step that is running lies.
    pub padded: ArenaRange,
    /// Where the scratch memory of the step that is running lies.
    pub scratch: ArenaRange,
    /// The bytes of the arena.
    pub arena_bytes: usize,
    /// Where the samples of each parameter lie among those of all parameters, which follow each other.
    pub parameters: Vec<Range<usize>>,
}

impl Plan {
    /// Plans a graph for a device.
    pub fn new(graph: &Graph, target: &dyn PlanTarget) -> Plan {
        let mut builder = PlanBuilder::new(graph, target);
        let restored = builder.plain(graph.restored);
        let (loss, data_term) = (builder.value(graph.loss), builder.value(graph.data_term));
        let [risk, counted] = [graph.risk, graph.counted].map(|node| node.map(|node| builder.plain(node)));
        let PlanBuilder { values, steps, constants, .. } = builder;
        let mut plan = Plan {
            steps,
            values,
            constants,
            restored,
            loss,
            data_term,
            risk,
            counted,
            padded: 0..0,
            scratch: 0..0,
            arena_bytes: 0,
            parameters: places(graph),
        };
        plan.place(target);
        plan
    }

    /// The value that a step reads; for a step that reads none, the value that it writes.
    pub fn input(&self, step: &Step) -> &Value {
        &self.values[step.input.unwrap_or(step.output).0]
    }

    /// The value that a step writes.
    pub fn output(&self, step: &Step) -> &Value {
        &self.values[step.output.0]
    }

    /// Whether a step has anything to do on the way back.
    pub fn runs_back(&self, step: &Step) -> bool {
        let is_asked_for = step.action.has_parameters() || self.input(step).needs_gradient;
        self.output(step).needs_gradient && is_asked_for
    }

    /// The number of samples of all parameters.
    pub fn parameter_samples(&self) -> usize {
        self.parameters.last().map_or(0, |last| last.end)
    }

    /// The value that a part lies in; the value itself where it is no part.
    fn whole(&self, id: ValueId) -> ValueId {
        self.values[id.0].parent.map_or(id, |(parent, _)| parent)
    }
}

fn places(graph: &Graph) -> Vec<Range<usize>> {
    let mut end = 0;
    let place = |parameter: &Parameter| {
        end += parameter.samples();
        end - parameter.samples()..end
    };
    graph.parameters.iter().map(place).collect()
}

//! The plan of a graph: which steps run in which order, and where in one block of memory everything lies that they read
//! and write. It knows no device; what it has to ask of one is a [`PlanTarget`].

mod arena;
mod builder;
mod liveness;
mod step;
mod target;
mod value;

pub use step::{Action, Convolution, Step, Store};
pub use target::{Needs, PlanTarget};
pub use value::{ArenaRange, NormParameters, SAMPLE_BYTES, STATISTICS, Value, ValueId};

use std::ops::Range;

use crate::graph::{ConstantId, Graph, Parameter};
use builder::PlanBuilder;

/// Steps, values, and the size of what they need.
pub struct Plan {
    pub steps: Vec<Step>,
    pub values: Vec<Value>,
    /// Values that hold a constant.
    pub constants: Vec<(ConstantId, ValueId)>,
    pub restored: ValueId,
    pub loss: ValueId,
    pub data_term: ValueId,
    pub risk: Option<ValueId>,
    /// How much each sample of the restored picture counts in its average.
    pub counted: Option<ValueId>,
    /// The padded input of the step that is running.
    pub padded: ArenaRange,
    /// What the step that is running works on.
    pub scratch: ArenaRange,
    pub arena_bytes: usize,
    /// Each parameter's samples among those of all.
    pub parameters: Vec<Range<usize>>,
}

impl Plan {
    /// The plan of a graph for a device.
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

    /// What a step reads, or where it reads nothing what it writes.
    pub fn input(&self, step: &Step) -> &Value {
        &self.values[step.input.unwrap_or(step.output).0]
    }

    /// What a step writes.
    pub fn output(&self, step: &Step) -> &Value {
        &self.values[step.output.0]
    }

    /// Whether a step has anything to do on the way back.
    pub fn runs_back(&self, step: &Step) -> bool {
        let is_asked_for = step.action.has_parameters() || self.input(step).needs_gradient;
        self.output(step).needs_gradient && is_asked_for
    }

    /// Samples of all parameters.
    pub fn parameter_samples(&self) -> usize {
        self.parameters.last().map_or(0, |last| last.end)
    }

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

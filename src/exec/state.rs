//! The state of an executor by name, the same names for all of them.

use std::collections::BTreeMap;

use crate::graph::{Graph, Parameter, Update};

/// Everything that iterations change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExecutorState {
    /// Samples by the name of their [`StateBuffer`].
    pub buffers: BTreeMap<String, Vec<f32>>,
    /// Updates that the optimiser has made.
    pub updates: u32,
}

impl ExecutorState {
    /// Leaves the parameters alone, for a fit that starts with them.
    pub fn keep_parameters(&mut self) {
        self.buffers.retain(|name, _| name.starts_with(PARAMETER) && name[PARAMETER.len()..].starts_with('.'));
        self.updates = 0;
    }
}

const PARAMETER: &str = "parameter";

/// One buffer of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateBuffer {
    Picture(PictureBuffer),
    /// What belongs to the graph's parameter of this index.
    Parameter(Slot, usize),
}

/// A picture that an executor keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureBuffer {
    /// The output of the last iteration.
    Latest,
    /// The moving average of the outputs.
    Average,
    /// The exponential mean behind the moving variance.
    Mean,
    /// The moving average of how much each sample has counted.
    Counted,
    /// The average that was kept.
    Snapshot,
}

/// What belongs to a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Value,
    /// Adam's first moment, or Muon's momentum.
    First,
    /// Adam's second moment.
    Second,
}

impl PictureBuffer {
    pub const ALL: [PictureBuffer; 5] = [
        PictureBuffer::Latest,
        PictureBuffer::Average,
        PictureBuffer::Mean,
        PictureBuffer::Counted,
        PictureBuffer::Snapshot,
    ];

    /// The name of the buffer.
    pub fn name(self) -> &'static str {
        match self {
            PictureBuffer::Latest => "latest",
            PictureBuffer::Average => "average",
            PictureBuffer::Mean => "mean",
            PictureBuffer::Counted => "counted",
            PictureBuffer::Snapshot => "snapshot",
        }
    }
}

impl Slot {
    /// What a rule keeps of each parameter, and the first word of its name.
    pub fn of_rule(rule: Update) -> &'static [(Slot, &'static str)] {
        match rule {
            Update::Adam => &[(Slot::Value, PARAMETER), (Slot::First, "adam.first"), (Slot::Second, "adam.second")],
            Update::Muon => &[(Slot::Value, PARAMETER), (Slot::First, "muon.momentum")],
        }
    }
}

impl StateBuffer {
    /// The buffer of this name in a graph's state.
    pub fn named(name: &str, graph: &Graph) -> Option<StateBuffer> {
        let picture = PictureBuffer::ALL.into_iter().find(|picture| picture.name() == name);
        let of_parameter = |(index, parameter): (usize, &Parameter)| {
            let word = name.strip_suffix(&parameter.name)?.strip_suffix('.')?;
            let slot = Slot::of_rule(parameter.update).iter().find(|(_, of_slot)| *of_slot == word)?;
            Some(StateBuffer::Parameter(slot.0, index))
        };
        picture.map(StateBuffer::Picture).or_else(|| graph.parameters.iter().enumerate().find_map(of_parameter))
    }

    /// The buffers of all parameters with their names.
    pub fn of_parameters(graph: &Graph) -> impl Iterator<Item = (Slot, usize, String)> + '_ {
        graph.parameters.iter().enumerate().flat_map(|(index, parameter)| {
            let named = move |(slot, word): &(Slot, &str)| (*slot, index, format!("{word}.{}", parameter.name));
            Slot::of_rule(parameter.update).iter().map(named)
        })
    }
}

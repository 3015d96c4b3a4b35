//! The state of an executor, by names that all executors share: a session saved from one can be loaded into another.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::graph::{Graph, Parameter, Update};

/// A copy of everything that iterations change, in the host's memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExecutorState {
    /// The samples of each buffer, by its name.
    pub buffers: BTreeMap<String, Vec<f32>>,
    /// The number of updates that the optimiser has made.
    pub updates: u32,
}

impl ExecutorState {
    /// Makes sure that each buffer has the length that `length` gives for its name.
    ///
    /// # Errors
    /// `Internal` for another length, or a name that it knows none for.
    pub fn check_lengths(&self, mut length: impl FnMut(&str) -> Option<usize>) -> Result<()> {
        for (name, buffer) in &self.buffers {
            let wanted = length(name);
            if wanted != Some(buffer.len()) {
                let wanted = wanted.map_or("does not exist".into(), |length| format!("must have {length}"));
                return Err(Error::Internal(format!("buffer {name} has {} samples, {wanted}", buffer.len())));
            }
        }
        Ok(())
    }

    /// Removes everything but the parameters, for a fit that starts with them.
    pub fn keep_parameters(&mut self) {
        self.buffers.retain(|name, _| name.starts_with(PARAMETER) && name[PARAMETER.len()..].starts_with('.'));
        self.updates = 0;
    }
}

/// The first word of the name of a parameter's own samples.
const PARAMETER: &str = "parameter";

/// One buffer of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateBuffer {
    Picture(PictureBuffer),
    /// Something that belongs to the parameter at this index of the graph.
    Parameter(Slot, usize),
}

/// A picture that an executor keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureBuffer {
    /// The output of the last iteration.
    Latest,
    /// The moving average of the outputs.
    Average,
    /// The exponential mean from which the deviation of an iteration is measured.
    Mean,
    /// The moving average of how much each sample has counted.
    Counted,
    /// The average that was kept by [`Executor::snapshot`](super::Executor::snapshot).
    Snapshot,
}

/// Which of the buffers that belong to a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The parameter's own samples.
    Value,
    /// Adam's first moment, or Muon's momentum.
    First,
    /// Adam's second moment.
    Second,
}

impl PictureBuffer {
    /// All pictures that an executor keeps.
    pub const ALL: [PictureBuffer; 5] = [
        PictureBuffer::Latest,
        PictureBuffer::Average,
        PictureBuffer::Mean,
        PictureBuffer::Counted,
        PictureBuffer::Snapshot,
    ];

    /// The name of the picture's buffer in a state.
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
    /// The buffers that a rule keeps for each parameter, and the first word of each one's name.
    pub fn of_rule(rule: Update) -> &'static [(Slot, &'static str)] {
        match rule {
            Update::Adam => &[(Slot::Value, PARAMETER), (Slot::First, "adam.first"), (Slot::Second, "adam.second")],
            Update::Muon => &[(Slot::Value, PARAMETER), (Slot::First, "muon.momentum")],
        }
    }
}

impl StateBuffer {
    /// Finds the buffer of this name in the state of a graph; None where the graph has no such buffer.
    pub fn named(name: &str, graph: &Graph) -> Option<StateBuffer> {
        let picture = PictureBuffer::ALL.into_iter().find(|picture| picture.name() == name);
        let of_parameter = |(index, parameter): (usize, &Parameter)| {
            let word = name.strip_suffix(&parameter.name)?.strip_suffix('.')?;
            let slot = Slot::of_rule(parameter.update).iter().find(|(_, of_slot)| *of_slot == word)?;
            Some(StateBuffer::Parameter(slot.0, index))
        };
        picture.map(StateBuffer::Picture).or_else(|| graph.parameters.iter().enumerate().find_map(of_parameter))
    }

    /// Lists the buffers of all parameters: slot, index of the parameter, and name.
    pub fn of_parameters(graph: &Graph) -> impl Iterator<Item = (Slot, usize, String)> + '_ {
        graph.parameters.iter().enumerate().flat_map(|(index, parameter)| {
            let named = move |(slot, word): &(Slot, &str)| (*slot, index, format!("{word}.{}", parameter.name));
            Slot::of_rule(parameter.update).iter().map(named)
        })
    }
}

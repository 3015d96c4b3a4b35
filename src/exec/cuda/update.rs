//! The launches that update the parameters: one for all that Adam updates, one for all matrices of Muon.

use super::arguments::{AdamArgs, MuonArgs, Place};
use super::kernel::{ADAM, MUON, THREADS};
use super::program::{ProgramBuilder, halves};
use crate::exec::state::Slot;
use crate::graph::{Graph, Parameter, Update};

/// The most samples that a block of threads updates by Adam.
const ADAM_SAMPLES: usize = 4 * THREADS;

/// Appends the update of all parameters of a graph.
pub(super) fn append(builder: &mut ProgramBuilder) {
    adam(builder);
    muon(builder);
}

fn adam(builder: &mut ProgramBuilder) {
    let parameters = builder.graph.parameters.iter().zip(&builder.plan.parameters);
    let of_adam = parameters.filter(|(parameter, _)| parameter.update == Update::Adam);
    let rows = of_adam.flat_map(|(_, place)| {
        let starts = place.clone().step_by(ADAM_SAMPLES);
        starts.flat_map(|start| [start as u32, (place.end - start).min(ADAM_SAMPLES) as u32])
    });
    let table: Vec<u32> = rows.collect();
    if table.is_empty() {
        return;
    }
    let blocks = table.len() / 2;
    let slot = |slot: Slot| builder.layout.slot(slot).start as Place;
    let arguments = AdamArgs {
        parameters: slot(Slot::Value),
        gradients: builder.layout.gradients.start as Place,
        first: slot(Slot::First),
        second: slot(Slot::Second),
        control: builder.layout.control(),
        table: builder.table(table),
    };
    builder.launch(&ADAM, [blocks, 1, 1], arguments);
}

fn muon(builder: &mut ProgramBuilder) {
    let (mut table, mut scratch) = (Vec::new(), builder.layout.muon.start);
    let parameters = builder.graph.parameters.iter().zip(&builder.plan.parameters);
    for ([rows, columns], place) in parameters.filter_map(|(parameter, place)| Some((parameter.matrix()?, place))) {
        table.extend([place.start, rows, columns].map(|number| number as u32));
        table.extend(halves(scratch as Place));
        scratch += scratch_len([rows, columns]);
    }
    if table.is_empty() {
        return;
    }
    let matrices = table.len() / MUON_COLUMNS;
    let arguments = MuonArgs {
        parameters: builder.layout.slot(Slot::Value).start as Place,
        gradients: builder.layout.gradients.start as Place,
        momentum: builder.layout.slot(Slot::First).start as Place,
        control: builder.layout.control(),
        table: builder.table(table),
    };
    builder.launch(&MUON, [matrices, 1, 1], arguments);
}

/// The columns of the table of [`MUON`].
const MUON_COLUMNS: usize = 5;

/// The f32s of scratch memory that the update of a matrix takes, a multiple of 4 so that loads of 16 bytes may be used.
fn scratch_len([rows, columns]: [usize; 2]) -> usize {
    let short = rows.min(columns);
    (2 * rows * columns + 2 * short * short).next_multiple_of(4)
}

/// The f32s of scratch memory that all matrices of a graph take.
pub(super) fn muon_scratch(graph: &Graph) -> usize {
    graph.parameters.iter().filter_map(Parameter::matrix).map(scratch_len).sum()
}

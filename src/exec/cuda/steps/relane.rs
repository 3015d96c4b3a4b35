//! The step that copies a value's channels to other lanes.

use super::{CudaStep, NO_CHANNEL, StepBuilder, pixel_grid, store};
use crate::exec::cuda::arguments::RelaneArgs;
use crate::exec::cuda::kernel::RELANE;
use crate::exec::cuda::program::place;
use crate::exec::plan::{ArenaRange, Store, Value};

/// The copy between the lanes of two values.
pub(super) struct RelaneStep;

impl CudaStep for RelaneStep {
    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        relane(builder, [from, to], [&from.samples, &to.samples], Store::Overwrite);
    }

    fn back(&self, builder: &mut StepBuilder) {
        let (from, to, store) = (builder.from(), builder.to(), builder.step.store);
        relane(builder, [to, from], [&to.gradient, &from.gradient], store);
    }
}

/// Copies what lies in one range by the lanes of one value to another range by the lanes of another value.
fn relane(builder: &mut StepBuilder, [from, to]: [&Value; 2], [input, output]: [&ArenaRange; 2], as_: Store) {
    let mut sources = vec![NO_CHANNEL; to.channels()];
    from.lanes.iter().zip(&to.lanes).for_each(|(from, to)| sources[*to] = *from as u32);
    let arguments = RelaneArgs {
        input: place(input),
        output: place(output),
        sources: builder.program.table(sources),
        blocks: to.blocks as i32,
        pixels: to.pixels() as i32,
        store: store(as_),
    };
    builder.launch(&RELANE, pixel_grid(to.pixels(), to.blocks), arguments);
}

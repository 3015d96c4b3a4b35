//! The step that adds noise, drawn afresh at each iteration.

use super::{CudaStep, StepBuilder, pixel_grid, weigh};
use crate::exec::cuda::arguments::{NoiseArgs, Place};
use crate::exec::cuda::kernel::NOISE;
use crate::exec::cuda::program::place;
use crate::exec::plan::ValueId;
use crate::graph::ConstantId;
use crate::rng::Stream;

/// The noise that is added to the input or to a constant.
pub(super) struct NoiseStep {
    /// The constant that the noise is added to; None where it is added to the input.
    pub constant: Option<ConstantId>,
    pub stream: Stream,
    pub standard_deviation: f32,
    /// A value that has for each sample a factor of the standard deviation.
    pub level: Option<ValueId>,
}

impl CudaStep for NoiseStep {
    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        let [seed, key] = builder.key(self.stream);
        let arguments = NoiseArgs {
            input: self.constant.map_or(place(&from.samples), |id| planes(builder, id)),
            output: place(&to.samples),
            level: self.level.map_or(0, |level| place(&builder.value(level).samples)),
            lanes: builder.lanes(to),
            control: builder.program.layout.control(),
            deviation: self.standard_deviation,
            seed,
            key,
            is_planes: i32::from(self.constant.is_some()),
            has_level: i32::from(self.level.is_some()),
            blocks: to.blocks as i32,
            pixels: to.pixels() as i32,
        };
        builder.launch(&NOISE, pixel_grid(to.pixels(), to.blocks), arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        weigh::back(builder, 1.0);
    }
}

/// Where the planes of a constant lie that only this step reads.
fn planes(builder: &StepBuilder, constant: ConstantId) -> Place {
    let own = builder.program.layout.constants.iter().find(|(id, _)| *id == constant);
    own.map_or(0, |(_, region)| region.start as Place)
}

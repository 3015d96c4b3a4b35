//! The step of a view: what a batch norm measures, and the way back of norm and leaky ReLU.

use super::conv::SLAB_PIXELS;
use super::{CudaStep, StepBuilder, pixel_grid, sample_grid};
use crate::exec::cuda::arguments::{LeakyArgs, NormArgs, NormBackArgs, NormSpreadArgs, Place};
use crate::exec::cuda::kernel::{LEAKY_BACK, NORM_BACK, NORM_MEASURE, NORM_SPREAD};
use crate::exec::cuda::program::place;
use crate::exec::plan::{Needs, NormParameters, SAMPLE_BYTES, Value};

/// The view that readers have of a value: a norm, if there is one, and a leaky ReLU, if the value says so.
pub(super) struct ViewStep(pub Option<NormParameters>);

/// The numbers that the way back keeps for each channel: factor, slope and rest.
const COEFFICIENTS: usize = 3;
/// The sums of a slab for each channel.
const SUMS: usize = 2;

fn slabs(value: &Value) -> usize {
    value.pixels().div_ceil(SLAB_PIXELS)
}

/// Where the sums of slabs begin in the scratch memory, behind the coefficients.
fn sums(builder: &StepBuilder) -> Place {
    builder.scratch() + (COEFFICIENTS * builder.to().channels()) as Place
}

impl CudaStep for ViewStep {
    fn needs(&self, _: &Value, to: &Value) -> Needs {
        let scratch = self.0.map_or(0, |_| (COEFFICIENTS + SUMS * slabs(to)) * to.channels());
        Needs { scratch: SAMPLE_BYTES * scratch, ..Needs::default() }
    }

    fn counters(&self, _: &Value, to: &Value) -> usize {
        to.blocks
    }

    fn forward(&self, builder: &mut StepBuilder) {
        let Some(NormParameters { scale, shift }) = self.0 else { return };
        let to = builder.to();
        let arguments = NormArgs {
            samples: place(&to.samples),
            statistics: place(&to.statistics),
            scale: builder.program.parameter(scale),
            shift: builder.program.parameter(shift),
            lanes: builder.lanes(to),
            partial: sums(builder),
            counters: builder.program.counters(),
            blocks: to.blocks as i32,
            pixels: to.pixels() as i32,
            slabs: slabs(to) as i32,
        };
        builder.launch(&NORM_MEASURE, [slabs(to), to.blocks, 1], arguments);
    }

    fn back(&self, builder: &mut StepBuilder) {
        match self.0 {
            Some(norm) => back(builder, norm),
            None => back_leaky(builder),
        }
    }
}

fn back(builder: &mut StepBuilder, NormParameters { scale, shift }: NormParameters) {
    let to = builder.to();
    let (samples, gradient, coefficients) = (place(&to.samples), place(&to.gradient), builder.scratch());
    let (blocks, pixels) = (to.blocks as i32, to.pixels() as i32);
    let arguments = NormBackArgs {
        samples,
        statistics: place(&to.statistics),
        gradient,
        by_scale: builder.program.gradient(scale),
        by_shift: builder.program.gradient(shift),
        lanes: builder.lanes(to),
        coefficients,
        partial: sums(builder),
        counters: builder.program.counters(),
        blocks,
        pixels,
        slabs: slabs(to) as i32,
        is_leaky: i32::from(to.is_leaky),
    };
    builder.launch(&NORM_BACK, [slabs(to), to.blocks, 1], arguments);
    let arguments = NormSpreadArgs { samples, gradient, coefficients, blocks, pixels };
    builder.launch(&NORM_SPREAD, pixel_grid(to.pixels(), to.blocks), arguments);
}

fn back_leaky(builder: &mut StepBuilder) {
    let to = builder.to();
    let length = to.stored();
    let arguments = LeakyArgs { samples: place(&to.samples), gradient: place(&to.gradient), length: length as u64 };
    builder.launch(&LEAKY_BACK, sample_grid(length), arguments);
}

//! The step that fills the holes of a picture by push and pull: what is known is averaged to ever coarser grids, and
//! interpolated back from there.

use super::{CudaStep, LANES, StepBuilder, pixel_grid, weigh};
use crate::exec::cuda::arguments::{FillArgs, Place};
use crate::exec::cuda::kernel::{FILL_MEAN, FILL_PULL, FILL_PUSH};
use crate::exec::cuda::program::place;
use crate::exec::plan::{Needs, SAMPLE_BYTES, Store, Value, ValueId};

/// The fill of a picture; its field is the weight that says where the holes are.
pub(super) struct FillStep(pub ValueId);

/// A grid of samples and their weights.
#[derive(Clone, Copy)]
struct Grid {
    size: [usize; 2],
    samples: Place,
    weight: Place,
}

impl CudaStep for FillStep {
    fn needs(&self, _: &Value, to: &Value) -> Needs {
        let coarser: usize = grids(to.size()).skip(1).map(|[height, width]| height * width).sum();
        Needs { scratch: SAMPLE_BYTES * 2 * LANES * to.blocks * coarser, ..Needs::default() }
    }

    fn forward(&self, builder: &mut StepBuilder) {
        let (from, to) = (builder.from(), builder.to());
        weigh::weigh(builder, 1.0, [&from.samples, &to.samples], Store::Overwrite);
        let grids = self.places(builder);
        for (fine, coarse) in grids.iter().zip(&grids[1..]) {
            let grid = pixel_grid(coarse.size.iter().product(), to.blocks);
            builder.launch(&FILL_PUSH, grid, arguments(fine, coarse, to.blocks));
        }
        if let Some(coarsest) = grids.last() {
            builder.launch(&FILL_MEAN, [1, to.blocks, 1], arguments(coarsest, coarsest, to.blocks));
        }
        for (fine, coarse) in grids.iter().zip(&grids[1..]).rev() {
            let grid = pixel_grid(fine.size.iter().product(), to.blocks);
            builder.launch(&FILL_PULL, grid, arguments(fine, coarse, to.blocks));
        }
    }

    /// No gradient passes.
    fn back(&self, _: &mut StepBuilder) {}
}

impl FillStep {
    /// The grids with their places, the finest first, which is the output itself.
    fn places(&self, builder: &StepBuilder) -> Vec<Grid> {
        let (to, mut next) = (builder.to(), builder.scratch());
        let finest =
            Grid { size: to.size(), samples: place(&to.samples), weight: place(&builder.value(self.0).samples) };
        let coarser = grids(to.size()).skip(1).map(|size| {
            let length = (size[0] * size[1] * LANES * to.blocks) as Place;
            next += 2 * length;
            Grid { size, samples: next - 2 * length, weight: next - length }
        });
        std::iter::once(finest).chain(coarser).collect()
    }
}

/// The sizes of the grids, the finest first.
fn grids(size: [usize; 2]) -> impl Iterator<Item = [usize; 2]> {
    let coarser = |size: &[usize; 2]| (size[0].min(size[1]) > 2).then(|| size.map(|side| side.div_ceil(2)));
    std::iter::successors(Some(size), coarser)
}

fn arguments(fine: &Grid, coarse: &Grid, blocks: usize) -> FillArgs {
    let [height, width] = fine.size;
    FillArgs {
        samples: fine.samples,
        weight: fine.weight,
        means: coarse.samples,
        shares: coarse.weight,
        blocks: blocks as i32,
        height: height as i32,
        width: width as i32,
    }
}

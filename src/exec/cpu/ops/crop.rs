//! The step that cuts a rectangle out of a picture.

use super::{StepContext, StepOp, sized};
use crate::exec::cpu::kernels::LANES;
use crate::exec::plan::{Store, Value};

/// The rectangle that is cut out.
pub(super) struct CropStep(CropArea);

impl CropStep {
    /// The crop of a value from this corner (top, left) on, to the size of another value.
    pub fn new(from: &Value, to: &Value, corner: [usize; 2]) -> CropStep {
        CropStep(CropArea { from: from.size(), corner, size: to.size() })
    }
}

impl StepOp for CropStep {
    fn name(&self, _: &Value, to: &Value) -> String {
        sized("crop", to)
    }

    fn forward(&self, context: &mut StepContext) {
        let (from, to) = (context.from(), context.to());
        let ([out], [samples]) = context.arena.parts([&to.samples], [&from.samples]);
        forward(self.0, to.blocks, samples, out);
    }

    fn back(&self, context: &mut StepContext) {
        let (from, to, store) = (context.from(), context.to(), context.step.store);
        let ([by_input], [by_output]) = context.arena.parts([&from.gradient], [&to.gradient]);
        back(self.0, to.blocks, by_output, by_input, store);
    }
}

/// A rectangle within a picture of the size `from`; sizes are height and width, the corner is top and left.
#[derive(Clone, Copy)]
pub struct CropArea {
    pub from: [usize; 2],
    pub corner: [usize; 2],
    pub size: [usize; 2],
}

impl CropArea {
    /// Where each row of the rectangle begins in the picture's blocked samples, block after block.
    fn rows(self, blocks: usize) -> impl Iterator<Item = usize> {
        let CropArea { from: [height, width], corner: [top, left], size } = self;
        let row = move |index: usize| {
            let (block, y) = (index / size[0], index % size[0]);
            ((block * height + top + y) * width + left) * LANES
        };
        (0..blocks * size[0]).map(row)
    }
}

fn forward(part: CropArea, blocks: usize, samples: &[f32], out: &mut [f32]) {
    let row = part.size[1] * LANES;
    for (out, start) in out.chunks_exact_mut(row).zip(part.rows(blocks)) {
        out.copy_from_slice(&samples[start..][..row]);
    }
}

fn back(part: CropArea, blocks: usize, by_out: &[f32], gradient: &mut [f32], store: Store) {
    if store == Store::Overwrite {
        gradient.fill(0.0);
    }
    let row = part.size[1] * LANES;
    for (by_out, start) in by_out.chunks_exact(row).zip(part.rows(blocks)) {
        gradient[start..][..row].iter_mut().zip(by_out).for_each(|(sum, sample)| *sum += sample);
    }
}

//! The gradient by the weights. Lines of pixels are parted into groups by the shape alone; each group has its own sums,
//! which are then added in order.

use crate::exec::cpu::kernels::conv::outer::OuterProduct;
use crate::exec::cpu::kernels::conv::pack::Channels;
use crate::exec::cpu::kernels::conv::product::PANEL;
use crate::exec::cpu::kernels::conv::shared::SharedBuffer;
use crate::exec::cpu::kernels::conv::{ConvShape, LANES, Run};
use rayon::prelude::*;
use std::ops::Range;

/// The number of pixels that are summed in registers at stride 1: their gradients for a panel are half of an L1 cache.
const SLAB: usize = 256;
/// The number of tasks that keep any reasonable number of threads busy to the end.
const TASKS: usize = 16;
/// The number of sums of all groups, at most: 2 MiB of f32s.
const SUMS: usize = 1 << 19;

/// The gradient by the weights, made ready.
pub struct WeightGradient {
    shape: ConvShape,
    /// The logical input channels in the order of their lanes.
    inputs: Vec<usize>,
    outputs: Channels,
    /// For each of these channels and each tap, in this order: where the first pixel lies in the padded input.
    rows: Vec<usize>,
    groups: usize,
    /// The number of parts of the panels; a task has one part and one group. They are few, since each reads all
    /// samples.
    parts: usize,
}

impl WeightGradient {
    /// Makes the gradient for a convolution of this shape ready.
    pub fn new(shape: ConvShape, inputs: &Channels, outputs: &Channels) -> WeightGradient {
        let (height, width) = shape.reach();
        let place = |lane: usize, tap: usize| {
            let (y, x) = (tap / shape.kernel, tap % shape.kernel);
            ((lane / LANES * height + y) * width + x) * LANES + lane % LANES
        };
        let taps = shape.taps();
        let panels = shape.outputs.div_ceil(PANEL);
        let sums = panels * inputs.logical() * taps * PANEL;
        let groups = (SUMS / sums).clamp(1, TASKS.min(shape.height));
        let rows = inputs.live().flat_map(|(lane, _)| (0..taps).map(move |tap| (lane, tap)));
        WeightGradient {
            shape,
            inputs: inputs.live().map(|(_, channel)| channel).collect(),
            outputs: outputs.clone(),
            rows: rows.map(|(lane, tap)| place(lane, tap)).collect(),
            groups,
            parts: TASKS.div_ceil(groups).min(panels),
        }
    }

    fn panels(&self) -> usize {
        self.shape.outputs.div_ceil(PANEL)
    }

    /// The f32s of scratch memory, which holds sums: `[group][panel][row][16]`.
    pub fn scratch_len(&self) -> usize {
        self.groups * self.panels() * self.rows.len() * PANEL
    }

    fn panel_len(&self) -> usize {
        self.rows.len() * PANEL
    }

    /// Computes the gradient into `by_weight`.
    pub fn run(&self, run: &Run, padded: &[f32], gradient: &[f32], by_weight: &mut [f32], scratch: &mut [f32]) {
        let sums = SharedBuffer::new(&mut scratch[..self.scratch_len()]);
        (0..self.groups * self.parts).into_par_iter().for_each(|task| {
            let (group, part) = (task / self.parts, task % self.parts);
            let panels = part * self.panels() / self.parts..(part + 1) * self.panels() / self.parts;
            let first = (group * self.panels() + panels.start) * self.panel_len();
            // SAFETY: each task has its own panels of a group.
            let sums = unsafe { sums.part(first, panels.len() * self.panel_len()) };
            self.group(run, group, panels, padded, gradient, sums);
        });
        if !run.is_cancelled() {
            self.gather(sums, by_weight);
        }
    }

    fn group(&self, run: &Run, group: usize, panels: Range<usize>, padded: &[f32], gradient: &[f32], sums: &mut [f32]) {
        let ConvShape { height, width, stride, .. } = self.shape;
        let pixels = SLAB / stride;
        let columns = width.div_ceil(width.div_ceil(pixels));
        let lines = (pixels / width).max(1);
        let end = (group + 1) * height / self.groups;
        sums.fill(0.0);
        for y in (group * height / self.groups..end).step_by(lines) {
            for x in (0..width).step_by(columns) {
                if run.is_cancelled() {
                    return;
                }
                let size = (columns.min(width - x), lines.min(end - y));
                for (panel, sums) in panels.clone().zip(sums.chunks_exact_mut(self.panel_len())) {
                    self.slab(run, (x, y), size, panel, padded, gradient, sums);
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn slab(
        &self,
        run: &Run,
        (x, y): (usize, usize),
        (width, height): (usize, usize),
        panel: usize,
        padded: &[f32],
        gradient: &[f32],
        sums: &mut [f32],
    ) {
        let step = self.shape.stride * LANES;
        let a_line = self.shape.reach().1 * step;
        let gradient_line = self.shape.width * LANES;
        let plane = self.shape.height * gradient_line;
        let outer = OuterProduct {
            a: &padded[y * a_line + x * step..],
            a_rows: &self.rows,
            a_step: step,
            a_line,
            gradient: &gradient[panel * 2 * plane + y * gradient_line + x * LANES..],
            gradient_line,
            second: ((panel + 1) * PANEL <= self.shape.outputs).then_some(plane),
            width,
            height,
        };
        outer.run(run.simd, sums);
    }

    /// Adds the groups and puts the sums where the weight tensor has them.
    fn gather(&self, sums: SharedBuffer, by_weight: &mut [f32]) {
        let taps = self.shape.taps();
        let inputs = self.inputs.len();
        let group_len = self.panels() * self.panel_len();
        let by_weight = SharedBuffer::new(by_weight);
        (0..self.panels() * inputs).into_par_iter().with_min_len(8).for_each(|task| {
            let (panel, index) = (task / inputs, task % inputs);
            let input = self.inputs[index];
            let first = panel * self.panel_len() + index * taps * PANEL;
            // SAFETY: each task has its own channel of a panel, in all groups.
            let total = unsafe { sums.part(first, taps * PANEL) };
            for group in 1..self.groups {
                // SAFETY: as above.
                let more = unsafe { sums.part(first + group * group_len, taps * PANEL) };
                total.iter_mut().zip(more).for_each(|(total, more)| *total += *more);
            }
            for lane in 0..PANEL {
                let Some(output) = self.outputs.at(panel * PANEL + lane) else { continue };
                // SAFETY: each pair of channels has its own kernel.
                let kernel = unsafe { by_weight.part((output * inputs + input) * taps, taps) };
                for (tap, value) in kernel.iter_mut().enumerate() {
                    *value = total[tap * PANEL + lane];
                }
            }
        });
    }
}

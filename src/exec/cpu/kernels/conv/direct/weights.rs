//! The gradient by the weights. Lines of pixels are parted into groups by the shape alone; each group
//! has its own sums, which are then added in order.

use crate::exec::cpu::kernels::conv::outer::Outer;
use crate::exec::cpu::kernels::conv::pack::Channels;
use crate::exec::cpu::kernels::conv::product::PANEL;
use crate::exec::cpu::kernels::conv::shared::Shared;
use crate::exec::cpu::kernels::conv::{LANES, Run, Shape};
use rayon::prelude::*;

/// Pixels that are summed in registers: their gradients for a panel are half of an L1 cache.
const SLAB: usize = 256;
/// Tasks that keep any reasonable number of threads busy to the end.
const TASKS: usize = 16;

pub struct Weights {
    shape: Shape,
    inputs: Channels,
    outputs: Channels,
    /// For each live input channel and tap, in this order: the place in the padded input.
    rows: Vec<usize>,
    groups: usize,
}

impl Weights {
    pub fn new(shape: Shape, inputs: &Channels, outputs: &Channels) -> Weights {
        let (height, width) = shape.reach();
        let place = |lane: usize, tap: usize| {
            let (y, x) = (tap / shape.kernel, tap % shape.kernel);
            ((lane / LANES * height + y) * width + x) * LANES + lane % LANES
        };
        let taps = shape.taps();
        let rows = inputs.live().flat_map(|(lane, _)| (0..taps).map(move |tap| (lane, tap)));
        Weights {
            shape,
            inputs: inputs.clone(),
            outputs: outputs.clone(),
            rows: rows.map(|(lane, tap)| place(lane, tap)).collect(),
            groups: TASKS.div_ceil(shape.outputs.div_ceil(PANEL)).min(shape.height),
        }
    }

    fn panels(&self) -> usize {
        self.shape.outputs.div_ceil(PANEL)
    }

    /// [group][panel][row][16].
    pub fn scratch_len(&self) -> usize {
        self.groups * self.panels() * self.rows.len() * PANEL
    }

    pub fn run(&self, run: &Run, padded: &[f32], gradient: &[f32], by_weight: &mut [f32], scratch: &mut [f32]) {
        let sums = &mut scratch[..self.scratch_len()];
        sums.par_chunks_mut(self.rows.len() * PANEL).enumerate().for_each(|(task, sums)| {
            let (group, panel) = (task / self.panels(), task % self.panels());
            self.group(run, group, panel, padded, gradient, sums);
        });
        if !run.is_cancelled() {
            self.gather(sums, by_weight);
        }
    }

    fn group(&self, run: &Run, group: usize, panel: usize, padded: &[f32], gradient: &[f32], sums: &mut [f32]) {
        let Shape { height, width, .. } = self.shape;
        let columns = width.div_ceil(width.div_ceil(SLAB));
        let lines = (SLAB / width).max(1);
        let end = (group + 1) * height / self.groups;
        sums.fill(0.0);
        for y in (group * height / self.groups..end).step_by(lines) {
            for x in (0..width).step_by(columns) {
                if run.is_cancelled() {
                    return;
                }
                let size = (columns.min(width - x), lines.min(end - y));
                self.slab(run, (x, y), size, panel, padded, gradient, sums);
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
        let outer = Outer {
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
    fn gather(&self, sums: &[f32], by_weight: &mut [f32]) {
        let taps = self.shape.taps();
        let inputs = self.inputs.logical();
        let panel_len = self.rows.len() * PANEL;
        let group_len = self.panels() * panel_len;
        let by_weight = Shared::new(by_weight);
        let live: usize = self.outputs.physical();
        (0..live).into_par_iter().for_each(|lane| {
            let Some(output) = self.outputs.at(lane) else { return };
            // SAFETY: each output has its own part.
            let part = unsafe { by_weight.part(output * inputs * taps, inputs * taps) };
            let first = lane / PANEL * panel_len + lane % PANEL;
            for (index, (_, input)) in self.inputs.live().enumerate() {
                for tap in 0..taps {
                    let place = first + (index * taps + tap) * PANEL;
                    part[input * taps + tap] = (0..self.groups).map(|group| sums[place + group * group_len]).sum();
                }
            }
        });
    }
}

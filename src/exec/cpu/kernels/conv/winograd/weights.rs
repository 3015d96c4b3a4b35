//! The weights in the transformed domain: panels for the 36 products, and the way back for their gradient.

use super::strip;
use super::transform::POINTS;
use crate::exec::cpu::kernels::conv::pack::Channels;
use crate::exec::cpu::kernels::conv::product::PANEL;
use crate::exec::cpu::kernels::conv::shared::SharedBuffer;
use crate::exec::cpu::kernels::conv::{LANES, Run};
use rayon::prelude::*;

/// The number of taps of a kernel.
const TAPS: usize = 9;

/// The layout of transformed weights: `[36][panels][sources][16]`, with a gap after each of the 36 so that they do not
/// share cache sets.
pub struct Panels {
    /// For each lane that is read, where its channel begins in the weight tensor.
    sources: Vec<Option<usize>>,
    /// For each lane that is written, where its channel begins in the weight tensor.
    columns: Vec<Option<usize>>,
}

impl Panels {
    /// The panels that make the outputs of the inputs.
    pub fn forward(inputs: &Channels, outputs: &Channels) -> Panels {
        Panels { sources: inputs.offsets(TAPS), columns: outputs.offsets(inputs.logical() * TAPS) }
    }

    /// The panels that make the gradient of the inputs of that of the outputs.
    pub fn by_input(inputs: &Channels, outputs: &Channels) -> Panels {
        Panels { sources: outputs.offsets(inputs.logical() * TAPS), columns: inputs.offsets(TAPS) }
    }

    /// The number of panels.
    pub fn count(&self) -> usize {
        self.columns.len().div_ceil(PANEL)
    }

    /// Whether the panel has all 16 columns.
    pub fn is_whole(&self, panel: usize) -> bool {
        (panel + 1) * PANEL <= self.columns.len()
    }

    /// The number of f32s of a panel.
    pub fn panel_len(&self) -> usize {
        self.sources.len() * PANEL
    }

    /// The step from one of the 36 products to the next.
    pub fn stride(&self) -> usize {
        self.count() * self.panel_len() + 2 * PANEL
    }

    /// The number of f32s of all panels.
    pub fn len(&self) -> usize {
        POINTS * self.stride()
    }

    /// Where a panel of one of the 36 products, `point`, begins.
    pub fn at(&self, point: usize, panel: usize) -> usize {
        point * self.stride() + panel * self.panel_len()
    }

    /// Transforms and packs the weights.
    pub fn pack(&self, run: &Run, weight: &[f32], packed: &mut [f32]) {
        let packed = SharedBuffer::new(packed);
        let blocks = self.sources.len() / LANES;
        (0..self.count() * blocks).into_par_iter().for_each(|task| {
            if run.is_cancelled() {
                return;
            }
            let (panel, block) = (task / blocks, task % blocks);
            for source in block * LANES..(block + 1) * LANES {
                for half in 0..PANEL / LANES {
                    let kernels = self.kernels(weight, source, panel * PANEL + half * LANES);
                    let start = self.at(0, panel) + source * PANEL + half * LANES;
                    // SAFETY: each source of a panel has its own places.
                    unsafe { strip::weight(run.simd, &kernels, start, self.stride(), packed) };
                }
            }
        });
    }

    /// Collects the kernels of a source and eight columns, `[9][8]`, with zeros for dead lanes.
    fn kernels(&self, weight: &[f32], source: usize, first: usize) -> [f32; TAPS * LANES] {
        let mut kernels = [0.0; TAPS * LANES];
        let Some(source) = self.sources[source] else { return kernels };
        for (lane, column) in self.columns.iter().skip(first).take(LANES).enumerate() {
            let Some(column) = column else { continue };
            for (tap, value) in weight[source + column..][..TAPS].iter().enumerate() {
                kernels[tap * LANES + lane] = *value;
            }
        }
        kernels
    }

    /// Transforms sums in the transformed domain back to the gradient by the weight tensor.
    pub fn unpack(&self, run: &Run, sums: &[f32], by_weight: &mut [f32]) {
        let by_weight = SharedBuffer::new(by_weight);
        let blocks = self.sources.len() / LANES;
        (0..self.count() * blocks).into_par_iter().for_each(|task| {
            let (panel, block) = (task / blocks, task % blocks);
            for source in block * LANES..(block + 1) * LANES {
                for first in (panel * PANEL..self.columns.len().min((panel + 1) * PANEL)).step_by(LANES) {
                    let start = self.at(0, panel) + source * PANEL + first % PANEL;
                    let kernels = strip::weight_adjoint(run.simd, sums, start, self.stride());
                    self.put(&kernels, source, first, by_weight);
                }
            }
        });
    }

    fn put(&self, kernels: &[f32; TAPS * LANES], source: usize, first: usize, by_weight: SharedBuffer) {
        let Some(source) = self.sources[source] else { return };
        for (lane, column) in self.columns[first..first + LANES].iter().enumerate() {
            let Some(column) = column else { continue };
            // SAFETY: each pair of channels has its own kernel.
            let kernel = unsafe { by_weight.part(source + column, TAPS) };
            for (tap, value) in kernel.iter_mut().enumerate() {
                *value = kernels[tap * LANES + lane];
            }
        }
    }
}

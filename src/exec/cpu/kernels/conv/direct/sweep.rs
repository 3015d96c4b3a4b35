//! A sweep of the product kernel over all pixels. It computes the output of a convolution, or the gradient by the
//! input, which is a convolution of the framed output gradient. At stride 2 that gradient falls into four phases: the
//! pixels of even and odd lines and columns, each with the taps that reach it.

use crate::exec::cpu::kernels::conv::pack::{self, Channels};
use crate::exec::cpu::kernels::conv::product::{PANEL, Product, SEGMENT, SumStart};
use crate::exec::cpu::kernels::conv::shared::SharedBuffer;
use crate::exec::cpu::kernels::conv::{ConvShape, LANES, Run};
use rayon::prelude::*;

/// The number of pixels of a task: enough to use a panel often, few enough that their samples stay in the L2 cache.
const SLAB: usize = 192;
/// The number of segments of a panel that are used together: 16 KiB of weights, half of an L1 cache.
const CHUNK: usize = 32;
/// The number of tasks that keep any reasonable number of threads busy to the end.
const TASKS: usize = 32;

/// The width of the frame of zeros around the output gradient, with which every pixel of the padded input sees all of
/// its taps.
pub fn border(shape: &ConvShape) -> usize {
    (shape.kernel - 1) / shape.stride
}

/// Where the pixels of a phase lie in a plane.
struct Grid {
    start: usize,
    /// The step from line to line.
    line: usize,
    /// The step from pixel to pixel.
    step: usize,
}

impl Grid {
    fn at(&self, y: usize, x: usize) -> usize {
        self.start + y * self.line + x * self.step
    }
}

/// A phase of a sweep: pixels that see the same taps.
struct Phase {
    height: usize,
    width: usize,
    from: Grid,
    to: Grid,
    taps: Vec<usize>,
    /// For each block and tap, in this order: where their eight samples lie, counted from the pixel's own place.
    segments: Vec<usize>,
    /// Where its panels begin among the packed weights.
    packed: usize,
}

/// The pixels of a task: where each is read, and where it is written.
struct Slab {
    pixels: usize,
    from: [usize; SLAB],
    to: [usize; SLAB],
}

impl Phase {
    fn slab(&self, index: usize) -> Slab {
        let first = index * SLAB;
        let pixels = SLAB.min(self.height * self.width - first);
        let mut slab = Slab { pixels, from: [0; SLAB], to: [0; SLAB] };
        let (mut y, mut x) = (first / self.width, first % self.width);
        for pixel in 0..pixels {
            slab.from[pixel] = self.from.at(y, x);
            slab.to[pixel] = self.to.at(y, x);
            x += 1;
            if x == self.width {
                (y, x) = (y + 1, 0);
            }
        }
        slab
    }
}

/// A sweep made ready.
pub struct Sweep {
    phases: Vec<Phase>,
    /// For each lane that is read, where its channel begins in the weight tensor.
    sources: Vec<Option<usize>>,
    /// For each lane that is written, where its channel begins in the weight tensor.
    columns: Vec<Option<usize>>,
    out_plane: usize,
    packed_len: usize,
}

impl Sweep {
    /// The sweep that computes the output.
    pub fn forward(shape: &ConvShape, inputs: &Channels, outputs: &Channels) -> Sweep {
        let (height, width) = shape.reach();
        let taps: Vec<usize> = (0..shape.taps()).collect();
        let place = |tap: &usize| ((tap / shape.kernel) * width + tap % shape.kernel) * LANES;
        let phase = Phase {
            height: shape.height,
            width: shape.width,
            from: Grid { start: 0, line: shape.stride * width * LANES, step: shape.stride * LANES },
            to: Grid { start: 0, line: shape.width * LANES, step: LANES },
            segments: segments(shape.input_blocks(), height * width * LANES, &taps, place),
            taps,
            packed: 0,
        };
        Sweep::new(
            vec![phase],
            inputs.offsets(shape.taps()),
            outputs.offsets(inputs.logical() * shape.taps()),
            shape.height * shape.width * LANES,
        )
    }

    /// The sweep that computes the gradient by the input.
    pub fn by_input(shape: &ConvShape, inputs: &Channels, outputs: &Channels) -> Sweep {
        let (height, width) = shape.reach();
        let phases = (0..shape.stride * shape.stride).map(|index| Sweep::phase(shape, index)).collect();
        Sweep::new(
            phases,
            outputs.offsets(inputs.logical() * shape.taps()),
            inputs.offsets(shape.taps()),
            height * width * LANES,
        )
    }

    /// A phase of the gradient by the input: the pixels of the lines `index / stride` and the columns `index % stride`,
    /// both modulo the stride.
    fn phase(shape: &ConvShape, index: usize) -> Phase {
        let (height, width) = shape.reach();
        let stride = shape.stride;
        let (y, x) = (index / stride, index % stride);
        let border = border(shape);
        let (framed_height, framed_width) = (shape.height + 2 * border, shape.width + 2 * border);
        let reaches = |tap: &usize| (tap / shape.kernel) % stride == y && (tap % shape.kernel) % stride == x;
        let taps: Vec<usize> = (0..shape.taps()).filter(reaches).collect();
        let place = |tap: &usize| {
            let (up, left) = (tap / shape.kernel / stride, tap % shape.kernel / stride);
            ((border - up) * framed_width + border - left) * LANES
        };
        Phase {
            height: (height - y.min(height)).div_ceil(stride),
            width: (width - x.min(width)).div_ceil(stride),
            from: Grid { start: 0, line: framed_width * LANES, step: LANES },
            to: Grid { start: (y * width + x) * LANES, line: stride * width * LANES, step: stride * LANES },
            segments: segments(shape.output_blocks(), framed_height * framed_width * LANES, &taps, place),
            taps,
            packed: 0,
        }
    }

    fn new(
        mut phases: Vec<Phase>,
        sources: Vec<Option<usize>>,
        columns: Vec<Option<usize>>,
        out_plane: usize,
    ) -> Sweep {
        let panels = columns.len().div_ceil(PANEL);
        let mut packed_len = 0;
        for phase in &mut phases {
            phase.packed = packed_len;
            packed_len += panels * phase.segments.len() * SEGMENT;
        }
        Sweep { phases, sources, columns, out_plane, packed_len }
    }

    /// The number of f32s of the packed weights.
    pub fn packed_len(&self) -> usize {
        self.packed_len
    }

    fn panels(&self) -> usize {
        self.columns.len().div_ceil(PANEL)
    }

    fn columns_of(&self, panel: usize) -> &[Option<usize>] {
        &self.columns[panel * PANEL..self.columns.len().min((panel + 1) * PANEL)]
    }

    /// Packs the weights as `[phase][panel][block][tap][8][16]`.
    pub fn pack(&self, run: &Run, weight: &[f32], packed: &mut [f32]) {
        let blocks = self.sources.len() / LANES;
        for phase in self.phases.iter().filter(|phase| !phase.taps.is_empty()) {
            let panels = &mut packed[phase.packed..][..self.panels() * phase.segments.len() * SEGMENT];
            panels.par_chunks_mut(phase.taps.len() * SEGMENT).enumerate().for_each(|(index, out)| {
                if run.is_cancelled() {
                    return;
                }
                let sources = &self.sources[index % blocks * LANES..][..LANES];
                let columns = self.columns_of(index / blocks);
                for (tap, out) in phase.taps.iter().zip(out.chunks_exact_mut(SEGMENT)) {
                    pack::segment(&weight[*tap..], sources, columns, out);
                }
            });
        }
    }

    /// Sweeps over all pixels of `a`, which is the padded input or the framed output gradient, and writes `out`.
    pub fn run(&self, run: &Run, a: &[f32], packed: &[f32], bias: Option<&[f32]>, out: &mut [f32]) {
        let out = SharedBuffer::new(out);
        for phase in &self.phases {
            let slabs = (phase.height * phase.width).div_ceil(SLAB);
            // Slabs alone if they are many, since the panels of a slab share its samples.
            let groups = TASKS.div_ceil(slabs.max(1)).min(self.panels());
            (0..slabs * groups).into_par_iter().for_each(|task| {
                let (slab, group) = (task / groups, task % groups);
                let slab = phase.slab(slab);
                for panel in group * self.panels() / groups..(group + 1) * self.panels() / groups {
                    if run.is_cancelled() {
                        return;
                    }
                    self.slab(run, phase, &slab, panel, a, packed, bias, out);
                }
            });
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn slab(
        &self,
        run: &Run,
        phase: &Phase,
        slab: &Slab,
        panel: usize,
        a: &[f32],
        packed: &[f32],
        bias: Option<&[f32]>,
        out: SharedBuffer,
    ) {
        let outputs = self.columns_of(panel).len();
        let mut start = bias.map_or(SumStart::Zero, |bias| SumStart::Bias(&bias[panel * PANEL..][..outputs]));
        let len = phase.segments.len() * SEGMENT;
        let weights = &packed[phase.packed + panel * len..][..len];
        let chunks = phase.segments.len().div_ceil(CHUNK).max(1);
        for chunk in 0..chunks {
            let first = chunk * phase.segments.len() / chunks;
            let end = (chunk + 1) * phase.segments.len() / chunks;
            let product = Product {
                a,
                a_rows: &slab.from[..slab.pixels],
                segments: &phase.segments[first..end],
                panel: &weights[first * SEGMENT..end * SEGMENT],
                out_start: panel * (PANEL / LANES) * self.out_plane,
                out_rows: &slab.to[..slab.pixels],
                second: (outputs == PANEL).then_some(self.out_plane),
                start,
            };
            // SAFETY: a task has its own pixels or its own panels.
            unsafe { product.run(run.simd, out) };
            start = SumStart::Sum;
        }
    }
}

fn segments(blocks: usize, plane: usize, taps: &[usize], place: impl Fn(&usize) -> usize) -> Vec<usize> {
    (0..blocks)
        .flat_map(|block| taps.iter().map(move |tap| (block, tap)))
        .map(|(block, tap)| block * plane + place(tap))
        .collect()
}

//! Winograd's F(4x4, 3x3) convolution in three stages over chunks of tiles: transforms of the input, 36 matrix
//! products, transforms back. The way back is the adjoint of each stage, in reverse.

mod domain;
mod strip;
mod transform;
mod weights;

use super::outer::OuterProduct;
use super::pack::Channels;
use super::product::{PANEL, Product, SumStart};
use super::shared::SharedBuffer;
use super::{ConvShape, LANES, Run};
use domain::Domain;
use rayon::prelude::*;
use strip::{Lines, Overlap, Strip};
use transform::{POINTS, REACH, TILE};
use weights::Panels;

/// The number of transformed samples of a chunk: 3 MiB of f32s, near the L2 caches of two threads. From 1 to 4 MiB the
/// times differ little; beyond, narrow layers lose up to a third.
const CHUNK: usize = 3 << 18;
/// The least number of tiles of a chunk, since each chunk reads all weights anew.
const TILES: usize = 128;
/// The number of tiles of a task of the product: their samples of one of the 36 products stay in the L2 cache.
const PART: usize = 128;
/// The number of tiles that are summed in registers: their gradients for a panel are half of an L1 cache.
const SLAB: usize = 256;

/// The lines of tiles that are in the scratch memory together.
#[derive(Clone, Copy)]
struct Chunk {
    first: usize,
    end: usize,
}

/// A Winograd convolution made ready.
pub struct WinogradConv {
    shape: ConvShape,
    /// The number of lines of tiles.
    lines: usize,
    /// The number of columns of tiles.
    columns: usize,
    chunk_lines: usize,
    inputs: Domain,
    outputs: Domain,
    forward: Panels,
    by_input: Panels,
    /// Where each input channel begins in its domain.
    input_rows: Vec<usize>,
}

impl WinogradConv {
    /// Makes a convolution of this shape ready.
    pub fn new(shape: ConvShape, inputs: &Channels, outputs: &Channels) -> WinogradConv {
        let (lines, columns) = (shape.height.div_ceil(TILE), shape.width.div_ceil(TILE));
        let tiles = TILES.max(CHUNK / (POINTS * (shape.inputs + shape.outputs)));
        let most = (tiles / columns).clamp(1, lines);
        let chunk_lines = lines.div_ceil(lines.div_ceil(most));
        let domain = |channels| Domain::new(channels, chunk_lines * columns);
        let (input_domain, output_domain) = (domain(shape.inputs), domain(shape.outputs));
        WinogradConv {
            shape,
            lines,
            columns,
            chunk_lines,
            input_rows: (0..shape.inputs).map(|lane| lane / LANES * input_domain.plane + lane % LANES).collect(),
            inputs: input_domain,
            outputs: output_domain,
            forward: Panels::forward(inputs, outputs),
            by_input: Panels::by_input(inputs, outputs),
        }
    }

    /// See [`ConvKernel::padded`](super::ConvKernel::padded).
    pub fn padded(&self) -> (usize, usize) {
        let along = |tiles: usize| tiles * TILE + REACH - TILE;
        (along(self.lines), along(self.columns))
    }

    /// See [`ConvKernel::packed_len`](super::ConvKernel::packed_len).
    pub fn packed_len(&self) -> usize {
        self.forward.len() + self.by_input.len()
    }

    /// See [`ConvKernel::scratch_len`](super::ConvKernel::scratch_len).
    pub fn scratch_len(&self) -> usize {
        self.inputs.len() + self.outputs.len() + self.forward.len()
    }

    /// See [`ConvKernel::pack`](super::ConvKernel::pack).
    pub fn pack(&self, run: &Run, weight: &[f32], packed: &mut [f32]) {
        let (forward, by_input) = packed.split_at_mut(self.forward.len());
        self.forward.pack(run, weight, forward);
        self.by_input.pack(run, weight, by_input);
    }

    /// See [`ConvKernel::forward`](super::ConvKernel::forward).
    pub fn forward(
        &self,
        run: &Run,
        padded: &[f32],
        packed: &[f32],
        bias: Option<&[f32]>,
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        let (v, scratch) = scratch.split_at_mut(self.inputs.len());
        let m = &mut scratch[..self.outputs.len()];
        let out = SharedBuffer::new(out);
        for chunk in self.chunks() {
            self.transform_input(run, chunk, padded, SharedBuffer::new(v));
            self.multiply(run, chunk, v, packed, SharedBuffer::new(m));
            self.transform_output(run, chunk, m, bias, out);
        }
    }

    /// See [`ConvKernel::backward`](super::ConvKernel::backward).
    #[allow(clippy::too_many_arguments)]
    pub fn backward(
        &self,
        run: &Run,
        padded: &[f32],
        gradient: &[f32],
        packed: &[f32],
        by_weight: &mut [f32],
        mut by_padded: Option<&mut [f32]>,
        scratch: &mut [f32],
    ) {
        let (v, scratch) = scratch.split_at_mut(self.inputs.len());
        let (m, sums) = scratch.split_at_mut(self.outputs.len());
        let sums = &mut sums[..self.forward.len()];
        let packed = by_padded.is_some().then_some(&packed[self.forward.len()..]);
        for chunk in self.chunks() {
            self.transform_input(run, chunk, padded, SharedBuffer::new(v));
            self.adjoint_output(run, chunk, gradient, SharedBuffer::new(m));
            self.adjoint_multiply(run, chunk, SharedBuffer::new(v), m, packed, SharedBuffer::new(sums));
            if let Some(by_padded) = by_padded.as_deref_mut() {
                self.adjoint_input(run, chunk, v, SharedBuffer::new(by_padded));
            }
        }
        if run.is_cancelled() {
            return;
        }
        self.forward.unpack(run, sums, by_weight);
        if let Some(by_padded) = by_padded {
            self.clear_overhang(by_padded);
        }
    }

    fn chunks(&self) -> impl Iterator<Item = Chunk> + '_ {
        (0..self.lines)
            .step_by(self.chunk_lines)
            .map(|first| Chunk { first, end: self.lines.min(first + self.chunk_lines) })
    }

    fn tiles(&self, chunk: Chunk) -> usize {
        (chunk.end - chunk.first) * self.columns
    }

    fn strip(&self, domain: &Domain, chunk: Chunk, block: usize, line: usize) -> Strip {
        let start = block * domain.plane + (line - chunk.first) * self.columns * LANES;
        Strip { start, tiles: self.columns, stride: domain.stride }
    }

    /// Runs `work` for each block and each line of tiles in `lines`.
    fn strips(&self, run: &Run, blocks: usize, lines: Strided, work: impl Fn(usize, usize) + Sync) {
        (0..blocks * lines.len()).into_par_iter().for_each(|task| {
            if !run.is_cancelled() {
                work(task / lines.len(), lines.at(task % lines.len()));
            }
        });
    }

    fn transform_input(&self, run: &Run, chunk: Chunk, padded: &[f32], v: SharedBuffer) {
        let (height, width) = self.padded();
        self.strips(run, self.inputs.blocks, Strided::all(chunk), |block, line| {
            let strip = self.strip(&self.inputs, chunk, block, line);
            let samples = &padded[(block * height + line * TILE) * width * LANES..];
            // SAFETY: each task has its own strip.
            unsafe { strip::input(run.simd, strip, samples, width * LANES, v) };
        });
    }

    fn multiply(&self, run: &Run, chunk: Chunk, v: &[f32], packed: &[f32], m: SharedBuffer) {
        let tiles = self.tiles(chunk);
        let parts = tiles.div_ceil(PART);
        (0..POINTS * parts).into_par_iter().for_each(|task| {
            if run.is_cancelled() {
                return;
            }
            let (point, part) = (task / parts, task % parts);
            let tiles = part * tiles / parts..(part + 1) * tiles / parts;
            let v = &v[point * self.inputs.stride..][..self.inputs.stride];
            let weights = &packed[self.forward.at(point, 0)..][..self.forward.stride()];
            let start = point * self.outputs.stride;
            // SAFETY: each task has its own tiles of one of the 36.
            unsafe { product(run, &self.forward, (&self.inputs, &self.outputs), tiles, v, weights, (m, start)) };
        });
    }

    fn transform_output(&self, run: &Run, chunk: Chunk, m: &[f32], bias: Option<&[f32]>, out: SharedBuffer) {
        self.strips(run, self.outputs.blocks, Strided::all(chunk), |block, line| {
            let strip = self.strip(&self.outputs, chunk, block, line);
            let (first, lines) = self.lines_of(block, line);
            let bias = bias.map(|bias| &bias[block * LANES..][..LANES]);
            // SAFETY: each task has its own lines of pixels.
            let out = unsafe { out.part(first, lines.height * lines.width * LANES) };
            strip::output(run.simd, strip, m, bias, lines, out);
        });
    }

    /// Where a strip of outputs begins in the output, and the lines of pixels that it covers.
    fn lines_of(&self, block: usize, line: usize) -> (usize, Lines) {
        let ConvShape { height, width, .. } = self.shape;
        let lines = Lines { height: TILE.min(height - line * TILE), width };
        ((block * height + line * TILE) * width * LANES, lines)
    }

    fn adjoint_output(&self, run: &Run, chunk: Chunk, gradient: &[f32], m: SharedBuffer) {
        self.strips(run, self.outputs.blocks, Strided::all(chunk), |block, line| {
            let strip = self.strip(&self.outputs, chunk, block, line);
            let (first, lines) = self.lines_of(block, line);
            // SAFETY: each task has its own strip.
            unsafe { strip::output_adjoint(run.simd, strip, &gradient[first..], lines, m) };
        });
    }

    /// Adds to the sums of the weight gradient; with `packed` weights, then replaces `v` by its gradient.
    fn adjoint_multiply(
        &self,
        run: &Run,
        chunk: Chunk,
        v: SharedBuffer,
        m: &[f32],
        packed: Option<&[f32]>,
        sums: SharedBuffer,
    ) {
        let tiles = self.tiles(chunk);
        (0..POINTS).into_par_iter().for_each(|point| {
            if run.is_cancelled() {
                return;
            }
            let m = &m[point * self.outputs.stride..][..self.outputs.stride];
            // SAFETY: each task has its own one of the 36.
            let (v, sums) = unsafe {
                let v = v.part(point * self.inputs.stride, self.inputs.stride);
                (v, sums.part(self.forward.at(point, 0), self.forward.stride()))
            };
            if chunk.first == 0 {
                sums.fill(0.0);
            }
            self.outer(run, tiles, v, m, sums);
            if let Some(packed) = packed {
                let weights = &packed[self.by_input.at(point, 0)..][..self.by_input.stride()];
                let parts = tiles.div_ceil(PART);
                for part in 0..parts {
                    let tiles = part * tiles / parts..(part + 1) * tiles / parts;
                    let domains = (&self.outputs, &self.inputs);
                    // SAFETY: the task has this one of the 36 alone.
                    unsafe { product(run, &self.by_input, domains, tiles, m, weights, (SharedBuffer::new(v), 0)) };
                }
            }
        });
    }

    fn outer(&self, run: &Run, tiles: usize, v: &[f32], m: &[f32], sums: &mut [f32]) {
        let slabs = tiles.div_ceil(SLAB);
        for slab in 0..slabs {
            let (first, end) = (slab * tiles / slabs, (slab + 1) * tiles / slabs);
            for (panel, sums) in sums.chunks_exact_mut(self.forward.panel_len()).enumerate() {
                let outer = OuterProduct {
                    a: &v[first * LANES..],
                    a_rows: &self.input_rows,
                    a_step: LANES,
                    a_line: 0,
                    gradient: &m[panel * 2 * self.outputs.plane + first * LANES..],
                    gradient_line: 0,
                    second: self.forward.is_whole(panel).then_some(self.outputs.plane),
                    width: end - first,
                    height: 1,
                };
                outer.run(run.simd, sums);
            }
        }
    }

    /// Transforms the gradient of the input back. Neighbouring strips share two lines of pixels, so the even ones write
    /// first and the odd ones add to them.
    fn adjoint_input(&self, run: &Run, chunk: Chunk, v: &[f32], by_padded: SharedBuffer) {
        let (height, width) = self.padded();
        for parity in 0..2 {
            let lines = Strided { first: chunk.first + parity, end: chunk.end, step: 2 };
            self.strips(run, self.inputs.blocks, lines, |block, line| {
                let strip = self.strip(&self.inputs, chunk, block, line);
                let is_after = |is_known: bool| if is_known { Overlap::Add } else { Overlap::Write };
                let top = is_after(parity == 1 || line == chunk.first && line > 0);
                let bottom = is_after(parity == 1 && line + 1 < chunk.end);
                let first = (block * height + line * TILE) * width * LANES;
                // SAFETY: strips of one parity share no line.
                let out = unsafe { by_padded.part(first, REACH * width * LANES) };
                strip::input_adjoint(run.simd, strip, v, (top, bottom), width * LANES, out);
            });
        }
    }

    /// Clears the gradient of what lies beyond the convolution's own reach: nothing contributes to it, but rounding
    /// left traces.
    fn clear_overhang(&self, by_padded: &mut [f32]) {
        let (height, width) = self.padded();
        let (reach_height, reach_width) = self.shape.reach();
        if (height, width) == (reach_height, reach_width) {
            return;
        }
        by_padded.par_chunks_mut(height * width * LANES).for_each(|plane| {
            for line in plane[..reach_height * width * LANES].chunks_exact_mut(width * LANES) {
                line[reach_width * LANES..].fill(0.0);
            }
            plane[reach_height * width * LANES..].fill(0.0);
        });
    }
}

/// Lines of tiles: every `step`-th one from `first` on, before `end`.
#[derive(Clone, Copy)]
struct Strided {
    first: usize,
    end: usize,
    step: usize,
}

impl Strided {
    fn all(chunk: Chunk) -> Strided {
        Strided { first: chunk.first, end: chunk.end, step: 1 }
    }

    fn len(self) -> usize {
        self.end.saturating_sub(self.first).div_ceil(self.step)
    }

    fn at(self, index: usize) -> usize {
        self.first + index * self.step
    }
}

/// Computes `out = a * weights` for at most [`PART`] tiles of one of the 36 products, which begins at `start` in `out`.
///
/// # Safety
/// No other task touches these tiles of `out` meanwhile.
unsafe fn product(
    run: &Run,
    panels: &Panels,
    (from, to): (&Domain, &Domain),
    tiles: std::ops::Range<usize>,
    a: &[f32],
    weights: &[f32],
    (out, start): (SharedBuffer, usize),
) {
    let mut rows = [0; PART];
    let count = tiles.len();
    for (row, tile) in rows.iter_mut().zip(tiles) {
        *row = tile * LANES;
    }
    for panel in 0..panels.count() {
        let product = Product {
            a,
            a_rows: &rows[..count],
            segments: &from.segments,
            panel: &weights[panel * panels.panel_len()..][..panels.panel_len()],
            out_start: start + panel * (PANEL / LANES) * to.plane,
            out_rows: &rows[..count],
            second: panels.is_whole(panel).then_some(to.plane),
            start: SumStart::Zero,
        };
        // SAFETY: the caller's promise.
        unsafe { product.run(run.simd, out) };
    }
}

//! Convolution in the host's memory: matrix products over slabs of pixels and blocks of channels. Slabs
//! and blocks follow the shapes, never the number of threads, and sums over them have a fixed order: so
//! the same bytes come out of any number of threads.

use std::cell::RefCell;
use std::ops::Range;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::super::elementwise::total;
use super::super::gemm::{Matrix, Onto, multiply};
use super::super::host::{samples, tensor};
use super::super::op::{Call, DeviceOp};
use super::columns::{gather, scatter};
use super::geometry::Geometry;
use crate::exec::pages::zeros;
use crate::graph::Shape;

/// Output pixels of a slab: its part of the matrix stays in cache.
const SLAB: usize = 256;
/// Input channels of a block of the gradients, at most.
const BLOCK: usize = 16;
/// Slabs of a partial sum of the weight gradient.
const GROUP: usize = 32;

pub(in super::super) struct Kernel {
    geometry: Geometry,
    /// Of the gradient by the input.
    back: Geometry,
}

impl Kernel {
    pub fn new(geometry: Geometry) -> Self {
        Kernel { back: geometry.back(), geometry }
    }

    /// By the input: for each block of channels the transposed weights times the gradient, scattered back.
    fn by_input(&self, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
        if self.geometry.stride == 1 {
            return convolve(&self.back, gradient, &turned(&self.geometry, weight), None);
        }
        let Geometry { inputs, outputs, .. } = self.geometry;
        let (plane, taps, pixels) = (pixels_of(inputs), self.geometry.taps(), pixels_of(outputs));
        let depth = inputs.channels * taps;
        // Eight blocks keep the threads busy; below four channels the products get too thin.
        let channels = (inputs.channels / 8).clamp(4, BLOCK);
        let mut by_input = zeros(inputs.samples());
        let blocks = by_input.par_chunks_mut(channels * plane).enumerate();
        blocks.for_each(|(block, planes)| {
            // Written before it is read: otherwise each page of fresh zeros faults twice.
            planes.fill(0.0);
            let rows = planes.len() / plane * taps;
            let weight = Matrix::by_rows(&weight[block * channels * taps..], depth).transposed();
            for slab in slabs(0..pixels) {
                let gradient = Matrix::by_rows(&gradient[slab.start..], pixels);
                with_scratch(rows * slab.len(), 0, |matrix, _| {
                    multiply([rows, slab.len(), outputs.channels], matrix, Onto::Nothing, weight, gradient);
                    scatter(&self.geometry, matrix, slab, planes);
                });
            }
        });
        by_input
    }

    /// By the weights: for each block of channels and group of slabs the gradient times the taps.
    fn by_weight(&self, input: &[f32], gradient: &[f32]) -> Vec<f32> {
        let Geometry { inputs, outputs, .. } = self.geometry;
        let taps = self.geometry.taps();
        let blocks = inputs.channels.div_ceil(BLOCK);
        let pixels = pixels_of(outputs);
        let groups = pixels.div_ceil(GROUP * SLAB);
        let partials: Vec<Vec<f32>> = (0..blocks * groups)
            .into_par_iter()
            .map(|task| {
                let channels = task / groups * BLOCK..(task / groups * BLOCK + BLOCK).min(inputs.channels);
                let start = task % groups * GROUP * SLAB;
                let pixels = start..(start + GROUP * SLAB).min(pixels);
                self.partial_by_weight(input, gradient, channels, pixels)
            })
            .collect();
        let mut by_weight = zeros(outputs.channels * inputs.channels * taps);
        for (block, groups) in partials.chunks(groups).enumerate() {
            let width = groups[0].len() / outputs.channels;
            let rows = by_weight.chunks_exact_mut(inputs.channels * taps);
            for (output, row) in rows.enumerate() {
                let row = &mut row[block * BLOCK * taps..][..width];
                for partial in groups {
                    row.iter_mut().zip(&partial[output * width..]).for_each(|(sum, x)| *sum += x);
                }
            }
        }
        by_weight
    }

    fn partial_by_weight(
        &self,
        input: &[f32],
        gradient: &[f32],
        channels: Range<usize>,
        pixels: Range<usize>,
    ) -> Vec<f32> {
        let (outputs, plane) = (self.geometry.outputs.channels, pixels_of(self.geometry.outputs));
        let columns = channels.len() * self.geometry.taps();
        let mut sum = vec![0.0; outputs * columns];
        for slab in slabs(pixels) {
            let of_slab = Matrix::by_rows(&gradient[slab.start..], plane);
            let depth = slab.len();
            with_scratch(columns * depth, 0, |room, _| {
                let taps = matrix(&self.geometry, input, channels.clone(), slab, room).transposed();
                multiply([outputs, columns, depth], &mut sum, Onto::Content, of_slab, taps);
            });
        }
        sum
    }
}

impl DeviceOp for Kernel {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let (input, weight, bias) = (samples(&arguments[0])?, samples(&arguments[1])?, samples(&arguments[2])?);
        let out = convolve(&self.geometry, &input, &weight, Some(&bias));
        tensor(out, (bias.len(), self.geometry.outputs.height, self.geometry.outputs.width))
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let (input, weight) = (samples(&call.arguments[0])?, samples(&call.arguments[1])?);
        let gradient = samples(&call.gradient)?;
        let by_input =
            call.wants(0, || tensor(self.by_input(&weight, &gradient), call.arguments[0].shape().clone()))?;
        let by_weight = tensor(self.by_weight(&input, &gradient), call.arguments[1].shape().clone())?;
        let planes = gradient.par_chunks(pixels_of(self.geometry.outputs));
        let by_bias: Vec<f32> = planes.map(|plane| total(plane, plane, |x, _| x) as f32).collect();
        Ok(vec![by_input, Some(by_weight), Some(tensor(by_bias, call.arguments[2].shape().clone())?)])
    }
}

/// With slabs of pixels as tasks.
fn convolve(geometry: &Geometry, input: &[f32], weight: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let (channels, pixels) = (geometry.outputs.channels, pixels_of(geometry.outputs));
    let depth = geometry.inputs.channels * geometry.taps();
    let weight = Matrix::by_rows(weight, depth);
    let mut out = zeros(channels * pixels);
    let tasks: Vec<_> = slabs(0..pixels).zip(by_slab(&mut out, pixels)).collect();
    tasks.into_par_iter().for_each(|(slab, rows)| {
        let columns = slab.len();
        with_scratch(depth * columns, channels * columns, |room, tile| {
            let taps = matrix(geometry, input, 0..geometry.inputs.channels, slab, room);
            multiply([channels, columns, depth], tile, Onto::Nothing, weight, taps);
            for (channel, (row, tile)) in rows.into_iter().zip(tile.chunks_exact(columns)).enumerate() {
                let bias = bias.map_or(0.0, |bias| bias[channel]);
                row.iter_mut().zip(tile).for_each(|(out, x)| *out = x + bias);
            }
        });
    });
    out
}

/// The matrix of some channels and pixels, in `room`; a view of the input where that is enough.
fn matrix<'a>(
    geometry: &Geometry,
    input: &'a [f32],
    channels: Range<usize>,
    slab: Range<usize>,
    room: &'a mut [f32],
) -> Matrix<'a> {
    if geometry.is_pointwise() {
        let pixels = pixels_of(geometry.inputs);
        return Matrix::by_rows(&input[channels.start * pixels + slab.start..], pixels);
    }
    let columns = slab.len();
    gather(geometry, input, channels, slab, room);
    Matrix::by_rows(room, columns)
}

/// The weights of the gradient by the input: inputs and outputs exchanged, taps from last to first.
fn turned(geometry: &Geometry, weight: &[f32]) -> Vec<f32> {
    let (inputs, outputs, taps) = (geometry.inputs.channels, geometry.outputs.channels, geometry.taps());
    let mut turned = Vec::with_capacity(weight.len());
    for input in 0..inputs {
        for output in 0..outputs {
            turned.extend(weight[(output * inputs + input) * taps..][..taps].iter().rev());
        }
    }
    turned
}

fn pixels_of(shape: Shape) -> usize {
    shape.height * shape.width
}

fn slabs(pixels: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = pixels.end;
    pixels.step_by(SLAB).map(move |start| start..(start + SLAB).min(end))
}

/// Lends two buffers with any content. They stay with the thread: fresh ones would cost page faults in
/// every task.
fn with_scratch<T>(first: usize, second: usize, work: impl FnOnce(&mut [f32], &mut [f32]) -> T) -> T {
    thread_local! {
        static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
    }
    let mut buffer = SCRATCH.take();
    if buffer.len() < first + second {
        buffer.resize(first + second, 0.0);
    }
    let (one, two) = buffer[..first + second].split_at_mut(first);
    let result = work(one, two);
    SCRATCH.set(buffer);
    result
}

/// For each slab of pixels the part of every channel.
fn by_slab(out: &mut [f32], pixels: usize) -> Vec<Vec<&mut [f32]>> {
    let mut slabs: Vec<Vec<&mut [f32]>> = (0..pixels.div_ceil(SLAB)).map(|_| Vec::new()).collect();
    for plane in out.chunks_exact_mut(pixels) {
        for (slab, part) in slabs.iter_mut().zip(plane.chunks_mut(SLAB)) {
            slab.push(part);
        }
    }
    slabs
}

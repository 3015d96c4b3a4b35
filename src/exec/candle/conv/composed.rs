//! Convolution composed of candle's ops: what the taps read is gathered into one matrix and multiplied by the
//! weights as another, since on a GPU a small picture costs what its launches cost. The matrix takes k^2 times the
//! memory of the picture, so a large picture has it in parts, some pixels after the other. The gradients are
//! written out for the same reason: automatic differentiation would keep every matrix.

use std::ops::Range;

use candle_core::{DType, Device, Result, Tensor};

use super::super::op::{Call, DeviceOp};
use super::geometry::Geometry;
use crate::graph::Padding;

pub(in super::super) struct Composed {
    geometry: Geometry,
    /// Of pixels of the output: where in the input each tap reads.
    forward: Vec<Part>,
    /// Of pixels of the padded input: which output each tap reads it for.
    back: Vec<Part>,
    /// Row and column of the input at each of the padded input's.
    padded: [Tensor; 2],
}

/// Some pixels, one after the other.
struct Part {
    pixels: Range<usize>,
    /// What they read, tap by tap in the order of the weights; None where it is the pixels themselves.
    taps: Option<Tensor>,
}

/// Index of nothing, for which candle gathers a zero.
const NOTHING: u32 = u32::MAX;

impl Composed {
    /// `column_samples`: of the matrix of a part, about.
    pub fn new(geometry: Geometry, device: &Device, column_samples: usize) -> Result<Self> {
        let Geometry { inputs, outputs, .. } = geometry;
        let most = |channels: usize| (column_samples / (channels * geometry.taps())).max(1);
        let padded_pixels = length(&geometry, inputs.height) * length(&geometry, inputs.width);
        let parts = |pixels: usize, most: usize, read: &dyn Fn(usize, usize) -> Option<usize>| {
            let part = |start: usize| Part::new(&geometry, start..(start + most).min(pixels), read, device);
            (0..pixels).step_by(most).map(part).collect::<Result<Vec<_>>>()
        };
        let forward =
            parts(outputs.height * outputs.width, most(inputs.channels), &|tap, pixel| read(&geometry, tap, pixel))?;
        let back = parts(padded_pixels, most(outputs.channels), &|tap, pixel| read_for(&geometry, tap, pixel))?;
        let padded = [mirrored(&geometry, inputs.height, device)?, mirrored(&geometry, inputs.width, device)?];
        Ok(Composed { forward, back, padded, geometry })
    }

    /// By the input: a convolution of the gradient, spread by the stride and padded, with the weights turned by half
    /// a turn; then the gradients of padding samples are added to the samples that they mirror.
    fn by_input(&self, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let inputs = self.geometry.inputs;
        let weight = weight.transpose(0, 1)?.contiguous()?.flatten_from(1)?;
        let [height, width] = [inputs.height, inputs.width].map(|side| length(&self.geometry, side));
        let padded = product(&self.back, &weight, &gradient.flatten_from(1)?)?;
        self.fold(&padded.reshape((inputs.channels, height, width))?)
    }

    fn fold(&self, padded: &Tensor) -> Result<Tensor> {
        let Geometry { inputs, kernel, .. } = self.geometry;
        if self.geometry.padding == Padding::Zero || kernel == 1 {
            let rows = padded.narrow(1, kernel / 2, inputs.height)?;
            return rows.narrow(2, kernel / 2, inputs.width)?.contiguous();
        }
        let zeros = |height: usize| Tensor::zeros((inputs.channels, height, inputs.width), DType::F32, padded.device());
        let [rows, columns] = &self.padded;
        let narrow = zeros(padded.dim(1)?)?.index_add(columns, padded, 2)?;
        zeros(inputs.height)?.index_add(rows, &narrow, 1)
    }

    /// `x` as inputs x samples, `gradient` as outputs x pixels.
    fn by_weight(&self, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let Geometry { inputs, outputs, kernel, .. } = self.geometry;
        let by_weight = |part: &Part| {
            let gradient = gradient.narrow(1, part.pixels.start, part.pixels.len())?.contiguous()?;
            gradient.matmul(&part.columns(x)?.t()?)
        };
        let sum = self.forward.iter().map(by_weight).reduce(|sum, part| sum? + part?);
        let Some(sum) = sum else { candle_core::bail!("a convolution without pixels") };
        sum?.reshape((outputs.channels, inputs.channels, kernel, kernel))
    }
}

impl Part {
    /// `read` says what a tap reads for a pixel.
    fn new(
        geometry: &Geometry,
        pixels: Range<usize>,
        read: &dyn Fn(usize, usize) -> Option<usize>,
        device: &Device,
    ) -> Result<Part> {
        if geometry.is_pointwise() {
            return Ok(Part { pixels, taps: None });
        }
        let of_tap =
            |tap: usize| pixels.clone().map(move |pixel| read(tap, pixel).map_or(NOTHING, |index| index as u32));
        let taps: Vec<u32> = (0..geometry.taps()).flat_map(of_tap).collect();
        Ok(Part { taps: Some(Tensor::new(taps, device)?), pixels })
    }

    /// A row for each channel and tap, a column for each pixel. `x`: channels x samples.
    fn columns(&self, x: &Tensor) -> Result<Tensor> {
        let pixels = self.pixels.len();
        match &self.taps {
            Some(taps) => x.index_select(taps, 1)?.reshape((x.dim(0)? * taps.elem_count() / pixels, pixels)),
            None => x.narrow(1, self.pixels.start, pixels)?.contiguous(),
        }
    }
}

/// `weight` as rows x (channels and taps), `x` as channels x samples; rows x pixels.
fn product(parts: &[Part], weight: &Tensor, x: &Tensor) -> Result<Tensor> {
    let products = parts.iter().map(|part| weight.matmul(&part.columns(x)?)).collect::<Result<Vec<_>>>()?;
    match products.as_slice() {
        [one] => Ok(one.clone()),
        many => Tensor::cat(many, 1),
    }
}

/// The sample of the input that a tap reads for a pixel of the output.
fn read(geometry: &Geometry, tap: usize, pixel: usize) -> Option<usize> {
    let Geometry { inputs, outputs, kernel, .. } = *geometry;
    let y = geometry.rows[tap / kernel].sources[pixel / outputs.width].first()?;
    let x = geometry.columns[tap % kernel].sources[pixel % outputs.width].first()?;
    Some(y * inputs.width + x)
}

/// The pixel of the output for which a tap reads a sample of the padded input.
fn read_for(geometry: &Geometry, tap: usize, sample: usize) -> Option<usize> {
    let Geometry { inputs, outputs, kernel, stride, .. } = *geometry;
    let output = |position: usize, tap: usize, outputs: usize| {
        let from = position.checked_sub(tap)?;
        (from % stride == 0 && from / stride < outputs).then_some(from / stride)
    };
    let width = length(geometry, inputs.width);
    let y = output(sample / width, tap / kernel, outputs.height)?;
    let x = output(sample % width, tap % kernel, outputs.width)?;
    Some(y * outputs.width + x)
}

/// Of a side of the input, padded.
fn length(geometry: &Geometry, side: usize) -> usize {
    side + geometry.kernel - 1
}

/// Sample of a side of the input at each of the padded side; one past the end for a zero.
fn mirrored(geometry: &Geometry, side: usize, device: &Device) -> Result<Tensor> {
    let margin = (geometry.kernel / 2) as isize;
    let source = |position: usize| geometry.padding.source(position as isize - margin, side).unwrap_or(side) as u32;
    Tensor::new((0..length(geometry, side)).map(source).collect::<Vec<_>>(), device)
}

impl DeviceOp for Composed {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let [x, weight, bias] = arguments else { candle_core::bail!("not three arguments") };
        let outputs = self.geometry.outputs;
        let product = product(&self.forward, &weight.flatten_from(1)?, &x.flatten_from(1)?)?;
        let sum = product.broadcast_add(&bias.reshape((outputs.channels, 1))?)?;
        sum.reshape((outputs.channels, outputs.height, outputs.width))
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let [x, weight, _] = call.arguments.as_slice() else { candle_core::bail!("not three arguments") };
        let gradient = call.gradient.flatten_from(1)?;
        let by_input = call.wants(0, || self.by_input(weight, &call.gradient))?;
        let by_weight = self.by_weight(&x.flatten_from(1)?, &gradient)?;
        Ok(vec![by_input, Some(by_weight), Some(gradient.sum(1)?)])
    }
}

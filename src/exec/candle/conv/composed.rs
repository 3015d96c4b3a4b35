//! Convolution composed of candle's ops: a sum of matrix products, one for each tap, since the matrix of
//! all taps would take k^2 times the memory of the picture. The gradients are written out for the same
//! reason: automatic differentiation would keep every tap.

use candle_core::{DType, Device, Result, Tensor};

use super::super::op::{Call, DeviceOp};
use super::geometry::{Geometry, Taps};
use crate::graph::Padding;

pub(in super::super) struct Composed {
    geometry: Geometry,
    rows: Axis,
    columns: Axis,
}

/// One direction, as indices on the device.
struct Axis {
    /// Sample of the input under each tap, by output; one past the end for zeros.
    taps: Vec<Tensor>,
    /// Sample of the input at each sample of the padded input.
    padded: Tensor,
}

impl Composed {
    pub fn new(geometry: Geometry, device: &Device) -> Result<Self> {
        let rows = Axis::new(&geometry, &geometry.rows, geometry.inputs.height, device)?;
        let columns = Axis::new(&geometry, &geometry.columns, geometry.inputs.width, device)?;
        Ok(Composed { geometry, rows, columns })
    }

    fn pixels(&self) -> usize {
        self.geometry.outputs.height * self.geometry.outputs.width
    }

    /// What each tap reads, as inputs x pixels, in the order of the weights.
    fn each_tap(&self, x: &Tensor, mut visit: impl FnMut(usize, usize, Tensor) -> Result<()>) -> Result<()> {
        let x = match self.geometry.padding {
            Padding::Reflection => x.clone(),
            Padding::Zero => x.pad_with_zeros(1, 0, 1)?.pad_with_zeros(2, 0, 1)?,
        };
        for (dy, rows) in self.rows.taps.iter().enumerate() {
            let of_row = x.index_select(rows, 1)?;
            for (dx, columns) in self.columns.taps.iter().enumerate() {
                let tap = of_row.index_select(columns, 2)?;
                visit(dy, dx, tap.reshape((self.geometry.inputs.channels, self.pixels()))?)?;
            }
        }
        Ok(())
    }

    /// Convolution of the gradient, padded, with the weights turned by half a turn; then the gradients of
    /// padding samples are added to the samples that they mirror.
    fn by_input(&self, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let Geometry { inputs, outputs, kernel, .. } = self.geometry;
        let (height, width) = (inputs.height + kernel - 1, inputs.width + kernel - 1);
        let wide = self.spread(gradient, 1, height)?;
        let wide = self.spread(&wide, 2, width)?;
        let weight = by_tap(weight)?;
        let mut sum = Tensor::zeros((inputs.channels, height * width), DType::F32, gradient.device())?;
        for dy in 0..kernel {
            let of_row = wide.narrow(1, kernel - 1 - dy, height)?;
            for dx in 0..kernel {
                let under = of_row.narrow(2, kernel - 1 - dx, width)?.contiguous()?;
                let under = under.reshape((outputs.channels, height * width))?;
                sum = (sum + weight.get(dy)?.get(dx)?.t()?.matmul(&under)?)?;
            }
        }
        self.fold(&sum.reshape((inputs.channels, height, width))?)
    }

    /// The gradient as if the stride were 1, between kernel - 1 zeros and as many as it takes.
    fn spread(&self, gradient: &Tensor, dim: usize, length: usize) -> Result<Tensor> {
        let mut spread = gradient.clone();
        if self.geometry.stride > 1 {
            let mut dims = spread.dims().to_vec();
            dims.insert(dim + 1, 1);
            spread = spread.reshape(dims)?.pad_with_zeros(dim + 1, 0, self.geometry.stride - 1)?;
            spread = spread.flatten(dim, dim + 1)?;
            let used = spread.dim(dim)?.min(length);
            spread = spread.narrow(dim, 0, used)?;
        }
        let after = length - spread.dim(dim)?;
        spread.contiguous()?.pad_with_zeros(dim, self.geometry.kernel - 1, after)
    }

    fn fold(&self, padded: &Tensor) -> Result<Tensor> {
        let Geometry { inputs, kernel, .. } = self.geometry;
        if self.geometry.padding == Padding::Zero || kernel == 1 {
            let rows = padded.narrow(1, kernel / 2, inputs.height)?;
            return rows.narrow(2, kernel / 2, inputs.width)?.contiguous();
        }
        let zeros = |height: usize| Tensor::zeros((inputs.channels, height, inputs.width), DType::F32, padded.device());
        let narrow = zeros(padded.dim(1)?)?.index_add(&self.columns.padded, padded, 2)?;
        zeros(inputs.height)?.index_add(&self.rows.padded, &narrow, 1)
    }

    fn by_weight(&self, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let Geometry { inputs, outputs, kernel, .. } = self.geometry;
        let mut taps = Vec::with_capacity(self.geometry.taps());
        self.each_tap(x, |_, _, tap| {
            taps.push(gradient.matmul(&tap.t()?)?);
            Ok(())
        })?;
        let by_tap = Tensor::stack(&taps, 0)?.reshape((kernel, kernel, outputs.channels, inputs.channels))?;
        by_tap.permute((2, 3, 0, 1))?.contiguous()
    }
}

impl Axis {
    fn new(geometry: &Geometry, taps: &[Taps], length: usize, device: &Device) -> Result<Self> {
        let upload = |indices: Vec<u32>| {
            let count = indices.len();
            Tensor::from_vec(indices, count, device)
        };
        let index = |sources: &Vec<usize>| sources.first().map_or(length, |source| *source) as u32;
        let margin = (geometry.kernel / 2) as isize;
        let source = |position: usize| geometry.padding.source(position as isize - margin, length);
        let padded = (0..length + geometry.kernel - 1).map(|position| source(position).unwrap_or(length) as u32);
        Ok(Axis {
            taps: taps.iter().map(|taps| upload(taps.sources.iter().map(index).collect())).collect::<Result<_>>()?,
            padded: upload(padded.collect())?,
        })
    }
}

/// Weights by row and column of the kernel, then as outputs x inputs.
fn by_tap(weight: &Tensor) -> Result<Tensor> {
    weight.permute((2, 3, 0, 1))?.contiguous()
}

impl DeviceOp for Composed {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let [x, weight, bias] = arguments else { candle_core::bail!("not three arguments") };
        let outputs = self.geometry.outputs;
        let weight = by_tap(weight)?;
        let mut sum = bias.reshape((outputs.channels, 1))?.broadcast_as((outputs.channels, self.pixels()))?;
        self.each_tap(x, |dy, dx, tap| {
            sum = (&sum + weight.get(dy)?.get(dx)?.matmul(&tap)?)?;
            Ok(())
        })?;
        sum.reshape((outputs.channels, outputs.height, outputs.width))
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let [x, weight, _] = call.arguments.as_slice() else { candle_core::bail!("not three arguments") };
        let gradient = call.gradient.reshape((self.geometry.outputs.channels, self.pixels()))?;
        let by_input = call.wants(0, || self.by_input(weight, &call.gradient))?;
        let by_weight = self.by_weight(x, &gradient)?;
        Ok(vec![by_input, Some(by_weight), Some(gradient.sum(1)?)])
    }
}

//! Convolution with its padding. What the taps read is gathered into one matrix and multiplied by the weights as
//! another: on a GPU a small picture takes as long as the launches of its kernels, so these are few. The matrix takes
//! k^2 times the memory of the picture, so that of a large picture is made in parts of some pixels each. The gradients
//! are written out for the same reason: automatic differentiation would keep every matrix.

mod columns;
mod geometry;

use candle_core::{DType, Device, Result, Tensor};

use super::op::{Call, DeviceOp};
use crate::graph::Padding;
use columns::Columns;
pub(super) use geometry::Geometry;

/// A convolution, with its indices on the device.
pub(super) struct ConvOp {
    geometry: Geometry,
    /// For pixels of the output, what each tap reads of the input.
    forward: Vec<Columns>,
    /// For samples of the padded input, the output that each tap reads them for.
    back: Vec<Columns>,
    /// The row and the column of the input that each one of the padded input repeats; None where padding repeats none.
    mirrored: Option<[Tensor; 2]>,
}

impl ConvOp {
    /// Prepares a convolution whose matrix has about `column_samples` samples at most, or those of one pixel where
    /// these are more.
    pub fn new(geometry: Geometry, device: &Device, column_samples: usize) -> Result<ConvOp> {
        let Geometry { inputs, outputs, kernel, padding, .. } = geometry;
        let most = |channels: usize| (column_samples / (channels * geometry.taps())).max(1);
        let [height, width] = geometry.padded();
        let columns = |pixels: usize, channels: usize, read: &dyn Fn(usize, usize) -> Option<usize>| {
            Columns::of_pixels(&geometry, pixels, most(channels), read, device)
        };
        let forward =
            columns(outputs.height * outputs.width, inputs.channels, &|tap, pixel| geometry.read(tap, pixel))?;
        let back = columns(height * width, outputs.channels, &|tap, sample| geometry.read_for(tap, sample))?;
        let upload = |side: usize| Tensor::new(geometry.mirrored(side), device);
        let mirrored = match padding {
            Padding::Reflection if kernel > 1 => Some([upload(inputs.height)?, upload(inputs.width)?]),
            Padding::Reflection | Padding::Zero => None,
        };
        Ok(ConvOp { geometry, forward, back, mirrored })
    }

    /// Computes the gradient by the input: a convolution of `gradient`, spread by the stride and padded, with the
    /// weights turned by half a turn. Then what samples of the padding get is added to the samples that they repeat.
    fn by_input(&self, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let weight = weight.transpose(0, 1)?.contiguous()?.flatten_from(1)?;
        let [height, width] = self.geometry.padded();
        let padded = columns::product(&self.back, &weight, &gradient.flatten_from(1)?)?;
        self.fold(&padded.reshape((self.geometry.inputs.channels, height, width))?)
    }

    /// Adds the gradients of the padding to the samples that it repeats.
    fn fold(&self, padded: &Tensor) -> Result<Tensor> {
        let Geometry { inputs, kernel, .. } = self.geometry;
        let Some([rows, columns]) = &self.mirrored else {
            let rows = padded.narrow(1, kernel / 2, inputs.height)?;
            return rows.narrow(2, kernel / 2, inputs.width)?.contiguous();
        };
        let zeros = |height: usize| Tensor::zeros((inputs.channels, height, inputs.width), DType::F32, padded.device());
        let narrow = zeros(padded.dim(1)?)?.index_add(columns, padded, 2)?;
        zeros(inputs.height)?.index_add(rows, &narrow, 1)
    }

    /// Computes the gradient by the weights, from `x` as inputs x samples and `gradient` as outputs x pixels.
    fn by_weight(&self, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let Geometry { inputs, outputs, kernel, .. } = self.geometry;
        let products = self.forward.iter().map(|columns| columns.by_weight(x, gradient));
        match products.reduce(|sum, product| sum? + product?) {
            Some(sum) => sum?.reshape((outputs.channels, inputs.channels, kernel, kernel)),
            None => candle_core::bail!("a convolution without pixels"),
        }
    }
}

impl DeviceOp for ConvOp {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let [x, weight, bias] = arguments else { candle_core::bail!("not three arguments") };
        let outputs = self.geometry.outputs;
        let product = columns::product(&self.forward, &weight.flatten_from(1)?, &x.flatten_from(1)?)?;
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

//! The matrix that a convolution multiplies its weights by: it has a row for each channel and tap, and a column for
//! each pixel.

use std::ops::Range;

use candle_core::{Device, Result, Tensor};

use super::geometry::Geometry;

/// The columns of the matrix for some pixels that follow each other.
pub(super) struct Columns {
    pixels: Range<usize>,
    /// The indices of the samples that the pixels read, tap by tap in the order of the weights; None where each pixel
    /// reads itself alone.
    indices: Option<Tensor>,
}

/// The index for which candle gathers a zero.
const NOTHING: u32 = u32::MAX;

impl Columns {
    /// Makes the columns of all `pixels`, in parts of `most`; `read` says which sample a tap reads for a pixel.
    pub fn of_pixels(
        geometry: &Geometry,
        pixels: usize,
        most: usize,
        read: &dyn Fn(usize, usize) -> Option<usize>,
        device: &Device,
    ) -> Result<Vec<Columns>> {
        let part = |start: usize| Columns::new(geometry, start..(start + most).min(pixels), read, device);
        (0..pixels).step_by(most).map(part).collect()
    }

    fn new(
        geometry: &Geometry,
        pixels: Range<usize>,
        read: &dyn Fn(usize, usize) -> Option<usize>,
        device: &Device,
    ) -> Result<Columns> {
        if geometry.is_pointwise() {
            return Ok(Columns { pixels, indices: None });
        }
        let by_tap =
            |tap: usize| pixels.clone().map(move |pixel| read(tap, pixel).map_or(NOTHING, |index| index as u32));
        let indices: Vec<u32> = (0..geometry.taps()).flat_map(by_tap).collect();
        Ok(Columns { indices: Some(Tensor::new(indices, device)?), pixels })
    }

    /// Gathers these columns of the matrix of `x`, which is channels x samples.
    fn gather(&self, x: &Tensor) -> Result<Tensor> {
        let pixels = self.pixels.len();
        if !x.is_contiguous() {
            // Metal's kernel would read other samples.
            candle_core::bail!("columns are gathered from a tensor that is not contiguous");
        }
        match &self.indices {
            Some(indices) => x.index_select(indices, 1)?.reshape((x.dim(0)? * indices.elem_count() / pixels, pixels)),
            None => x.narrow(1, self.pixels.start, pixels)?.contiguous(),
        }
    }

    /// Computes what these pixels add to the gradient by the weights, from `x` as inputs x samples and `gradient` as
    /// outputs x pixels.
    pub fn by_weight(&self, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let gradient = gradient.narrow(1, self.pixels.start, self.pixels.len())?.contiguous()?;
        gradient.matmul(&self.gather(x)?.t()?)
    }
}

/// Computes the product of `weight`, as rows x (channels and taps), with the matrix of `x`, as channels x samples; it
/// is rows x pixels.
pub(super) fn product(parts: &[Columns], weight: &Tensor, x: &Tensor) -> Result<Tensor> {
    let products = parts.iter().map(|part| weight.matmul(&part.gather(x)?)).collect::<Result<Vec<_>>>()?;
    match products.as_slice() {
        [one] => Ok(one.clone()),
        many => Tensor::cat(many, 1),
    }
}

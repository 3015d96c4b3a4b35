//! Resizing of pictures for previews, alpha and enlarged inputs; it is never part of a data term.

use super::layout::MAX_SIDE;
use super::picture::Picture;
use super::size::Size;
use crate::error::{Error, Result};
use crate::room;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{F32, InnerPixel};
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

/// The filter that a picture is resized by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResizeFilter {
    /// The mean of the pixels whose centres lie in the area that a new pixel covers, or the nearest one; for previews.
    Area,
    /// Keys' cubic convolution; for enlarged inputs and alpha.
    Bicubic,
    /// The Lanczos filter with a support of 3 pixels of the smaller picture, as Pillow's LANCZOS; for benchmarks.
    Lanczos3,
}

/// Resizes every channel, anti-aliased where it gets smaller. Samples may leave 0..1 a little with the sharper kernels.
///
/// # Errors
/// `InvalidArgument` for an empty size; `OutOfMemory` where the resized picture has no room.
pub fn resize(picture: &Picture, size: Size, filter: ResizeFilter) -> Result<Picture> {
    let (old_width, old_height) = sides(picture.size)?;
    let (width, height) = sides(size)?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter.kernel()));
    let mut resizer = Resizer::new();
    let mut samples = room::vector(size.area() * picture.channels)?;
    for channel in 0..picture.channels {
        let plane = picture.plane(channel);
        let plane: Vec<F32> = room::collect(plane.len(), plane.iter().map(|&sample| F32::new(sample)))?;
        let plane = TypedImageRef::new(old_width, old_height, &plane).map_err(internal)?;
        let resized = room::filled(size.area(), F32::new(0.0))?;
        let mut resized = TypedImage::<F32>::from_pixels(width, height, resized).map_err(internal)?;
        resizer.resize_typed(&plane, &mut resized, &options).map_err(internal)?;
        samples.extend_from_slice(F32::components(resized.pixels()));
    }
    Ok(Picture { size, channels: picture.channels, samples })
}

impl ResizeFilter {
    fn kernel(self) -> FilterType {
        match self {
            ResizeFilter::Area => FilterType::Box,
            ResizeFilter::Bicubic => FilterType::CatmullRom,
            ResizeFilter::Lanczos3 => FilterType::Lanczos3,
        }
    }
}

/// Gives width and height as the library wants them.
fn sides(size: Size) -> Result<(u32, u32)> {
    let side = |pixels: usize| u32::try_from(pixels).ok().filter(|_| (1..=MAX_SIDE).contains(&pixels));
    let sides = side(size.width).zip(side(size.height));
    sides.ok_or_else(|| Error::invalid(format!("size is {size}, each side must be 1 to {MAX_SIDE}")))
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("resize: {error}"))
}

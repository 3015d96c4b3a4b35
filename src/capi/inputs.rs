//! `DipInputs` in, the session's inputs out.

use super::image;
use super::sized::{self, Growing};
use super::types::*;
use crate::error::{Error, Result};
use crate::pixels::{Layout, import, import_mask};
use crate::session::Inputs;
use std::ptr::null;

// SAFETY: repr(C), struct_size first, two u32 and six pointers without gaps; any bytes are a pointer.
unsafe impl Growing for DipInputs {
    const FIRST_SIZE: usize = size_of::<DipInputs>();
}

/// How the program's image lies in its memory, without a look at its samples.
///
/// # Errors
/// As [`read`], of the image alone.
///
/// # Safety
/// As [`read`].
pub unsafe fn image_layout(inputs: *const DipInputs) -> Result<Layout> {
    // SAFETY: as this function's own promise.
    let inputs = unsafe { sized::read(inputs, "inputs", UNSET) }?;
    // SAFETY: the header asks for a picture that covers its strides.
    unsafe { image::source(inputs.image, inputs.pixels, "image") }.map(|source| source.layout)
}

/// Copies the program's pictures.
///
/// # Errors
/// `InvalidArgument` for NULL where the header wants a picture, and those of the import.
///
/// # Safety
/// `inputs` is NULL or points to a `DipInputs` whose pictures are as the header describes them.
pub unsafe fn read(inputs: *const DipInputs) -> Result<Inputs> {
    // SAFETY: as this function's own promise.
    let inputs = unsafe { sized::read(inputs, "inputs", UNSET) }?;
    if inputs.reserved != 0 {
        return Err(Error::invalid(format!("inputs.reserved is {}, must be 0", inputs.reserved)));
    }
    // SAFETY: the header asks for pictures that cover their strides.
    let pictures = unsafe {
        (
            image::source(inputs.image, inputs.pixels, "image")?,
            image::optional_source(inputs.mask, inputs.mask_pixels, "mask")?,
            image::optional_source(inputs.guide, inputs.guide_pixels, "guide")?,
        )
    };
    let (image, mask, guide) = pictures;
    Ok(Inputs {
        image: import(&image.layout, image.origin, image.bytes)?,
        mask: mask.map(|mask| import_mask(&mask.layout, mask.origin, mask.bytes)).transpose()?,
        guide: guide.map(|guide| import(&guide.layout, guide.origin, guide.bytes)).transpose()?,
    })
}

const UNSET: DipInputs = DipInputs {
    struct_size: 0,
    reserved: 0,
    image: null(),
    pixels: null(),
    mask: null(),
    mask_pixels: null(),
    guide: null(),
    guide_pixels: null(),
};

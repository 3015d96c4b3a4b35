//! `DipInputs` in, the session's inputs out.

use super::image::{self, Source};
use super::sized::{self, Growing};
use super::types::*;
use crate::error::{Error, Result};
use crate::pixels::{Layout, Original, Picture, import, import_mask, original};
use crate::session::{Given, Inputs};
use std::ptr::null;

// SAFETY: repr(C), struct_size first, two u32 and six pointers without gaps; any bytes are a pointer.
unsafe impl Growing for DipInputs {
    const FIRST_SIZE: usize = size_of::<DipInputs>();
}

/// Tells how the program's image lies in its memory, without a look at its samples.
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
    let Sources { image, mask, guide } = unsafe { sources(inputs) }?;
    Ok(Inputs {
        image: import(&image.layout, image.origin, image.bytes)?,
        mask: mask.map(|mask| import_mask(&mask.layout, mask.origin, mask.bytes)).transpose()?,
        guide: guide.map(|guide| import(&guide.layout, guide.origin, guide.bytes)).transpose()?,
    })
}

/// What a key is made of: the samples alone, which is sooner done.
pub struct Samples {
    image: Original,
    mask: Option<Picture>,
    guide: Option<Original>,
}

impl Samples {
    /// Copies the samples alone.
    ///
    /// # Errors
    /// As [`read`].
    ///
    /// # Safety
    /// As [`read`].
    pub unsafe fn read(inputs: *const DipInputs) -> Result<Samples> {
        // SAFETY: as this function's own promise.
        let Sources { image, mask, guide } = unsafe { sources(inputs) }?;
        Ok(Samples {
            image: original(&image.layout, image.origin, image.bytes)?,
            mask: mask.map(|mask| import_mask(&mask.layout, mask.origin, mask.bytes)).transpose()?,
            guide: guide.map(|guide| original(&guide.layout, guide.origin, guide.bytes)).transpose()?,
        })
    }

    /// Lends the samples to whoever makes a key of them.
    pub fn given(&self) -> Given<'_> {
        Given { image: &self.image, mask: self.mask.as_ref(), guide: self.guide.as_ref() }
    }
}

/// The program's pictures, where they lie.
struct Sources<'a> {
    image: Source<'a>,
    mask: Option<Source<'a>>,
    guide: Option<Source<'a>>,
}

unsafe fn sources<'a>(inputs: *const DipInputs) -> Result<Sources<'a>> {
    // SAFETY: as the callers' promise.
    let inputs = unsafe { sized::read(inputs, "inputs", UNSET) }?;
    if inputs.reserved != 0 {
        return Err(Error::invalid(format!("inputs.reserved is {}, must be 0", inputs.reserved)));
    }
    // SAFETY: the header asks for pictures that cover their strides.
    unsafe {
        Ok(Sources {
            image: image::source(inputs.image, inputs.pixels, "image")?,
            mask: image::optional_source(inputs.mask, inputs.mask_pixels, "mask")?,
            guide: image::optional_source(inputs.guide, inputs.guide_pixels, "guide")?,
        })
    }
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

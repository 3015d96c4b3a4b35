//! The program's pictures: from a `DipImage` and a pointer to a layout and the bytes it covers.

use super::sized::refuse_null;
use super::types::*;
use crate::error::{Error, Result};
use crate::pixels::{Layout, Sample, Size, Transfer};
use std::ffi::c_void;

/// A picture to read.
pub struct Source<'a> {
    pub layout: Layout,
    /// The offset in `bytes` of channel 0 of the top-left pixel.
    pub origin: usize,
    pub bytes: &'a [u8],
}

/// A picture to write.
pub struct Target<'a> {
    pub layout: Layout,
    /// The offset in `bytes` of channel 0 of the top-left pixel.
    pub origin: usize,
    pub bytes: &'a mut [u8],
}

/// Where a picture lies in memory.
struct Span {
    layout: Layout,
    origin: usize,
    first: *mut u8,
    len: usize,
}

/// Finds the program's picture that is to be read.
///
/// # Errors
/// `InvalidArgument` for NULL, an unknown constant, or strides that leave the address space.
///
/// # Safety
/// `image` and `pixels` are NULL or point to a picture of the program's, as the header describes it.
pub unsafe fn source<'a>(image: *const DipImage, pixels: *const c_void, name: &str) -> Result<Source<'a>> {
    // SAFETY: as this function's own promise.
    let span = unsafe { span(image, pixels, name) }?;
    // SAFETY: the header promises that the span of the strides is readable and unchanged during the call.
    let bytes = unsafe { std::slice::from_raw_parts(span.first, span.len) };
    Ok(Source { layout: span.layout, origin: span.origin, bytes })
}

/// Finds a picture to read that may be left out: `None` where both are NULL.
///
/// # Errors
/// As [`source`]; also where only one of the two is NULL.
///
/// # Safety
/// As [`source`].
pub unsafe fn optional_source<'a>(
    image: *const DipImage,
    pixels: *const c_void,
    name: &str,
) -> Result<Option<Source<'a>>> {
    if image.is_null() && pixels.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function's own promise.
    unsafe { source(image, pixels, name) }.map(Some)
}

/// Finds the program's picture that is to be written.
///
/// # Errors
/// As [`source`].
///
/// # Safety
/// As [`source`], and writable.
pub unsafe fn target<'a>(image: *const DipImage, pixels: *mut c_void) -> Result<Target<'a>> {
    // SAFETY: as this function's own promise.
    let span = unsafe { span(image, pixels, "image") }?;
    // SAFETY: the header promises that the span is writable and nobody else's during the call.
    let bytes = unsafe { std::slice::from_raw_parts_mut(span.first, span.len) };
    Ok(Target { layout: span.layout, origin: span.origin, bytes })
}

unsafe fn span(image: *const DipImage, pixels: *const c_void, name: &str) -> Result<Span> {
    refuse_null(image, name)?;
    refuse_null(pixels, if name == "image" { "pixels".into() } else { format!("{name}_pixels") }.as_str())?;
    // SAFETY: the header asks for a DipImage, which never grows.
    let layout = layout(&unsafe { image.read_unaligned() }, name)?;
    let (low, high) = layout.extent()?;
    let address = pixels as usize;
    if address.checked_add_signed(low).is_none() || address.checked_add_signed(high).is_none() {
        return Err(Error::invalid(format!("strides of {name} leave the address space")));
    }
    let first = pixels.cast_mut().cast::<u8>().wrapping_offset(low);
    // `extent` gives low <= 0 < high, and their distance fits an isize.
    Ok(Span { layout, origin: low.unsigned_abs(), first, len: high.abs_diff(low) })
}

fn layout(image: &DipImage, name: &str) -> Result<Layout> {
    let layout = Layout {
        size: Size::new(image.width as usize, image.height as usize),
        channels: image.channels as usize,
        sample: sample(image.sample, name)?,
        transfer: transfer(image.transfer, name)?,
        premultiplied: is_premultiplied(image.flags, name)?,
        channel_stride: image.channel_stride,
        pixel_stride: image.pixel_stride,
        row_stride: image.row_stride,
    };
    // Before the packed strides are computed: it keeps their products from overflow.
    layout.extent().map_err(|error| name_picture(error, name))?;
    if (image.channel_stride, image.pixel_stride, image.row_stride) == (0, 0, 0) {
        let packed = Layout::packed(layout.size, layout.channels, layout.sample);
        return Ok(Layout { transfer: layout.transfer, premultiplied: layout.premultiplied, ..packed });
    }
    refuse_one_stride_0(image, name)?;
    Ok(layout)
}

/// A stride that was left out would be taken for one that repeats the same samples.
fn refuse_one_stride_0(image: &DipImage, name: &str) -> Result<()> {
    let strides = [
        ("channel_stride", image.channel_stride, image.channels),
        ("pixel_stride", image.pixel_stride, image.width),
        ("row_stride", image.row_stride, image.height),
    ];
    match strides.into_iter().find(|(_, stride, count)| *stride == 0 && *count > 1) {
        Some((stride, ..)) => Err(Error::invalid(format!("{name}.{stride} is 0: set all three strides, or none"))),
        None => Ok(()),
    }
}

/// The layout calls every picture an image.
fn name_picture(error: Error, name: &str) -> Error {
    match error {
        Error::InvalidArgument(text) if name != "image" => Error::invalid(format!("{name}: {text}")),
        other => other,
    }
}

fn sample(sample: DipSample, name: &str) -> Result<Sample> {
    match sample {
        DIP_SAMPLE_U8 => Ok(Sample::U8),
        DIP_SAMPLE_U16 => Ok(Sample::U16),
        DIP_SAMPLE_F16 => Ok(Sample::F16),
        DIP_SAMPLE_F32 => Ok(Sample::F32),
        other => Err(Error::invalid(format!("{name}.sample is {other}, must be 0 to {DIP_SAMPLE_F32}"))),
    }
}

fn transfer(transfer: DipTransfer, name: &str) -> Result<Transfer> {
    match transfer {
        DIP_TRANSFER_ENCODED => Ok(Transfer::Encoded),
        DIP_TRANSFER_LINEAR => Ok(Transfer::Linear),
        other => Err(Error::invalid(format!("{name}.transfer is {other}, must be 0 to {DIP_TRANSFER_LINEAR}"))),
    }
}

fn is_premultiplied(flags: u32, name: &str) -> Result<bool> {
    match flags {
        0 => Ok(false),
        DIP_IMAGE_PREMULTIPLIED => Ok(true),
        other => Err(Error::invalid(format!("{name}.flags is {other}, must be 0 or {DIP_IMAGE_PREMULTIPLIED}"))),
    }
}

//! What a file's header says of its picture, before any sample is decoded: a few bytes may stand for gigabytes.

use crate::failure::{self, Result};
use crate::picture::limits::Limits;
use dipkit::options::Options;
use dipkit::pixels::{Layout, Sample, Size};
use dipkit::session::Session;
use image::{ImageDecoder, ImageReader};
use std::io::Cursor;

/// The bytes that decoders may take for a header and what stands beside it.
const HEADER_BYTES: u64 = 16 << 20;
/// The channels of a picture whose header does not state them: there is at least one.
const LEAST_CHANNELS: usize = 1;

/// Refuses a picture whose size alone is more than is read, or too much for the memory limit or the machine. A header
/// that cannot be read is left to the decoder.
///
/// # Errors
/// The same as those of [`Limits::check`] and [`Session::check_size`].
pub fn check(bytes: &[u8], options: &Options) -> Result<()> {
    let Some((size, channels)) = size_by_image(bytes).or_else(|| size_by_tiff(bytes)) else { return Ok(()) };
    Limits::new(options.memory_limit).check(size.width as u64, size.height as u64)?;
    match Session::check_size(options, &Layout::packed(size, channels, Sample::U8)) {
        // It is for the session to say that an option is out of range.
        Err(dipkit::Error::InvalidArgument(_)) => Ok(()),
        checked => checked.map_err(failure::session_refused),
    }
}

/// The size and the channels that the picture library finds.
fn size_by_image(bytes: &[u8]) -> Option<(Size, usize)> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(HEADER_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    Some((Size::new(width as usize, height as usize), usize::from(decoder.color_type().channel_count())))
}

/// The size and the channels that the TIFF library finds.
fn size_by_tiff(bytes: &[u8]) -> Option<(Size, usize)> {
    let mut limits = tiff::decoder::Limits::default();
    limits.ifd_value_size = HEADER_BYTES as usize;
    let mut decoder = tiff::decoder::Decoder::new(Cursor::new(bytes)).ok()?.with_limits(limits);
    let (width, height) = decoder.dimensions().ok()?;
    let channels = decoder.colortype().map_or(LEAST_CHANNELS, |colour| usize::from(colour.num_samples()));
    Some((Size::new(width as usize, height as usize), channels.clamp(LEAST_CHANNELS, 4)))
}

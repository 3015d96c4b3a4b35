//! How large a picture a file may ask for, tested before anything is allocated for it.

use crate::failure::{Failure, Result};
use dipkit::pixels::layout::MAX_SIDE;

/// The number of pixels, and so of bytes, that decoding a file may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pixels: u64,
}

/// The pixels that are read unless a memory limit allows more. A fit of so many would take weeks.
const DEFAULT_PIXELS: u64 = 100_000_000;
/// The bytes of a pixel with four channels of 32 bits.
const BYTES_PER_PIXEL: u64 = 16;
/// The bytes that decoders may take for their own tables and rows.
const DECODER_BYTES: u64 = 256 << 20;

impl Limits {
    /// Allows 100 megapixels, or as many pixels as `memory_limit` bytes hold if that is more.
    pub fn new(memory_limit: u64) -> Self {
        Limits { pixels: DEFAULT_PIXELS.max(memory_limit / BYTES_PER_PIXEL) }
    }

    /// Refuses a picture that is too large, before anything is allocated for it.
    ///
    /// # Errors
    /// A side is 0 or too long, or there are too many pixels.
    pub fn check(&self, width: u64, height: u64) -> Result<()> {
        let pixels = width.saturating_mul(height);
        let largest = MAX_SIDE as u64;
        if width == 0 || height == 0 || width > largest || height > largest {
            return Err(Failure::wrong_input(format!("is {width}x{height}, each side must be 1 to {largest}")));
        }
        if pixels > self.pixels {
            return Err(Failure::wrong_input(format!(
                "is {width}x{height} ({} megapixels), more than the {} megapixels that are read: crop or shrink it, \
                 or raise --memory-limit",
                pixels / 1_000_000,
                self.pixels / 1_000_000
            )));
        }
        Ok(())
    }

    /// Refuses samples that take more bytes than the largest picture that is read.
    ///
    /// # Errors
    /// There are too many bytes.
    pub fn check_bytes(&self, bytes: u64) -> Result<()> {
        if bytes > self.bytes() {
            return Err(Failure::wrong_input(format!(
                "needs {} MiB to decode, more than the {} MiB that are allowed: drop channels, or raise --memory-limit",
                bytes >> 20,
                self.bytes() >> 20
            )));
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.pixels.saturating_mul(BYTES_PER_PIXEL).saturating_add(DECODER_BYTES)
    }

    /// These limits, as the TIFF library takes them.
    pub fn tiff(&self) -> ::tiff::decoder::Limits {
        let bytes = usize::try_from(self.bytes()).unwrap_or(usize::MAX);
        let mut limits = ::tiff::decoder::Limits::default();
        limits.decoding_buffer_size = bytes;
        limits.intermediate_buffer_size = bytes;
        limits.ifd_value_size = DECODER_BYTES as usize;
        limits
    }

    /// These limits, as the picture library takes them.
    pub fn image(&self) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(MAX_SIDE as u32);
        limits.max_image_height = Some(MAX_SIDE as u32);
        limits.max_alloc = Some(self.bytes());
        limits
    }
}

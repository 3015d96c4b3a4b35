//! How a host's buffer is laid out: sizes, sample type and three signed strides.

use super::size::Size;
use crate::error::{Error, Result};
use std::ops::Range;

/// The type of a stored sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// Unsigned bytes, 0..255.
    U8,
    /// Unsigned numbers of 16 bits, 0..65535, in native byte order.
    U16,
    /// IEEE half-precision numbers; 0..1 is the nominal range.
    F16,
    /// IEEE single-precision numbers; 0..1 is the nominal range, and brighter and negative samples survive.
    F32,
}

impl Sample {
    /// Gives the bytes of one stored sample.
    pub fn bytes(self) -> usize {
        match self {
            Sample::U8 => 1,
            Sample::U16 | Sample::F16 => 2,
            Sample::F32 => 4,
        }
    }
}

/// What the stored samples mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// Display-encoded; the fit works in this space.
    Encoded,
    /// Linear light; converted with the sRGB curve, both ways.
    Linear,
}

/// A picture in a host's memory. Strides are bytes and may be negative or planar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub size: Size,
    /// The number of channels: 1 is grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    pub channels: usize,
    pub sample: Sample,
    pub transfer: Transfer,
    /// Whether stored colours are multiplied by alpha.
    pub premultiplied: bool,
    pub channel_stride: isize,
    pub pixel_stride: isize,
    pub row_stride: isize,
}

impl Layout {
    /// Makes a layout without gaps: channels interleaved, display-encoded, not premultiplied.
    pub fn packed(size: Size, channels: usize, sample: Sample) -> Self {
        let bytes = sample.bytes() as isize;
        Layout {
            size,
            channels,
            sample,
            transfer: Transfer::Encoded,
            premultiplied: false,
            channel_stride: bytes,
            pixel_stride: bytes * channels as isize,
            row_stride: bytes * channels as isize * size.width as isize,
        }
    }

    /// Gives the number of channels without alpha: 1 or 3.
    pub fn colours(&self) -> usize {
        if self.channels > 2 { 3 } else { 1 }
    }

    /// Whether the last channel is alpha.
    pub fn has_alpha(&self) -> bool {
        self.channels == 2 || self.channels == 4
    }

    /// Whether stored colours are multiplied by alpha; never without alpha, whatever the flag says.
    pub(super) fn premultiplies(&self) -> bool {
        self.premultiplied && self.has_alpha()
    }

    /// Gives the bytes, counted from channel 0 of the top-left pixel, that the picture covers: the offset of the first
    /// one (at most 0) and the offset behind the last one.
    ///
    /// # Errors
    /// `InvalidArgument` for a side of 0 or above 2^20, channels outside 1..=4, or strides that leave the address
    /// space.
    pub fn extent(&self) -> Result<(isize, isize)> {
        let Size { width, height } = self.size;
        if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
            return Err(Error::invalid(format!("image is {}, each side must be 1 to {MAX_SIDE}", self.size)));
        }
        if !(1..=4).contains(&self.channels) {
            return Err(Error::invalid(format!("image has {} channels, must be 1 to 4", self.channels)));
        }
        let steps = [(self.channel_stride, self.channels), (self.pixel_stride, width), (self.row_stride, height)];
        let (mut low, mut high) = (0isize, self.sample.bytes() as isize);
        for (stride, count) in steps {
            let far = stride.checked_mul(count as isize - 1).ok_or_else(|| self.too_far())?;
            low = low.checked_add(far.min(0)).ok_or_else(|| self.too_far())?;
            high = high.checked_add(far.max(0)).ok_or_else(|| self.too_far())?;
        }
        high.checked_sub(low).ok_or_else(|| self.too_far())?;
        Ok((low, high))
    }

    /// Checks that a buffer of `bytes` bytes holds the picture when channel 0 of its top-left pixel is at
    /// `origin`. `name` is what the text calls it: "image", "mask".
    ///
    /// # Errors
    /// `InvalidArgument` for a layout that [`Layout::extent`] refuses, and for a buffer too small.
    pub fn check_buffer(&self, name: &str, origin: usize, bytes: usize) -> Result<()> {
        let (low, high) = self.extent()?;
        let before = low.unsigned_abs();
        if before > origin {
            let text = format!("{name} of {} needs {before} bytes before its top-left pixel, has {origin}", self.size);
            return Err(Error::invalid(text));
        }
        // `extent` leaves `high` at 1 or more.
        let needed_bytes = origin.saturating_add(high.unsigned_abs());
        if needed_bytes > bytes {
            return Err(Error::invalid(format!("{name} of {} needs {needed_bytes} bytes, has {bytes}", self.size)));
        }
        Ok(())
    }

    /// Tells where a sample lies in a buffer that passed [`Layout::check_buffer`] with this origin.
    pub(super) fn range(&self, origin: usize, channel: usize, x: usize, y: usize) -> Range<usize> {
        let start = origin.wrapping_add_signed(self.offset(channel, x, y));
        start..start + self.sample.bytes()
    }

    fn too_far(&self) -> Error {
        Error::invalid(format!("strides of the {} image leave the address space", self.size))
    }

    /// Gives the byte offset of a sample from channel 0 of the top-left pixel.
    pub fn offset(&self, channel: usize, x: usize, y: usize) -> isize {
        channel as isize * self.channel_stride + x as isize * self.pixel_stride + y as isize * self.row_stride
    }
}

/// Largest side of a picture, which keeps every product of sizes far from overflow.
pub const MAX_SIDE: usize = 1 << 20;

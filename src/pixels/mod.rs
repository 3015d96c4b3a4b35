//! Pictures as owned f32 planes, and the ways in from and out to a host's buffers.
//! Everything after the import sees display-encoded samples in 0..1.

pub mod export;
mod fill;
mod grey;
pub mod import;
pub mod jpeg;
mod jpeg_quality;
mod jpeg_table;
mod jpeg_trust;
pub mod layout;
pub mod metrics;
pub mod resize;
mod surface;
pub mod transfer;

pub use export::export;
pub(crate) use fill::fill_missing;
pub use fill::fill_smoothly;
pub use import::{Imported, Original, import, import_mask, original};
pub use layout::{Layout, Sample, Transfer};

use crate::error::Result;
use crate::room;
use std::fmt;

/// Width and height in pixels; prints as `64x48`, 64 wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: usize,
    pub height: usize,
}

impl Size {
    /// Width first, as everywhere.
    pub fn new(width: usize, height: usize) -> Self {
        Size { width, height }
    }

    /// Indices of the pixels to the left, to the right, above and below pixel `i`, where there is one.
    pub fn neighbours(self, i: usize) -> impl Iterator<Item = usize> {
        let Size { width, height } = self;
        let (x, y) = (i % width, i / width);
        let each = [
            (x > 0).then(|| i - 1),
            (x + 1 < width).then(|| i + 1),
            (y > 0).then(|| i - width),
            (y + 1 < height).then(|| i + width),
        ];
        each.into_iter().flatten()
    }

    /// Number of pixels.
    pub fn area(self) -> usize {
        self.width * self.height
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A rectangle of a picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    pub x: usize,
    pub y: usize,
    pub size: Size,
}

impl Region {
    /// All of a picture of this size.
    pub fn whole(size: Size) -> Self {
        Region { x: 0, y: 0, size }
    }

    /// The same in a picture `factor` times as large.
    pub fn scaled(self, factor: usize) -> Self {
        let Region { x, y, size } = self;
        Region { x: x * factor, y: y * factor, size: Size::new(size.width * factor, size.height * factor) }
    }

    /// What both share, if anything.
    pub fn intersection(self, other: Region) -> Option<Region> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = (self.x + self.size.width).min(other.x + other.size.width);
        let bottom = (self.y + self.size.height).min(other.y + other.size.height);
        (x < right && y < bottom).then(|| Region { x, y, size: Size::new(right - x, bottom - y) })
    }

    /// A rectangle of each plane of this `size`.
    pub fn cut<T: Copy>(self, planes: &[T], size: Size) -> Vec<T> {
        let rows = |plane: &[T]| -> Vec<T> {
            let rows = plane.chunks_exact(size.width).skip(self.y).take(self.size.height);
            rows.flat_map(|row| &row[self.x..][..self.size.width]).copied().collect()
        };
        planes.chunks_exact(size.area()).flat_map(rows).collect()
    }
}

/// Planes of one size: channel after channel, each row after row (C, H, W).
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub size: Size,
    pub channels: usize,
    pub samples: Vec<f32>,
}

impl Picture {
    /// A picture with every sample at `sample`.
    pub fn filled(size: Size, channels: usize, sample: f32) -> Self {
        Picture { size, channels, samples: vec![sample; size.area() * channels] }
    }

    /// As [`Picture::filled`], where there may be no room for it.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn try_filled(size: Size, channels: usize, sample: f32) -> Result<Self> {
        Ok(Picture { size, channels, samples: room::filled(size.area() * channels, sample)? })
    }

    /// As [`Picture::clone`], where there may be no room for it.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Picture { samples: room::copy(&self.samples)?, ..*self })
    }

    /// The samples of one channel, row after row.
    pub fn plane(&self, channel: usize) -> &[f32] {
        &self.samples[channel * self.size.area()..][..self.size.area()]
    }

    /// As [`Picture::plane`], to write to.
    pub fn plane_mut(&mut self, channel: usize) -> &mut [f32] {
        let area = self.size.area();
        &mut self.samples[channel * area..][..area]
    }

    /// A rectangle of it.
    pub fn crop(&self, region: Region) -> Picture {
        if region == Region::whole(self.size) {
            return self.clone();
        }
        Picture { size: region.size, channels: self.channels, samples: region.cut(&self.samples, self.size) }
    }

    /// As [`Picture::crop`], where there may be no room for it.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn try_crop(&self, region: Region) -> Result<Picture> {
        if region == Region::whole(self.size) {
            return self.try_clone();
        }
        let mut samples = room::vector(region.size.area() * self.channels)?;
        for channel in 0..self.channels {
            let rows = self.plane(channel).chunks_exact(self.size.width).skip(region.y).take(region.size.height);
            rows.for_each(|row| samples.extend_from_slice(&row[region.x..][..region.size.width]));
        }
        Ok(Picture { size: region.size, channels: self.channels, samples })
    }
}

//! Pictures as planes of samples.

use super::region::Region;
use super::size::Size;
use crate::error::Result;
use crate::room;

/// A picture as planes of one size: channel after channel, each row after row (C, H, W).
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub size: Size,
    pub channels: usize,
    pub samples: Vec<f32>,
}

impl Picture {
    /// Makes a picture with every sample at `sample`.
    pub fn filled(size: Size, channels: usize, sample: f32) -> Self {
        Picture { size, channels, samples: vec![sample; size.area() * channels] }
    }

    /// Makes a picture with every sample at `sample`, or fails where there is no room for it.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn try_filled(size: Size, channels: usize, sample: f32) -> Result<Self> {
        Ok(Picture { size, channels, samples: room::filled(size.area() * channels, sample)? })
    }

    /// Copies the picture, or fails where there is no room for the copy.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Picture { samples: room::copy(&self.samples)?, ..*self })
    }

    /// Gives the samples of one channel, row after row.
    pub fn plane(&self, channel: usize) -> &[f32] {
        &self.samples[channel * self.size.area()..][..self.size.area()]
    }

    /// Gives the samples of one channel to write to, row after row.
    pub fn plane_mut(&mut self, channel: usize) -> &mut [f32] {
        let area = self.size.area();
        &mut self.samples[channel * area..][..area]
    }

    /// Copies a region out of the picture.
    pub fn crop(&self, region: Region) -> Picture {
        if region == Region::whole(self.size) {
            return self.clone();
        }
        Picture { size: region.size, channels: self.channels, samples: region.cut(&self.samples, self.size) }
    }

    /// Copies a region out of the picture, or fails where there is no room for the copy.
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

//! EXR out, grey: the picture library writes colour alone.

use super::failure::{Failure, Result, Status};
use super::raster::Raster;
use exr::image::{Image, SpecificChannels};
use exr::math::Vec2;
use exr::prelude::WritableImage;
use std::io::Cursor;

/// A whole EXR file of 32-bit floats: Y, and A where there is transparency.
///
/// # Errors
/// An encoder that fails; none should.
pub fn write_grey(raster: &Raster) -> Result<Vec<u8>> {
    let (width, channels) = (raster.size().width, raster.layout.channels);
    let sample = |at: Vec2<usize>, channel: usize| {
        let start = 4 * ((at.y() * width + at.x()) * channels + channel);
        f32::from_ne_bytes([0, 1, 2, 3].map(|byte| raster.bytes[start + byte]))
    };
    let size = Vec2(width, raster.size().height);
    let mut file = Cursor::new(Vec::new());
    let grey = SpecificChannels::build();
    let written = if raster.layout.has_alpha() {
        let channels = grey.with_channel("A").with_channel("Y");
        let channels = channels.with_pixel_fn(|at: Vec2<usize>| (sample(at, 1), sample(at, 0)));
        Image::from_channels(size, channels).write().non_parallel().to_buffered(&mut file)
    } else {
        let channels = grey.with_channel("Y").with_pixel_fn(|at: Vec2<usize>| (sample(at, 0),));
        Image::from_channels(size, channels).write().non_parallel().to_buffered(&mut file)
    };
    written.map_err(|error| Failure::new(Status::Internal, format!("the EXR encoder failed: {error}")))?;
    Ok(file.into_inner())
}

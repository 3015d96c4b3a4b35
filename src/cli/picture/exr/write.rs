//! EXR out: 32-bit floats, grey or in colour, with what the given EXR said beside its pixels.

use crate::failure::{Failure, Result, Status};
use crate::picture::metadata::exr_attributes::ExrAttributes;
use crate::picture::raster::Raster;
use dipkit::pixels::Size;
use exr::image::{Encoding, Image, Layer, SpecificChannels};
use exr::math::Vec2;
use exr::meta::attribute::IntegerBounds;
use exr::meta::header::{ImageAttributes, LayerAttributes};
use exr::prelude::WritableImage;
use std::io::Cursor;

/// The bytes of a whole EXR file: R, G and B, or Y, and A where there is transparency.
///
/// # Errors
/// The encoder fails, which none should.
pub fn write(raster: &Raster, given: Option<&ExrAttributes>) -> Result<Vec<u8>> {
    let (width, channels) = (raster.size().width, raster.layout.channels);
    let sample = |at: Vec2<usize>, channel: usize| {
        let start = 4 * ((at.y() * width + at.x()) * channels + channel);
        f32::from_ne_bytes([0, 1, 2, 3].map(|byte| raster.bytes[start + byte]))
    };
    let mut file = Cursor::new(Vec::new());
    // Channels stand in a file in the order of their names.
    macro_rules! write {
        ($($name:literal => $channel:literal),*) => {{
            let channels = SpecificChannels::build()$(.with_channel($name))*;
            let channels = channels.with_pixel_fn(|at: Vec2<usize>| ($(sample(at, $channel),)*));
            let (image, layer) = attributes(raster.size(), given);
            let size = Vec2(width, raster.size().height);
            let layer = Layer::new(size, layer, Encoding::FAST_LOSSLESS, channels);
            Image::new(image, layer).write().non_parallel().to_buffered(&mut file)
        }};
    }
    let written = match channels {
        1 => write!("Y" => 0),
        2 => write!("A" => 1, "Y" => 0),
        3 => write!("B" => 2, "G" => 1, "R" => 0),
        _ => write!("A" => 3, "B" => 2, "G" => 1, "R" => 0),
    };
    written.map_err(|error| Failure::new(Status::Internal, format!("the EXR encoder failed: {error}")))?;
    Ok(file.into_inner())
}

/// Whether a picture of this size can be written with these attributes: some that are read may not be in a file, such as
/// pixels without a width, a standard name with another type, or a window that grows beyond all numbers.
pub fn can_hold(size: Size, given: &ExrAttributes) -> bool {
    let (image, layer) = attributes(size, Some(given));
    let channels = SpecificChannels::build().with_channel("Y").with_pixel_fn(|_: Vec2<usize>| (0f32,));
    let layer = Layer::new(Vec2(1, 1), layer, Encoding::FAST_LOSSLESS, channels);
    Image::new(image, layer).write().non_parallel().to_buffered(Cursor::new(Vec::new())).is_ok()
}

/// The attributes of the given file, with windows that grow with the picture.
fn attributes(size: Size, given: Option<&ExrAttributes>) -> (ImageAttributes, LayerAttributes) {
    let Some(ExrAttributes { image, layer, size: before }) = given else {
        let window = IntegerBounds::new((0, 0), (size.width, size.height));
        return (ImageAttributes::new(window), LayerAttributes::default());
    };
    let (mut image, mut layer) = (image.clone(), layer.clone());
    let times = |number: i32, after: usize, before: usize| (i64::from(number) * after as i64 / before as i64) as i32;
    let scaled = |Vec2(x, y): Vec2<i32>| Vec2(times(x, size.width, before.width), times(y, size.height, before.height));
    let window = image.display_window;
    let extent = scaled(window.size.to_i32());
    image.display_window = IntegerBounds::new(scaled(window.position), Vec2(extent.x() as usize, extent.y() as usize));
    layer.layer_position = scaled(layer.layer_position);
    (image, layer)
}

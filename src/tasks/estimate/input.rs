//! The network input z.

use crate::error::Result;
use crate::graph::{GraphBuilder, NodeId, Shape};
use crate::options::{Input, ResolvedOptions};
use crate::pixels::resize::{ResizeFilter, resize};
use crate::pixels::{Picture, Size};
use crate::rng::Stream;
use crate::tasks::frame::PaddingFrame;

/// End of the range 0.. of the random input, as in the authors' code.
const NOISE_RANGE: f32 = 0.1;

/// Appends z of the restored picture's size, with fresh noise at each iteration where the options ask for it. `shown`
/// is the picture that becomes z where the options ask for one: the guide, or the degraded picture.
pub fn append(
    graph: &mut GraphBuilder,
    options: &ResolvedOptions,
    shown: &Picture,
    frame: &PaddingFrame,
) -> Result<NodeId> {
    let size = frame.restored();
    let shape = |channels| Shape::new(channels, size.height, size.width);
    let mut constant = |picture: Picture| graph.constant(shape(picture.channels), picture.samples);
    let z = match options.estimator.input {
        Input::Noise => graph.uniform(shape(options.network.input_depth as usize), Stream::Input, NOISE_RANGE),
        Input::Meshgrid => constant(meshgrid(size)),
        Input::Picture => constant(padded(shown, frame, options)?),
    };
    if options.estimator.input_noise > 0.0 {
        return Ok(graph.add_noise(z, Stream::InputNoise, options.estimator.input_noise));
    }
    Ok(z)
}

/// Makes two channels of coordinates: x / (W - 1) and y / (H - 1), both in 0..1.
fn meshgrid(size: Size) -> Picture {
    let mut picture = Picture::filled(size, 2, 0.0);
    let share = |i: usize, length: usize| i as f32 / (length.max(2) - 1) as f32;
    for (i, sample) in picture.plane_mut(0).iter_mut().enumerate() {
        *sample = share(i % size.width, size.width);
    }
    for (i, sample) in picture.plane_mut(1).iter_mut().enumerate() {
        *sample = share(i / size.width, size.height);
    }
    picture
}

/// Pads a picture, which is enlarged first for super-resolution.
fn padded(picture: &Picture, frame: &PaddingFrame, options: &ResolvedOptions) -> Result<Picture> {
    if frame.restored() == frame.outer() {
        return Ok(frame.pad(picture));
    }
    let factor = options.factor as usize;
    let size = Size::new(picture.size.width * factor, picture.size.height * factor);
    Ok(frame.pad_restored(&resize(picture, size, ResizeFilter::Bicubic)?))
}

//! EXR in: red, green and blue, or grey, with or without transparency, as far as the display window or the data reach,
//! whichever is more. What else a file says of itself goes into the result, if that is an EXR too.

use crate::failure::{Failure, Result};
use crate::picture::decoded::Decoded;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::metadata::Metadata;
use crate::picture::metadata::density::ratio;
use crate::picture::metadata::exr_attributes::ExrAttributes;
use crate::picture::raster::Raster;
use dipkit::pixels::{Layout, Sample, Size, Transfer};
use exr::image::{Image, Layer, SpecificChannels};
use exr::math::Vec2;
use exr::meta::MetaData;
use exr::meta::attribute::{IntegerBounds, Text};
use exr::meta::header::Header;
use exr::prelude::{ReadChannels, ReadLayers, ReadSpecificChannel};
use std::io::Cursor;

/// The names of the channels of colour, grey and transparency.
const COLOUR: [&str; 3] = ["R", "G", "B"];
const GREY: &str = "Y";
const ALPHA: &str = "A";
/// The channels that stand beside Y in a picture of brightness and two colour differences.
const DIFFERENCES: [&str; 2] = ["RY", "BY"];
/// How many times larger than the data a window may be: beyond that it is no picture with a margin.
const MOST_MARGIN: u64 = 16;
/// The most bytes that a byte of a file can stand for: what PIZ and ZIP make of a plain area.
const MOST_PACKED: u64 = 4096;

fn has(header: &Header, name: &str) -> bool {
    header.channels.find_index_of_channel(&Text::from(name)).is_some()
}

fn is_colour(header: &Header) -> bool {
    COLOUR.iter().all(|name| has(header, name))
}

/// Decodes a file.
///
/// # Errors
/// The picture is too large, damaged, or of a kind that is not read.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let meta = MetaData::read_from_buffered(Cursor::new(bytes), false).map_err(refuse)?;
    let used = used(&meta.headers)?;
    let position = used.own_attributes.layer_position;
    let window = used.shared_attributes.display_window;
    let whole = union(IntegerBounds::new(position, used.layer_size), window);
    let colours = if is_colour(used) { COLOUR.len() } else { 1 };
    let channels = colours + usize::from(has(used, ALPHA));
    check_size(used, whole, channels, bytes.len(), limits)?;
    let size = Size::new(whole.size.width(), whole.size.height());
    let raster = raster(bytes, used, size, position - whole.position, channels)?;
    let warnings = left_out(&meta.headers, used, channels);
    let metadata = metadata(used, size, whole.position);
    Ok(Decoded { warnings, ..Decoded::sound(raster, Format::Exr, metadata) })
}

/// Refuses a picture that is too large, or larger than the layer or the file can account for.
fn check_size(used: &Header, whole: IntegerBounds, channels: usize, file_bytes: usize, limits: &Limits) -> Result<()> {
    let (width, height) = (whole.size.width() as u64, whole.size.height() as u64);
    limits.check(width, height)?;
    let data = used.layer_size.area() as u64;
    if data * MOST_MARGIN < width * height || data * channels as u64 * 2 > MOST_PACKED * file_bytes as u64 {
        return Err(Failure::wrong_input(format!(
            "is damaged: it declares {width}x{height} pixels and holds far fewer; get a whole copy of it"
        )));
    }
    Ok(())
}

/// A picture of `size`, black but for the layer, which starts at `origin`.
fn raster(bytes: &[u8], used: &Header, size: Size, origin: Vec2<i32>, channels: usize) -> Result<Raster> {
    let mut layout = Layout::packed(size, channels, Sample::F32);
    layout.transfer = Transfer::Linear;
    layout.premultiplied = layout.has_alpha();
    let mut raster = Raster::blank(layout);
    let samples = if is_colour(used) { read_colour(bytes)? } else { read_grey(bytes)? };
    if samples.len() != used.layer_size.area() {
        return Err(Failure::wrong_input(
            "is damaged: it holds fewer samples than it declares; get a whole copy of it",
        ));
    }
    for (y, row) in samples.chunks_exact(used.layer_size.width()).enumerate() {
        let start = ((origin.y() as usize + y) * size.width + origin.x() as usize) * 4 * channels;
        for (pixel, given) in raster.bytes[start..].chunks_exact_mut(4 * channels).zip(row) {
            // Colours come first and transparency last; grey pictures have it in the second place.
            let bytes = given.iter().take(channels).flat_map(|sample| sample.to_ne_bytes());
            pixel.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        }
    }
    Ok(raster)
}

/// What goes into the result if that is an EXR too; the picture starts at `position`.
fn metadata(used: &Header, size: Size, position: Vec2<i32>) -> Metadata {
    let mut attributes =
        ExrAttributes { image: used.shared_attributes.clone(), layer: used.own_attributes.clone(), size };
    attributes.layer.layer_position = position;
    // It shows the picture as it was.
    attributes.layer.preview = None;
    // A pixel's width by its height; a density has it the other way round.
    let density = ratio(1.0, f64::from(attributes.image.pixel_aspect));
    Metadata { exr: Some(Box::new(attributes)), density, ..Metadata::default() }
}

/// The layer that is used: the first with colour, or else the first grey one.
fn used(headers: &[Header]) -> Result<&Header> {
    let has_any = |header: &Header, names: &[&str]| names.iter().any(|name| has(header, name));
    let refuse = |text: &str| Err(Failure::wrong_input(format!("{text}: save it as an RGB EXR first")));
    if headers.iter().all(|header| header.deep) {
        return refuse("holds deep data, several samples a pixel, which are not read");
    }
    let flat: Vec<_> = headers.iter().filter(|header| !header.deep).collect();
    let grey = |header: &&&Header| has(header, GREY) && !has_any(header, &DIFFERENCES);
    match flat.iter().find(|header| is_colour(header)).or(flat.iter().find(grey)) {
        Some(found) if found.channels.list.iter().any(|channel| channel.sampling != Vec2(1, 1)) => {
            refuse("stores channels subsampled, which is not read")
        }
        Some(found) => Ok(*found),
        None if flat.iter().any(|header| has_any(header, &DIFFERENCES)) => {
            refuse("stores brightness and colour differences (Y, RY, BY), which are not read")
        }
        None => refuse("has neither red, green and blue nor Y alone"),
    }
}

fn union(a: IntegerBounds, b: IntegerBounds) -> IntegerBounds {
    let end = |bounds: IntegerBounds| bounds.position + bounds.size.to_i32();
    let start = Vec2(a.position.x().min(b.position.x()), a.position.y().min(b.position.y()));
    let end = Vec2(end(a).x().max(end(b).x()), end(a).y().max(end(b).y()));
    IntegerBounds::new(start, Vec2((end.x() - start.x()) as usize, (end.y() - start.y()) as usize))
}

/// What a picture of this file will lack, each as the end of a sentence that begins with the file's name.
fn left_out(headers: &[Header], used: &Header, channels: usize) -> Vec<String> {
    let mut left_out = Vec::new();
    if used.channels.list.len() > channels {
        left_out.push("has channels beside colour and transparency; they are dropped".into());
    }
    if headers.len() > 1 {
        left_out.push("has several layers; only the first with colour is used".into());
    }
    left_out
}

/// A pixel's colours and transparency.
type Pixel = [f32; 4];
/// The picture's width, and its pixels in rows.
type Pixels = (usize, Vec<Pixel>);

fn blank(size: Vec2<usize>) -> Pixels {
    (size.width(), vec![[0.0; 4]; size.area()])
}

fn put((width, pixels): &mut Pixels, at: Vec2<usize>, pixel: Pixel) {
    pixels[at.y() * *width + at.x()] = pixel;
}

fn read_colour(bytes: &[u8]) -> Result<Vec<Pixel>> {
    let read = exr::prelude::read().no_deep_data().largest_resolution_level().specific_channels();
    let read = read.required("R").required("G").required("B").optional(ALPHA, 1.0f32).collect_pixels(
        |size, _| blank(size),
        |pixels: &mut Pixels, at, (r, g, b, a): (f32, f32, f32, f32)| put(pixels, at, [r, g, b, a]),
    );
    let image = read.first_valid_layer().all_attributes().non_parallel().from_buffered(Cursor::new(bytes));
    Ok(image.map(pixels).map_err(refuse)?.1)
}

fn read_grey(bytes: &[u8]) -> Result<Vec<Pixel>> {
    let read = exr::prelude::read().no_deep_data().largest_resolution_level().specific_channels();
    let read = read.required(GREY).optional(ALPHA, 1.0f32).collect_pixels(
        |size, _| blank(size),
        |pixels: &mut Pixels, at, (grey, alpha): (f32, f32)| put(pixels, at, [grey, alpha, 0.0, 0.0]),
    );
    let image = read.first_valid_layer().all_attributes().non_parallel().from_buffered(Cursor::new(bytes));
    Ok(image.map(pixels).map_err(refuse)?.1)
}

fn pixels<Channels>(image: Image<Layer<SpecificChannels<Pixels, Channels>>>) -> Pixels {
    image.layer_data.channel_data.pixels
}

/// A failure in our own words instead of the library's.
fn refuse(error: exr::error::Error) -> Failure {
    Failure::wrong_input(match error {
        exr::error::Error::NotSupported(_) => {
            "is a kind of EXR that is not read: save it with another compression (ZIP) first"
        }
        _ => "is damaged: get a whole copy of it",
    })
}

//! EXR beside what the picture library reads: grey pictures, as mattes are, and what of a file is left out.

use super::decode::Limits;
use super::failure::{Failure, Result};
use super::raster::Raster;
use dipkit::pixels::{Layout, Sample, Size, Transfer};
use exr::meta::MetaData;
use exr::meta::attribute::{Chromaticities, Text};
use exr::meta::header::Header;
use exr::prelude::{ReadChannels, ReadLayers, ReadSpecificChannel};
use std::io::Cursor;

/// Channels of colour and transparency; Y is what a grey picture has.
const COLOUR: [&str; 3] = ["R", "G", "B"];
const GREY: &str = "Y";
const ALPHA: &str = "A";
/// What else a picture in brightness and two colour differences has.
const DIFFERENCES: [&str; 2] = ["RY", "BY"];
/// x and y of red, green, blue and white, which are meant where a file does not say (Rec. ITU-R BT.709).
const USUAL: [[f32; 2]; 4] = [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], [0.3127, 0.329]];
const NEAR: f32 = 0.001;

/// The layers of a file; none of a damaged one.
fn headers(bytes: &[u8]) -> Vec<Header> {
    MetaData::read_from_buffered(Cursor::new(bytes), false).map_or_else(|_| Vec::new(), |meta| meta.headers.to_vec())
}

fn has(header: &Header, name: &str) -> bool {
    header.channels.find_index_of_channel(&Text::from(name)).is_some()
}

/// What a picture of this file will lack, each the rest of a sentence.
pub fn left_out(bytes: &[u8]) -> Vec<String> {
    let headers = headers(bytes);
    let is_colour = |header: &Header| COLOUR.iter().all(|name| has(header, name));
    let Some(used) = headers.iter().find(|header| is_colour(header)).or(headers.first()) else { return Vec::new() };
    let known: &[&str] = if is_colour(used) { &["R", "G", "B", ALPHA] } else { &[GREY, ALPHA] };
    let mut left_out = Vec::new();
    if used.channels.list.len() > known.iter().filter(|name| has(used, name)).count() {
        left_out.push("has channels beside colour and transparency; they are dropped".into());
    }
    if headers.len() > 1 {
        left_out.push("has several layers; only the first with colour is used".into());
    }
    if used.shared_attributes.chromaticities.as_ref().is_some_and(is_unusual) {
        left_out.push("says which primaries its colours have (chromaticities); that is dropped".into());
    }
    left_out
}

fn is_unusual(chromaticities: &Chromaticities) -> bool {
    let Chromaticities { red, green, blue, white } = chromaticities;
    let given = [red, green, blue, white].map(|point| [point.x(), point.y()]);
    given.as_flattened().iter().zip(USUAL.as_flattened()).any(|(x, usual)| (x - usual).abs() > NEAR)
}

/// A grey picture; none where the file has colour, which the picture library reads.
///
/// # Errors
/// Too large, or damaged.
pub fn read_grey(bytes: &[u8], limits: &Limits) -> Result<Option<Raster>> {
    let headers = headers(bytes);
    let has_any = |header: &Header, names: &[&str]| names.iter().any(|name| has(header, name));
    if headers.iter().any(|header| has_any(header, &COLOUR) || has_any(header, &DIFFERENCES)) {
        return Ok(None);
    }
    let Some(header) = headers.iter().find(|header| has(header, GREY) && !header.deep) else { return Ok(None) };
    let (window, layer) = (header.shared_attributes.display_window, header.layer_size);
    for size in [window.size, layer] {
        limits.check(size.width() as u64, size.height() as u64)?;
    }
    let channels = if has(header, ALPHA) { 2 } else { 1 };
    let origin = window.position - header.own_attributes.layer_position;
    let size = Size::new(window.size.width(), window.size.height());
    let mut layout = Layout::packed(size, channels, Sample::F32);
    layout.transfer = Transfer::Linear;
    layout.premultiplied = layout.has_alpha();
    let samples = read_samples(bytes)?;
    let mut raster = Raster::blank(layout);
    for (i, pixel) in raster.bytes.chunks_exact_mut(4 * channels).enumerate() {
        let (x, y) = ((i % size.width) as i32 + origin.x(), (i / size.width) as i32 + origin.y());
        let is_inside = (0..layer.width() as i32).contains(&x) && (0..layer.height() as i32).contains(&y);
        // Beyond what the layer covers all is black and transparent.
        let sample = if is_inside { samples[y as usize * layer.width() + x as usize] } else { [0.0; 2] };
        let given = sample.into_iter().flat_map(f32::to_ne_bytes);
        pixel.iter_mut().zip(given).for_each(|(byte, given)| *byte = given);
    }
    Ok(Some(raster))
}

/// Brightness and transparency of the first grey layer.
fn read_samples(bytes: &[u8]) -> Result<Vec<[f32; 2]>> {
    let image = exr::prelude::read()
        .no_deep_data()
        .largest_resolution_level()
        .specific_channels()
        .required(GREY)
        .optional(ALPHA, 1.0f32)
        .collect_pixels(
            |size, _| (size.width(), vec![[0.0f32; 2]; size.area()]),
            |(width, samples): &mut (usize, Vec<[f32; 2]>), at, (grey, alpha): (f32, f32)| {
                samples[at.y() * *width + at.x()] = [grey, alpha];
            },
        )
        .first_valid_layer()
        .all_attributes()
        .non_parallel()
        .from_buffered(Cursor::new(bytes))
        .map_err(|error| {
            Failure::wrong(match error {
                exr::error::Error::NotSupported(what) => format!("is a kind of EXR that is not read ({what})"),
                other => format!("is damaged ({other}): get a whole copy of it"),
            })
        })?;
    Ok(image.layer_data.channel_data.pixels.1)
}

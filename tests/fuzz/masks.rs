//! Masks: whatever file one is, it is refused with a sentence or gives a weight from 0 to 1 for each pixel, of which some
//! are missing and some are not.

use crate::bytes::Bytes;
use crate::picture::decode::decode_page;
use crate::picture::decoded::Decoded;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::mask::{Mask, Polarity};
use crate::picture::metadata::Metadata;
use crate::picture::raster::Raster;
use crate::pictures::{made_masks, told};
use dipkit::pixels::{Layout, Sample, Size, Transfer};
use image::metadata::Orientation;
use std::path::Path;

/// Makes a mask of an input: of a file, or of plain samples.
pub fn run(data: &[u8]) {
    let bytes = &mut Bytes(data);
    let polarity = bytes.one_of(&[Polarity::WhiteKeeps, Polarity::WhiteFills]);
    let orientation = Orientation::from_exif(bytes.byte() % 9).unwrap_or(Orientation::NoTransforms);
    let file = if bytes.below(2) == 0 {
        decode_page(bytes.0, Path::new("mask"), &Limits::new(0), 0).map_err(told).ok()
    } else {
        Some(plain(bytes))
    };
    let Some(file) = file.filter(|file| file.raster.size().area() < 1 << 16) else { return };
    let picture = picture(file.raster.size(), orientation, bytes.below(4) == 0);
    let Ok(mask) = Mask::new(&file, &picture, polarity).map_err(told) else { return };
    let weights = &mask.weight.samples;
    assert_eq!((mask.weight.size, mask.weight.channels), (picture.raster.size(), 1));
    assert_eq!(weights.len(), mask.weight.size.area());
    assert!(weights.iter().all(|weight| (0.0..=1.0).contains(weight)));
    assert!(weights.iter().any(|weight| *weight < 1.0) && weights.iter().any(|weight| *weight > 0.0));
    assert!((0.0..=1.0).contains(&mask.missing_share), "{}", mask.missing_share);
}

/// A decoded file of any type with samples of any kind.
fn plain(bytes: &mut Bytes) -> Decoded {
    let size = Size::new(1 + bytes.below(20), 1 + bytes.below(20));
    let sample = bytes.one_of(&[Sample::U8, Sample::U16, Sample::F32]);
    let mut layout = Layout::packed(size, 1 + bytes.below(4), sample);
    layout.premultiplied = layout.has_alpha() && bytes.below(4) == 0;
    layout.transfer = bytes.one_of(&[Transfer::Encoded, Transfer::Encoded, Transfer::Linear]);
    let mut raster = Raster::blank(layout);
    let pattern = bytes.take(64).to_vec();
    for (place, byte) in raster.bytes.iter_mut().enumerate() {
        *byte = pattern.get(place % pattern.len().max(1)).copied().unwrap_or_default();
    }
    let mut file = Decoded::sound(raster, Format::Tiff, Metadata::default());
    file.is_lossy = bytes.below(3) == 0;
    file
}

/// A picture that was turned as it was decoded, or of another size.
fn picture(mask: Size, orientation: Orientation, is_other: bool) -> Decoded {
    let stored = if is_other { Size::new(mask.width + 1, mask.height) } else { mask };
    let raster = Raster::blank(Layout::packed(stored, 3, Sample::U8)).upright(orientation);
    let sound = Decoded::sound(raster, Format::Png, Metadata::default());
    Decoded { orientation, stored_size: stored, ..sound }
}

/// Small masks as files, and plain samples.
pub fn seeds() -> Vec<Vec<u8>> {
    let files = made_masks().into_iter().map(|file| [&[0, 0, 0][..], &file].concat());
    files
        .chain((0..8u8).map(|kind| (0..90).map(|place| if place < 3 { 1 } else { kind.wrapping_mul(place) }).collect()))
        .collect()
}

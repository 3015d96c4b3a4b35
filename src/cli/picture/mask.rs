//! Masks from files: white keeps, black fills, grey is a weight. People save masks in many ways, so this
//! finds where the information is and says what it found.

use crate::failure::{Failure, Result};
use crate::picture::decoded::Decoded;
use crate::picture::metadata::is_turned;
use crate::picture::range::{NumberRange, RangeMapping};
use crate::picture::raster::Raster;
use dipkit::pixels::{Picture, Sample, Size};

/// A mask of the picture's size.
#[derive(Debug)]
pub struct Mask {
    /// The weight of each pixel: 1 is observed, 0 is missing.
    pub weight: Picture,
    /// The share of the picture that is to be filled, 0..1.
    pub missing_share: f64,
    /// What was decided, each as the end of a sentence that begins with the file's name.
    pub notes: Vec<String>,
}

/// Whether a mask says what to keep or what to fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    WhiteKeeps,
    WhiteFills,
}

/// The weights of red, green and blue in luma (BT.601).
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
/// How near to black or white a sample of a lossy mask must be to be taken for it: 16 of 255.
const LOSSY_MARGIN: f32 = 16.0 / 255.0;

impl Mask {
    /// The mask that `file` holds for `picture`.
    ///
    /// # Errors
    /// The sizes differ, there is nothing to fill or nothing to keep, or both colour and transparency are in use.
    pub fn new(file: &Decoded, picture: &Decoded, polarity: Polarity) -> Result<Mask> {
        let mut notes = file.warnings.clone();
        let mut weight = weight(file, &mut notes)?;
        if is_turned(picture.orientation) && weight.size != picture.raster.size() && weight.size == picture.stored_size
        {
            notes.push("is turned with the picture".into());
            weight = turned(&weight, picture);
        }
        check_size(weight.size, picture.raster.size())?;
        for sample in &mut weight.samples {
            let near_end = file.is_lossy && (*sample < LOSSY_MARGIN || *sample > 1.0 - LOSSY_MARGIN);
            let clean = if near_end { sample.round() } else { *sample }.clamp(0.0, 1.0);
            *sample = if polarity == Polarity::WhiteFills { 1.0 - clean } else { clean };
        }
        let kept: f64 = weight.samples.iter().map(|&sample| f64::from(sample)).sum();
        let missing_share = 1.0 - kept / weight.samples.len() as f64;
        if weight.samples.iter().all(|&sample| sample == 1.0) {
            return Err(Failure::wrong_input(
                "leaves nothing to fill: paint black what is to be filled, or use --mask-invert",
            ));
        }
        if weight.samples.iter().all(|&sample| sample == 0.0) {
            return Err(Failure::wrong_input("keeps nothing: paint white what is to be kept, or use --mask-invert"));
        }
        Ok(Mask { weight, missing_share, notes })
    }
}

fn check_size(mask: Size, picture: Size) -> Result<()> {
    if mask == picture {
        return Ok(());
    }
    Err(Failure::wrong_input(format!("is {mask}, the picture is {picture}: they must have the same size")))
}

/// The mask's samples over their whole range. Programs that count or divide write 0 and 1 as integers, or one of the
/// usual ranges.
fn spread(file: &Decoded, notes: &mut Vec<String>) -> Result<Raster> {
    let mut raster = file.raster.clone();
    let ones = NumberRange { black: 0.0, white: 1.0 };
    let is_integer = matches!(raster.layout.sample, Sample::U8 | Sample::U16);
    let found = || file.stated_range.or_else(|| NumberRange::find(&raster, file.metadata.signed_bits));
    let range = if is_integer && ones.holds_all(&raster) { Some(ones) } else { found() };
    if let Some(range) = range {
        notes.push(format!("has numbers of {range}; {} is taken for white", range.white));
        RangeMapping::apply(range, &mut raster, file.metadata.signed_bits)?;
    }
    Ok(raster)
}

/// One plane of weights, made from grey, colour or alpha.
fn weight(file: &Decoded, notes: &mut Vec<String>) -> Result<Picture> {
    let raster = spread(file, notes)?;
    let original = raster.import()?.original.samples;
    let colours = file.raster.layout.colours();
    let is_flat = |channel: usize| original.plane(channel).iter().all(|&sample| sample == original.plane(channel)[0]);
    let has_alpha = file.raster.layout.has_alpha() && !is_flat(colours);
    let has_colour = !(0..colours).all(is_flat);
    if has_alpha && has_colour {
        return Err(Failure::wrong_input("uses both colour and transparency: save it without transparency"));
    }
    if has_alpha {
        notes.push("is read from its transparency: opaque = keep".into());
    }
    let size = original.size;
    let samples = match (has_alpha, colours) {
        (true, _) => original.plane(colours).to_vec(),
        (false, 1) => original.plane(0).to_vec(),
        (false, _) => (0..size.area()).map(|i| luma([0, 1, 2].map(|c| original.plane(c)[i]))).collect(),
    };
    if samples.iter().any(|sample| !sample.is_finite()) {
        return Err(Failure::wrong_input("has samples that are not numbers: save it as a PNG"));
    }
    Ok(Picture { size, channels: 1, samples })
}

fn luma(pixel: [f32; 3]) -> f32 {
    // Equal samples are themselves, whatever the weighted sum rounds to: white must be exactly "keep".
    if pixel[0] == pixel[1] && pixel[1] == pixel[2] {
        return pixel[0];
    }
    pixel.iter().zip(LUMA).map(|(sample, weight)| sample * weight).sum()
}

/// A mask that was painted over the picture as it is stored, turned as the picture was.
fn turned(weight: &Picture, picture: &Decoded) -> Picture {
    use dipkit::pixels::Layout;
    let layout = Layout::packed(weight.size, 1, Sample::F32);
    let bytes = weight.samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect();
    let turned = Raster { layout, bytes }.upright(picture.orientation);
    let samples = turned.bytes.chunks_exact(4).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect();
    Picture { size: turned.size(), channels: 1, samples }
}

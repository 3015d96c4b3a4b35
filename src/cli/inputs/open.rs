//! Opening picture files: reading, decoding, and finding which of a file's numbers are black and white.

use super::picture_file::PictureFile;
use crate::console::Console;
use crate::failure::Result;
use crate::files;
use crate::picture::decoded::Decoded;
use crate::picture::limits::Limits;
use crate::picture::range::{NumberRange, RangeMapping};
use std::path::Path;

/// Reads and decodes a file and says what was left out. Its numbers are spread over the whole range of their type, or over
/// 0 to 1.
///
/// # Errors
/// The file cannot be read or decoded; the message names it.
pub fn open(path: &Path, limits: &Limits, console: &Console) -> Result<Decoded> {
    let mut decoded = open_as_stored(path, limits, console)?;
    let range = found(&decoded);
    spread(&mut decoded, range).map_err(|failure| failure.about(&files::name(path)))?;
    Ok(decoded)
}

/// Opens two files of which one is judged by the other. Where their samples are of one type, they get one range.
///
/// # Errors
/// The same as those of [`open`].
pub fn open_both(paths: [&Path; 2], limits: &Limits, console: &Console) -> Result<[Decoded; 2]> {
    let [mut first, mut second] =
        [open_as_stored(paths[0], limits, console)?, open_as_stored(paths[1], limits, console)?];
    let [mut one, mut other] = [found(&first), found(&second)];
    if first.raster.layout.sample == second.raster.layout.sample {
        let union = |(a, b): (NumberRange, NumberRange)| NumberRange {
            black: a.black.min(b.black),
            white: a.white.max(b.white),
        };
        one = one.zip(other).map(union);
        other = one;
    }
    spread(&mut first, one).map_err(|failure| failure.about(&files::name(paths[0])))?;
    spread(&mut second, other).map_err(|failure| failure.about(&files::name(paths[1])))?;
    if let Some(range) = one.or(other) {
        console.note(&format!("the numbers {range} are taken as the range from black to white"));
    }
    Ok([first, second])
}

/// Reads and decodes a file with the numbers that it has, and says what was left out.
///
/// # Errors
/// The same as those of [`open`].
pub fn open_as_stored(path: &Path, limits: &Limits, console: &Console) -> Result<Decoded> {
    let decoded = PictureFile::read(path)?.decode_alone(limits);
    let decoded = decoded.map_err(|failure| failure.about(&files::name(path)))?;
    warn(&decoded, path, console);
    Ok(decoded)
}

/// Says what is damaged and what was left out.
pub fn warn(decoded: &Decoded, path: &Path, console: &Console) {
    let said = decoded.damage.iter().chain(&decoded.warnings);
    said.for_each(|warning| console.warn(&files::name(path), warning));
}

/// The range of a file's numbers, if it is not that of their type.
pub fn found(decoded: &Decoded) -> Option<NumberRange> {
    decoded.stated_range.or_else(|| NumberRange::find(&decoded.raster, decoded.metadata.signed_bits))
}

/// Spreads a picture's numbers over the whole range of their type, or over 0 to 1.
///
/// # Errors
/// Some integers lie beyond the range.
pub fn spread(decoded: &mut Decoded, range: Option<NumberRange>) -> Result<()> {
    if let Some(range) = range {
        decoded.metadata.scale = Some(RangeMapping::apply(range, &mut decoded.raster, decoded.metadata.signed_bits)?);
    }
    Ok(())
}

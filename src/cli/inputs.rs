//! The files that one picture's fit reads: the picture, its mask or guide, and the truth if it is known.

use crate::console::Console;
use crate::failure::{Failure, Result};
use crate::files;
use crate::picture::decode;
use crate::picture::decoded::Decoded;
use crate::picture::header;
use crate::picture::limits::Limits;
use crate::picture::mask::{Mask, Polarity};
use crate::picture::range::{NumberRange, RangeMapping};
use crate::picture::tiff;
use crate::settings::Settings;
use dipkit::options::Options;
use dipkit::pixels::{Picture, Size};
use dipkit::session::{self, Session};
use std::path::Path;

/// Which files.
#[derive(Debug, Clone, Copy)]
pub struct InputPaths<'a> {
    pub picture: &'a Path,
    pub mask: Option<&'a Path>,
    pub guide: Option<&'a Path>,
    pub truth: Option<&'a Path>,
}

/// Their contents.
#[derive(Debug)]
pub struct FitInputs {
    pub picture: Decoded,
    pub mask: Option<Mask>,
    pub guide: Option<Decoded>,
    /// Display-encoded colour.
    pub truth: Option<Picture>,
}

/// A picture's file as it was read, of which pages are decoded one after the other.
#[derive(Debug)]
pub struct PictureFile<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
}

impl<'a> PictureFile<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence that starts with the file's name.
    pub fn read(path: &'a Path) -> Result<Self> {
        Ok(PictureFile { path, bytes: files::read(path)? })
    }

    /// The pixels of each page; of a file of one, nothing has to be known yet.
    pub fn pages(&self) -> Vec<u64> {
        let pages = tiff::pages::areas(&self.bytes);
        if pages.len() > 1 { pages } else { vec![1] }
    }

    /// Decodes a page, with the file's own numbers.
    ///
    /// # Errors
    /// A sentence without the file's name.
    pub fn decode(&self, limits: &Limits, page: usize) -> Result<Decoded> {
        decode::decode_page(&self.bytes, self.path, limits, page)
    }
}

/// Reads and decodes a file and says what was left out; its numbers are spread over the whole range of their type, or
/// over 0 to 1.
///
/// # Errors
/// A sentence that starts with the file's name.
pub fn open(path: &Path, limits: &Limits, console: &Console) -> Result<Decoded> {
    let mut decoded = open_as_stored(path, limits, console)?;
    let range = found(&decoded);
    spread(&mut decoded, range).map_err(|failure| failure.about(&files::name(path)))?;
    Ok(decoded)
}

/// Two files of which one is judged by the other: where their samples are of one type, so is their range.
///
/// # Errors
/// As [`open`].
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
        console.note(&format!("numbers of {range} are compared as black to white"));
    }
    Ok([first, second])
}

fn open_as_stored(path: &Path, limits: &Limits, console: &Console) -> Result<Decoded> {
    let decoded = open_silently(path, limits)?;
    warn(&decoded, path, console);
    Ok(decoded)
}

fn warn(decoded: &Decoded, path: &Path, console: &Console) {
    let said = decoded.damage.iter().chain(&decoded.warnings);
    said.for_each(|warning| console.warn(&files::name(path), warning));
}

/// The range of a file's numbers, if it is not that of their type.
fn found(decoded: &Decoded) -> Option<NumberRange> {
    decoded.stated_range.or_else(|| NumberRange::find(&decoded.raster, decoded.metadata.signed_bits))
}

fn spread(decoded: &mut Decoded, range: Option<NumberRange>) -> Result<()> {
    if let Some(range) = range {
        decoded.metadata.scale = Some(RangeMapping::apply(range, &mut decoded.raster, decoded.metadata.signed_bits)?);
    }
    Ok(())
}

fn open_silently(path: &Path, limits: &Limits) -> Result<Decoded> {
    let bytes = files::read(path)?;
    decode::decode(&bytes, path, limits).map_err(|failure| failure.about(&files::name(path)))
}

/// As [`open`], for a fit: what its size alone is too much for is not decoded.
fn open_for_fit(path: &Path, options: &Options, console: &Console) -> Result<Decoded> {
    check_header(path, options)?;
    open(path, &Limits::new(options.memory_limit), console)
}

fn check_header(path: &Path, options: &Options) -> Result<()> {
    header::check(&files::read(path)?, options).map_err(|failure| failure.about(&files::name(path)))
}

impl FitInputs {
    /// Reads all files.
    ///
    /// # Errors
    /// The first file that is missing, damaged or does not fit the picture, or is too large for the options' limit.
    pub fn open(paths: &InputPaths, source: &PictureFile, page: usize, settings: &Settings) -> Result<FitInputs> {
        let (polarity, console, options) = (settings.polarity, &settings.console, &settings.options);
        let limits = &Limits::new(options.memory_limit);
        let picture = open_picture(source, page, settings, limits)?;
        let mask = match paths.mask {
            Some(path) => Some(open_mask(path, &picture, polarity, options, console)?),
            None => None,
        };
        let guide = paths.guide.map(|path| open_for_fit(path, options, console)).transpose()?;
        if let (Some(path), Some(guide)) = (paths.guide, &guide) {
            check_size(path, guide.raster.size(), picture.raster.size(), "picture")?;
        }
        let truth = paths.truth.map(|path| open_truth(path, &picture, limits, console)).transpose()?;
        let truth = truth.map(|truth| truth.raster.colour()).transpose()?;
        if let (Some(path), Some(truth)) = (paths.truth, &truth) {
            check_channels(path, truth.channels, picture.raster.layout.colours())?;
        }
        Ok(FitInputs { picture, mask, guide, truth })
    }

    /// For the engine.
    ///
    /// # Errors
    /// `OutOfMemory` for a picture that its size alone is too much for.
    pub fn for_session(&self, options: &Options) -> dipkit::Result<session::Inputs> {
        Session::check_size(options, &self.picture.raster.layout)?;
        Ok(session::Inputs {
            image: self.picture.raster.import()?,
            mask: self.mask.as_ref().map(|mask| mask.weight.clone()),
            guide: self.guide.as_ref().map(|guide| guide.raster.import()).transpose()?,
        })
    }

    /// Refuses a truth of another size than the result's.
    pub fn check_truth(&self, paths: &InputPaths, result: Size) -> Result<()> {
        match (paths.truth, &self.truth) {
            (Some(path), Some(truth)) => check_size(path, truth.size, result, "result"),
            _ => Ok(()),
        }
    }
}

fn open_picture(source: &PictureFile, page: usize, settings: &Settings, limits: &Limits) -> Result<Decoded> {
    let name = files::name(source.path);
    let about = |failure: Failure| failure.about(&name);
    header::check(&source.bytes, &settings.options).map_err(about)?;
    let mut picture = source.decode(limits, page).map_err(about)?;
    warn(&picture, source.path, &settings.console);
    let range = settings.range.or_else(|| found(&picture));
    spread(&mut picture, range).map_err(about)?;
    if let Some(scale) = &picture.metadata.scale {
        let NumberRange { black, white } = scale.range;
        let text =
            format!("{name}: its numbers are taken to go from {black} (black) to {white} (white), and come back so");
        let advice = if settings.range.is_some() { "" } else { "; --range sets that" };
        settings.console.note(&(text + advice));
    }
    Ok(picture)
}

/// In the picture's range, where its samples are of the same type.
fn open_truth(path: &Path, picture: &Decoded, limits: &Limits, console: &Console) -> Result<Decoded> {
    let mut truth = open_as_stored(path, limits, console)?;
    let is_same = truth.raster.layout.sample == picture.raster.layout.sample;
    let range = if is_same { picture.range() } else { found(&truth) };
    spread(&mut truth, range).map_err(|failure| failure.about(&files::name(path)))?;
    Ok(truth)
}

fn open_mask(path: &Path, picture: &Decoded, polarity: Polarity, options: &Options, console: &Console) -> Result<Mask> {
    let name = files::name(path);
    check_header(path, options)?;
    let file = open_silently(path, &Limits::new(options.memory_limit))?;
    let mask = Mask::new(&file, picture, polarity).map_err(|failure| failure.about(&format!("mask {name}")))?;
    mask.notes.iter().for_each(|note| console.note(&format!("{name}: the mask {note}")));
    Ok(mask)
}

fn check_size(path: &Path, found: Size, wanted: Size, whose: &str) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    let text = format!("is {found}, the {whose} is {wanted}: they must be of one size");
    Err(Failure::wrong_input(text).about(&files::name(path)))
}

fn check_channels(path: &Path, found: usize, wanted: usize) -> Result<()> {
    let words = |channels| if channels == 1 { "grey" } else { "in colour" };
    if found == wanted {
        return Ok(());
    }
    let text = format!("is {}, the picture is {}: convert one of them", words(found), words(wanted));
    Err(Failure::wrong_input(text).about(&files::name(path)))
}

//! The files that one picture's fit reads: the picture, its mask or guide, and the truth if it is known.

mod open;
mod picture_file;

use crate::console::Console;
use crate::failure::{Failure, Result};
use crate::files;
use crate::picture::decoded::Decoded;
use crate::picture::header;
use crate::picture::limits::Limits;
use crate::picture::mask::{Mask, Polarity};
use crate::picture::range::NumberRange;
use crate::settings::Settings;
use dipkit::options::Options;
use dipkit::pixels::{Picture, Size};
use dipkit::session::{self, Session};
use open::{found, open_as_stored, spread, warn};
pub use open::{open, open_both};
pub use picture_file::PictureFile;
use std::path::Path;

/// The paths of the files that a fit reads.
#[derive(Debug, Clone, Copy)]
pub struct InputPaths<'a> {
    pub picture: &'a Path,
    pub mask: Option<&'a Path>,
    pub guide: Option<&'a Path>,
    pub truth: Option<&'a Path>,
}

/// The contents of the files that a fit reads.
#[derive(Debug)]
pub struct FitInputs {
    pub picture: Decoded,
    pub mask: Option<Mask>,
    pub guide: Option<Decoded>,
    /// The truth as display-encoded colour.
    pub truth: Option<Picture>,
}

impl FitInputs {
    /// Reads all files.
    ///
    /// # Errors
    /// A file is missing, damaged, does not fit the picture, or is too large for the options' limit.
    pub fn open(paths: &InputPaths, source: &PictureFile, page: usize, settings: &Settings) -> Result<FitInputs> {
        let (polarity, console, options) = (settings.polarity, &settings.console, &settings.options);
        let limits = &Limits::new(options.memory_limit);
        let picture = open_picture(source, page, settings, limits)?;
        let mask = match paths.mask {
            Some(path) => Some(open_mask(path, &picture, polarity, options, console)?),
            None => None,
        };
        let guide = paths.guide.map(|path| open_guide(path, options, console)).transpose()?;
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

    /// The inputs as the engine takes them.
    ///
    /// # Errors
    /// `OutOfMemory` if the picture's size alone is too much.
    pub fn for_session(&self, options: &Options) -> dipkit::Result<session::Inputs> {
        Session::check_size(options, &self.picture.raster.layout)?;
        Ok(session::Inputs {
            image: self.picture.raster.import()?,
            mask: self.mask.as_ref().map(|mask| mask.weight.clone()),
            guide: self.guide.as_ref().map(|guide| guide.raster.import()).transpose()?,
        })
    }

    /// Refuses a truth whose size is not the result's.
    ///
    /// # Errors
    /// The sizes differ.
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
        let text = format!(
            "{name}: its numbers are taken to go from {black} (black) to {white} (white), and are written back that way"
        );
        let advice = if settings.range.is_some() { "" } else { "; --range sets that" };
        settings.console.note(&(text + advice));
    }
    Ok(picture)
}

/// Opens a guide, whose numbers are spread over the whole range of their type.
fn open_guide(path: &Path, options: &Options, console: &Console) -> Result<Decoded> {
    let mut guide = open_for_fit(path, options)?;
    warn(&guide, path, console);
    let range = found(&guide);
    spread(&mut guide, range).map_err(|failure| failure.about(&files::name(path)))?;
    Ok(guide)
}

/// Reads a file once, which may be standard input, and decodes it. One that is too large by its header alone is not
/// decoded.
fn open_for_fit(path: &Path, options: &Options) -> Result<Decoded> {
    let source = PictureFile::read(path)?;
    let checked = header::check(&source.bytes, options);
    let decoded = checked.and_then(|()| source.decode_alone(&Limits::new(options.memory_limit)));
    decoded.map_err(|failure| failure.about(&files::name(path)))
}

/// Opens the truth, in the picture's range where its samples are of the same type.
fn open_truth(path: &Path, picture: &Decoded, limits: &Limits, console: &Console) -> Result<Decoded> {
    let mut truth = open_as_stored(path, limits, console)?;
    let is_same = truth.raster.layout.sample == picture.raster.layout.sample;
    let range = if is_same { picture.range() } else { found(&truth) };
    spread(&mut truth, range).map_err(|failure| failure.about(&files::name(path)))?;
    Ok(truth)
}

fn open_mask(path: &Path, picture: &Decoded, polarity: Polarity, options: &Options, console: &Console) -> Result<Mask> {
    let name = files::name(path);
    let file = open_for_fit(path, options)?;
    let mask = Mask::new(&file, picture, polarity).map_err(|failure| failure.about(&format!("mask {name}")))?;
    mask.notes.iter().for_each(|note| console.note(&format!("{name}: the mask {note}")));
    Ok(mask)
}

fn check_size(path: &Path, found: Size, wanted: Size, whose: &str) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    let text = format!("is {found}, the {whose} is {wanted}: they must have the same size");
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

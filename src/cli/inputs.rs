//! The files that one picture's fit reads: the picture, its mask or guide, and the truth if it is known.

use super::console::Console;
use super::decode::{self, Decoded, Limits};
use super::failure::{Failure, Result};
use super::files;
use super::header;
use super::mask::{Mask, Polarity};
use dipkit::options::Options;
use dipkit::pixels::{Picture, Size};
use dipkit::session::{self, Session};
use std::path::Path;

/// Which files.
#[derive(Debug, Clone, Copy)]
pub struct Paths<'a> {
    pub picture: &'a Path,
    pub mask: Option<&'a Path>,
    pub guide: Option<&'a Path>,
    pub truth: Option<&'a Path>,
}

/// Their contents.
#[derive(Debug)]
pub struct Inputs {
    pub picture: Decoded,
    pub mask: Option<Mask>,
    pub guide: Option<Decoded>,
    /// Display-encoded colour.
    pub truth: Option<Picture>,
}

/// Reads and decodes a file and says what was left out.
///
/// # Errors
/// A sentence that starts with the file's name.
pub fn open(path: &Path, limits: &Limits, console: &Console) -> Result<Decoded> {
    decoded(path, &files::read(path)?, limits, console)
}

/// As [`open`], for a fit: what its size alone is too much for is not decoded.
fn open_for_fit(path: &Path, options: &Options, console: &Console) -> Result<Decoded> {
    decoded(path, &read_for_fit(path, options)?, &Limits::new(options.memory_limit), console)
}

fn read_for_fit(path: &Path, options: &Options) -> Result<Vec<u8>> {
    let bytes = files::read(path)?;
    header::check(&bytes, options).map_err(|failure| failure.about(&files::name(path)))?;
    Ok(bytes)
}

fn decoded(path: &Path, bytes: &[u8], limits: &Limits, console: &Console) -> Result<Decoded> {
    let name = files::name(path);
    let decoded = decode::decode(bytes, path, limits).map_err(|failure| failure.about(&name))?;
    decoded.warnings.iter().for_each(|warning| console.warn(&name, warning));
    Ok(decoded)
}

impl Inputs {
    /// Reads all files.
    ///
    /// # Errors
    /// The first file that is missing, damaged or does not fit the picture, or is too large for the options' limit.
    pub fn open(paths: &Paths, polarity: Polarity, options: &Options, console: &Console) -> Result<Inputs> {
        let picture = open_for_fit(paths.picture, options, console)?;
        let mask = match paths.mask {
            Some(path) => Some(open_mask(path, &picture, polarity, options, console)?),
            None => None,
        };
        let guide = paths.guide.map(|path| open_for_fit(path, options, console)).transpose()?;
        if let (Some(path), Some(guide)) = (paths.guide, &guide) {
            check_size(path, guide.raster.size(), picture.raster.size(), "picture")?;
        }
        let limits = Limits::new(options.memory_limit);
        let truth = paths.truth.map(|path| open(path, &limits, console)).transpose()?;
        let truth = truth.map(|truth| truth.raster.colour()).transpose()?;
        if let (Some(path), Some(truth)) = (paths.truth, &truth) {
            check_channels(path, truth.channels, picture.raster.layout.colours())?;
        }
        Ok(Inputs { picture, mask, guide, truth })
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
    pub fn check_truth(&self, paths: &Paths, result: Size) -> Result<()> {
        match (paths.truth, &self.truth) {
            (Some(path), Some(truth)) => check_size(path, truth.size, result, "result"),
            _ => Ok(()),
        }
    }
}

fn open_mask(path: &Path, picture: &Decoded, polarity: Polarity, options: &Options, console: &Console) -> Result<Mask> {
    let name = files::name(path);
    let bytes = read_for_fit(path, options)?;
    let file =
        decode::decode(&bytes, path, &Limits::new(options.memory_limit)).map_err(|failure| failure.about(&name))?;
    let mask = Mask::new(&file, picture, polarity).map_err(|failure| failure.about(&format!("mask {name}")))?;
    mask.notes.iter().for_each(|note| console.note(&format!("{name}: the mask {note}")));
    Ok(mask)
}

fn check_size(path: &Path, found: Size, wanted: Size, whose: &str) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    let text = format!("is {found}, the {whose} is {wanted}: they must be of one size");
    Err(Failure::wrong(text).about(&files::name(path)))
}

fn check_channels(path: &Path, found: usize, wanted: usize) -> Result<()> {
    let words = |channels| if channels == 1 { "grey" } else { "in colour" };
    if found == wanted {
        return Ok(());
    }
    let text = format!("is {}, the picture is {}: convert one of them", words(found), words(wanted));
    Err(Failure::wrong(text).about(&files::name(path)))
}

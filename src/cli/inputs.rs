//! The files that one picture's fit reads: the picture, its mask or guide, and the truth if it is known.

use super::console::Console;
use super::decode::{self, Decoded, Limits};
use super::failure::{Failure, Result};
use super::files;
use super::mask::{Mask, Polarity};
use dipkit::pixels::{Picture, Size};
use dipkit::session;
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
    let decoded = open_silently(path, limits)?;
    let said = decoded.damage.iter().chain(&decoded.warnings);
    said.for_each(|warning| console.warn(&files::name(path), warning));
    Ok(decoded)
}

fn open_silently(path: &Path, limits: &Limits) -> Result<Decoded> {
    let bytes = files::read(path)?;
    decode::decode(&bytes, path, limits).map_err(|failure| failure.about(&files::name(path)))
}

impl Inputs {
    /// Reads all files.
    ///
    /// # Errors
    /// The first file that is missing, damaged or does not fit the picture.
    pub fn open(paths: &Paths, polarity: Polarity, limits: &Limits, console: &Console) -> Result<Inputs> {
        let picture = open(paths.picture, limits, console)?;
        let mask = match paths.mask {
            Some(path) => Some(open_mask(path, &picture, polarity, limits, console)?),
            None => None,
        };
        let guide = paths.guide.map(|path| open(path, limits, console)).transpose()?;
        if let (Some(path), Some(guide)) = (paths.guide, &guide) {
            check_size(path, guide.raster.size(), picture.raster.size(), "picture")?;
        }
        let truth = paths.truth.map(|path| open(path, limits, console)).transpose()?;
        let truth = truth.map(|truth| truth.raster.colour()).transpose()?;
        if let (Some(path), Some(truth)) = (paths.truth, &truth) {
            check_channels(path, truth.channels, picture.raster.layout.colours())?;
        }
        Ok(Inputs { picture, mask, guide, truth })
    }

    /// For the engine.
    pub fn for_session(&self) -> Result<session::Inputs> {
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

fn open_mask(path: &Path, picture: &Decoded, polarity: Polarity, limits: &Limits, console: &Console) -> Result<Mask> {
    let name = files::name(path);
    let file = open_silently(path, limits)?;
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

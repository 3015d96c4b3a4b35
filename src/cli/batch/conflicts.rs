//! FileUses that would be both read and written, or written twice: found before any work, since a picture that is written
//! over is lost.

use crate::batch::mask;
use crate::failure::{Failure, Result};
use crate::files;
use crate::run::report;
use crate::settings::Settings;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Who reads or writes a file: a flag, or what stands without one.
type Part = &'static str;

const PICTURE: Part = "a picture";
const OUTPUT: Part = "-o";
const OUTPUT_DIR: Part = "--output-dir";

/// FileUses of one command.
#[derive(Default)]
pub struct FileUses {
    read: HashMap<PathBuf, Part>,
    written: HashMap<PathBuf, Part>,
}

impl FileUses {
    /// Says that a file will be read.
    pub fn read(&mut self, part: Part, path: &Path) {
        if let Some(path) = identity(path) {
            self.read.insert(path, part);
        }
    }

    /// Says that a file will be written, after all that will be read.
    ///
    /// # Errors
    /// It is read, or written by another part of the command.
    pub fn write(&mut self, part: Part, path: &Path) -> Result<()> {
        let Some(identity) = identity(path) else { return Ok(()) };
        let refuse = |text: String| Err(Failure::wrong_input(text).about(&files::name(path)));
        // A result over its own picture is asked for by name.
        let reader = self.read.get(&identity).filter(|reader| !(part == OUTPUT && **reader == PICTURE));
        if let Some(reader) = reader {
            return refuse(format!("{part} would write over what is read ({reader}): choose another name"));
        }
        match self.written.insert(identity, part) {
            Some(other) if other != part => refuse(format!("{part} and {other} would both be written there")),
            _ => Ok(()),
        }
    }
}

/// The same for all names of a file, whether it is there or not; none for pipes and devices.
fn identity(path: &Path) -> Option<PathBuf> {
    if files::is_pipe(path) || path.metadata().is_ok_and(|file| !file.is_file()) {
        return None;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    path.canonicalize().ok().or_else(|| Some(folder.canonicalize().ok()?.join(path.file_name()?)))
}

/// Refuses what a restoring command would write over.
///
/// # Errors
/// Both names, by their flags.
pub fn refuse(settings: &Settings, pictures: &[PathBuf]) -> Result<()> {
    let mut all = FileUses::default();
    for picture in pictures {
        // A missing mask is said later.
        if let Ok(Some(mask)) = mask(settings, picture) {
            all.read("the mask", &mask);
        }
    }
    let read = [("--guide", &settings.guide), ("--truth", &settings.truth)];
    read.into_iter()
        .filter_map(|(part, path)| Some((part, path.as_ref()?)))
        .for_each(|(part, path)| all.read(part, path));
    pictures.iter().for_each(|picture| all.read(PICTURE, picture));
    if let Some(output) = &settings.output {
        all.write(OUTPUT, output)?;
    }
    let names = || pictures.iter().filter_map(|picture| picture.file_name());
    if let Some(folder) = &settings.output_dir {
        names().try_for_each(|name| all.write(OUTPUT_DIR, &folder.join(name)))?;
    }
    if let Some(checkpoint) = &settings.checkpoint {
        all.write("--checkpoint", checkpoint)?;
    }
    if let Some(preview) = &settings.preview {
        all.write("--preview", preview)?;
    }
    let Some(folder) = &settings.report else { return Ok(()) };
    let folders: Vec<_> = match settings.output_dir {
        Some(_) => names().map(|name| folder.join(name)).collect(),
        None => vec![folder.clone()],
    };
    folders
        .iter()
        .flat_map(|folder| report::FILES.map(|name| folder.join(name)))
        .try_for_each(|path| all.write("--report", &path))
}

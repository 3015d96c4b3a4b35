//! Reading files and standard input whole, and finding the pictures in a folder.

use super::names::is_pipe;
use crate::failure::{Failure, Result};
use crate::interrupt;
use crate::picture::format::Format;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Reads a whole file, or standard input.
///
/// # Errors
/// The file cannot be read; the message names it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let read = || {
        if !is_pipe(path) {
            return fs::read(path);
        }
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let is_file = fs::metadata(path).is_ok_and(|file| file.is_file());
    let bytes = if is_file { read() } else { interrupt::while_waiting(read) };
    bytes.map_err(|error| Failure::reading(path, &error))
}

/// The pictures in a folder by their extension, sorted by name, and how many other files and folders there are.
///
/// # Errors
/// The folder cannot be read.
pub fn pictures(folder: &Path) -> Result<(Vec<PathBuf>, usize)> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = entries.map_err(|error| Failure::reading(folder, &error))?;
    let is_hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).filter(|path| !is_hidden(path)).collect();
    let all = files.len();
    files.retain(|path| path.is_file() && Format::from_extension(path).is_some());
    files.sort();
    let others = all - files.len();
    Ok((files, others))
}

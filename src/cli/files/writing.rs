//! Writing files as a whole, with what the user is told where that fails.

use super::names::name;
use crate::failure::{Failure, Result};
use dipkit::whole::WholeFile;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file as a whole: readers see the old one or the new one.
///
/// # Errors
/// The system's error. The file keeps its old contents, and nothing else is left behind.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = begin(path)?;
    file.write_all(bytes).and_then(|()| file.finish()).map_err(|error| Failure::writing(path, &error))
}

/// Keeps what cannot be written where it belongs: in a new file in the folder for temporary files, whose name is returned.
///
/// # Errors
/// That folder cannot be written either.
pub fn rescue(extension: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut file = tempfile::Builder::new().prefix("dipkit-").suffix(&format!(".{extension}")).tempfile()?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file.keep()?.1)
}

/// Creates a folder for results if there is none.
///
/// # Errors
/// There is a file in its place, or no permission to write.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            Failure::wrong_input("is not a folder, and one is needed there").about(&name(path))
        }
        _ => Failure::writing(path, &error),
    })?;
    // What would stop the first file is found now.
    begin(&path.join("x")).map(drop)
}

/// Begins a file at `path`, of which there is no trace until it is finished.
///
/// # Errors
/// There is no such folder, or it cannot be written.
pub fn begin(path: &Path) -> Result<WholeFile> {
    WholeFile::new(path).map_err(|error| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match error.kind() {
            io::ErrorKind::NotFound => {
                Failure::wrong_input("there is no such folder: create it first").about(&name(folder))
            }
            io::ErrorKind::NotADirectory => Failure::wrong_input("is not a folder").about(&name(folder)),
            _ => Failure::writing(path, &error),
        }
    })
}

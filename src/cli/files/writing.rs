//! Writing files as a whole: through a temporary file in the same folder, which is renamed when it is complete.

use super::names::name;
use crate::failure::{Failure, Result};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file as a whole: readers see the old one or the new one.
///
/// # Errors
/// The system's error. The file keeps its old contents, and nothing else is left behind.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: &io::Error| Failure::writing(path, error);
    let mut file = temporary(path)?;
    file.write_all(bytes).map_err(|error| failed(&error))?;
    // The bytes are on the disk before the file gets its name, so that a power cut leaves the old file or the new one.
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    file.persist(path).map_err(|error| failed(&error.error))?;
    Ok(())
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
    temporary(&path.join("x")).map(drop)
}

/// An empty file beside `path`, which is gone when it is dropped.
///
/// # Errors
/// There is no such folder, or it cannot be written.
pub fn temporary(path: &Path) -> Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dipkit-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(permissions(path));
    builder.tempfile_in(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::wrong_input("there is no such folder: create it first").about(&name(folder))
        }
        io::ErrorKind::NotADirectory => Failure::wrong_input("is not a folder").about(&name(folder)),
        _ => Failure::writing(path, &error),
    })
}

/// The permissions of the file that is replaced, or those that the user's mask leaves.
#[cfg(unix)]
fn permissions(path: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    match fs::metadata(path) {
        Ok(file) => file.permissions(),
        Err(_) => fs::Permissions::from_mode(0o666),
    }
}

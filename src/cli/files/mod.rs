//! Files and pipes: reading whole, writing through a temporary file in the same folder that is renamed
//! when it is complete, and finding out before the work whether that will be possible.

use crate::failure::{Failure, Result};
use crate::interrupt;
use crate::picture::format::Format;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The name that stands for standard input or output.
pub const PIPE: &str = "-";

/// Whether a path is standard input or output.
pub fn is_pipe(path: &Path) -> bool {
    path.as_os_str() == PIPE
}

/// How a path is called in messages.
pub fn name(path: &Path) -> String {
    if is_pipe(path) { "standard input".into() } else { path.display().to_string() }
}

/// A whole file, or standard input.
///
/// # Errors
/// A sentence with the file's name.
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

/// Where a result goes.
#[derive(Debug, Clone)]
pub struct Destination {
    pub kind: DestinationKind,
    /// As the user wrote it, for messages.
    name: String,
}

/// How it is written.
#[derive(Debug, Clone)]
pub enum DestinationKind {
    Stdout,
    /// Replaced as a whole.
    File(PathBuf),
    /// A device or a named pipe: written in place.
    Device(PathBuf),
}

impl Destination {
    /// Checks that a file can be written there, without leaving a trace.
    ///
    /// # Errors
    /// A missing folder, a folder in the file's place, a write-protected file or folder.
    pub fn new(path: &Path) -> Result<Destination> {
        if is_pipe(path) {
            return Ok(Destination { kind: DestinationKind::Stdout, name: "standard output".into() });
        }
        let name = path.display().to_string();
        let refuse = |text: &str| Err(Failure::wrong_input(text).about(&name));
        // A link is followed, so that it still is one afterwards.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if path.is_symlink() && fs::metadata(&path).is_err() {
            return refuse("is a link to a file that is not there: remove it, or name the file itself");
        }
        if let Ok(file) = fs::metadata(&path) {
            if file.is_dir() {
                return refuse("is a folder: name a file, or use --output-dir");
            }
            if !file.is_file() {
                return Ok(Destination { kind: DestinationKind::Device(path), name });
            }
            if file.permissions().readonly() {
                return refuse("exists and is write-protected: choose another name or change its permissions");
            }
        }
        temporary(&path)?;
        Ok(Destination { kind: DestinationKind::File(path), name })
    }

    /// Replaces the file, or writes to the pipe.
    ///
    /// # Errors
    /// As the system says; a failed file keeps its old contents, and nothing else is left behind.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        match &self.kind {
            DestinationKind::Stdout => {
                let mut stdout = io::stdout().lock();
                let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
                written.map_err(|error| Failure::writing(Path::new(&self.name), &error))
            }
            DestinationKind::Device(path) => fs::write(path, bytes).map_err(|error| Failure::writing(path, &error)),
            DestinationKind::File(path) => replace(path, bytes),
        }
    }

    /// How it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Writes a file as a whole: readers see the old one or the new one.
///
/// # Errors
/// As [`Destination::write`].
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: &io::Error| Failure::writing(path, error);
    let mut file = temporary(path)?;
    file.write_all(bytes).map_err(|error| failed(&error))?;
    // On the disk before it gets its name, so that a power cut leaves the old file or the new one.
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    file.persist(path).map_err(|error| failed(&error.error))?;
    Ok(())
}

/// Keeps what cannot be written where it belongs, in a new file of the folder for temporary files.
///
/// # Errors
/// That folder cannot be written either.
pub fn rescue(extension: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut file = tempfile::Builder::new().prefix("dipkit-").suffix(&format!(".{extension}")).tempfile()?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file.keep()?.1)
}

/// A name beside `path` for its unfinished picture, which is no file yet.
pub fn unfinished(path: &Path) -> PathBuf {
    let named = |number: usize| match number {
        1 => marked(path, ".unfinished"),
        _ => marked(path, &format!(".unfinished-{number}")),
    };
    let mut number = 1;
    while named(number).exists() {
        number += 1;
    }
    named(number)
}

/// The path with `mark` in front of the file's extension.
pub fn marked(path: &Path, mark: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_os_string();
    name.push(mark);
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Whether both are there and the same.
pub fn is_same(a: &Path, b: &Path) -> bool {
    fs::canonicalize(a).is_ok_and(|a| fs::canonicalize(b).is_ok_and(|b| a == b))
}

/// An empty file beside `path`, gone when dropped.
fn temporary(path: &Path) -> Result<tempfile::NamedTempFile> {
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

/// Those of the file that is replaced, else what the user's mask leaves.
#[cfg(unix)]
fn permissions(path: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    match fs::metadata(path) {
        Ok(file) => file.permissions(),
        Err(_) => fs::Permissions::from_mode(0o666),
    }
}

/// Creates a folder for results, if it is not there.
///
/// # Errors
/// A file in its place, or no permission.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            Failure::wrong_input("is not a folder, and one is needed there").about(&name(path))
        }
        _ => Failure::writing(path, &error),
    })?;
    // The first file's trouble, found now.
    temporary(&path.join("x")).map(drop)
}

/// The pictures in a folder by their extension, sorted by name, and how many other files and folders there are.
///
/// # Errors
/// A folder that cannot be read.
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

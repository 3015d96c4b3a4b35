//! Where a result goes: a file, a device or standard output. Whether it can be written there is found out before the
//! work.

use super::names::is_pipe;
use super::writing::{begin, replace};
use crate::failure::{Failure, Result};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where a result goes.
#[derive(Debug, Clone)]
pub struct Destination {
    pub kind: DestinationKind,
    /// The name as the user wrote it, for messages.
    name: String,
}

/// What a result is written to.
#[derive(Debug, Clone)]
pub enum DestinationKind {
    Stdout,
    /// A file, which is replaced as a whole.
    File(PathBuf),
    /// A device or a named pipe, which is written in place.
    Device(PathBuf),
}

impl Destination {
    /// The destination that a path names. Whether a file can be written there is checked without leaving a trace.
    ///
    /// # Errors
    /// The folder is missing, there is a folder in the file's place, or file or folder are write-protected.
    pub fn new(path: &Path) -> Result<Destination> {
        if is_pipe(path) {
            return Ok(Destination { kind: DestinationKind::Stdout, name: "standard output".into() });
        }
        let name = path.display().to_string();
        let refuse = |text: &str| Err(Failure::wrong_input(text).about(&name));
        // A link is followed, so that it is still one afterwards.
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
        begin(&path)?;
        Ok(Destination { kind: DestinationKind::File(path), name })
    }

    /// Replaces the file, or writes to the pipe.
    ///
    /// # Errors
    /// The system's error. A file keeps its old contents, and nothing else is left behind.
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

    /// The destination's name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }
}

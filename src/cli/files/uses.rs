//! Which files a command reads and writes, and whether one would be both read and written, or written twice. It is found
//! before any work, since a picture that is written over is lost.

use super::names::{is_pipe, name};
use crate::failure::{Failure, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Who reads or writes a file: a flag, or a word for what is named without one.
pub type Role = &'static str;

/// The role of the picture that is restored, and of its result.
pub const PICTURE: Role = "a picture";
pub const OUTPUT: Role = "-o";

/// The files of one command, by what is done with them.
#[derive(Default)]
pub struct FileUses {
    read: HashMap<PathBuf, Role>,
    written: HashMap<PathBuf, Role>,
}

impl FileUses {
    /// Takes note that a file will be read.
    pub fn read(&mut self, role: Role, path: &Path) {
        if let Some(path) = identity(path) {
            self.read.insert(path, role);
        }
    }

    /// Takes note that a file will be written. All files that will be read must be known by then.
    ///
    /// # Errors
    /// The file is also read, or written in another role.
    pub fn write(&mut self, role: Role, path: &Path) -> Result<()> {
        let Some(identity) = identity(path) else { return Ok(()) };
        let refuse = |text: String| Err(Failure::wrong_input(text).about(&name(path)));
        // Who names a picture as its own result wants it to be written over.
        let reader = self.read.get(&identity).filter(|reader| !(role == OUTPUT && **reader == PICTURE));
        if let Some(reader) = reader {
            return refuse(format!("{role} would write over what is read ({reader}): choose another name"));
        }
        match self.written.insert(identity, role) {
            Some(other) if other != role => refuse(format!("{role} and {other} would both be written there")),
            _ => Ok(()),
        }
    }
}

/// The path that all names of a file share, whether it is there or not. Pipes and devices have none.
fn identity(path: &Path) -> Option<PathBuf> {
    if is_pipe(path) || path.metadata().is_ok_and(|file| !file.is_file()) {
        return None;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    path.canonicalize().ok().or_else(|| Some(folder.canonicalize().ok()?.join(path.file_name()?)))
}

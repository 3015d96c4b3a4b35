//! Files that are written as a whole: readers see the old one or the new one, and nothing else stays where the process
//! is killed meanwhile.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

#[cfg(target_os = "linux")]
mod nameless;

/// A file that is being written. It appears at its place when it is finished, and never when it is dropped before.
pub struct WholeFile {
    place: PathBuf,
    unfinished: Unfinished,
}

enum Unfinished {
    /// It has no name, and is gone with the process.
    #[cfg(target_os = "linux")]
    Nameless(nameless::Nameless),
    /// It lies beside its place, where it stays if the process is killed.
    Named(NamedTempFile),
}

/// How the names of files begin that are not whole yet.
const PREFIX: &str = ".dipkit-";

impl WholeFile {
    /// Begins a file that will be at `place`, with the permissions of the one that it replaces, or those of any new
    /// file.
    ///
    /// # Errors
    /// There is no such folder, or no file can be made in it.
    pub fn new(place: &Path) -> io::Result<WholeFile> {
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(WholeFile { place: place.to_owned(), unfinished: Unfinished::new(place, folder)? })
    }

    /// Waits until the disk has all of it, so that a power cut leaves the old file or the new one, and puts it in its
    /// place.
    ///
    /// # Errors
    /// The system's error. What was there before stays.
    pub fn finish(self) -> io::Result<()> {
        match self.unfinished {
            #[cfg(target_os = "linux")]
            Unfinished::Nameless(file) => file.finish(&self.place),
            Unfinished::Named(file) => {
                file.as_file().sync_all()?;
                file.persist(&self.place).map(drop).map_err(|error| error.error)
            }
        }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.unfinished {
            #[cfg(target_os = "linux")]
            Unfinished::Nameless(file) => file.write(bytes),
            Unfinished::Named(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // Nothing is kept back.
        Ok(())
    }
}

impl Unfinished {
    #[cfg(target_os = "linux")]
    fn new(place: &Path, folder: &Path) -> io::Result<Unfinished> {
        match nameless::Nameless::new(place, folder)? {
            Some(file) => Ok(Unfinished::Nameless(file)),
            None => Unfinished::named(place, folder),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn new(place: &Path, folder: &Path) -> io::Result<Unfinished> {
        Unfinished::named(place, folder)
    }

    fn named(place: &Path, folder: &Path) -> io::Result<Unfinished> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(".tmp");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode(place)));
        builder.tempfile_in(folder).map(Unfinished::Named)
    }
}

/// The permissions of the file that is replaced, or those of a new one, before the user's mask.
#[cfg(unix)]
fn mode(place: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    const PERMISSIONS: u32 = 0o777;
    std::fs::metadata(place).map_or(0o666, |file| file.permissions().mode() & PERMISSIONS)
}

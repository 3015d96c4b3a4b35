//! Files without a name, as Linux has them: the system removes them with the process that writes them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use rustix::io::Errno;

use super::{PREFIX, mode};

pub(super) struct Nameless(File);

/// The open files of this process, by which one gets its name.
const OPEN_FILES: &str = "/proc/self/fd";
/// How long a file has the name beside its place at most, which is a moment, unless its process was killed in it.
const MOMENT: Duration = Duration::from_secs(60);

impl Nameless {
    /// Makes a file in this folder; None where its file system has no such files.
    ///
    /// # Errors
    /// There is no such folder, or no file can be made in it.
    pub fn new(place: &Path, folder: &Path) -> io::Result<Option<Nameless>> {
        if !Path::new(OPEN_FILES).exists() {
            return Ok(None);
        }
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        match open(folder, flags, Mode::from_raw_mode(mode(place))) {
            Ok(file) => Ok(Some(Nameless(File::from(file)))),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes what is left to the disk and gives the file its name.
    ///
    /// # Errors
    /// The system's error.
    pub fn finish(self, place: &Path) -> io::Result<()> {
        self.0.sync_all()?;
        match self.link(place) {
            Err(Errno::EXIST) => self.replace(place),
            linked => Ok(linked?),
        }
    }

    /// Takes the place of another file. A link replaces none, so the file has a name beside its place for a moment. That
    /// is the same name for all who write there, so that one which a killed process has left is found and removed; where
    /// somebody else has it right now, it is any other one.
    fn replace(&self, place: &Path) -> io::Result<()> {
        let mut beside = beside(place, "");
        if is_left(&beside) {
            // Another writer may have removed it.
            let _ = fs::remove_file(&beside);
        }
        match self.link(&beside) {
            Err(Errno::EXIST) => {
                beside = self::beside(place, &format!("-{:x}", RandomState::new().hash_one(0)));
                self.link(&beside)?;
            }
            linked => linked?,
        }
        fs::rename(&beside, place).inspect_err(|_| drop(fs::remove_file(&beside)))
    }

    fn link(&self, name: &Path) -> rustix::io::Result<()> {
        let own = format!("{OPEN_FILES}/{}", self.0.as_raw_fd());
        linkat(CWD, own, CWD, name, AtFlags::SYMLINK_FOLLOW)
    }
}

impl Write for Nameless {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The name beside a place; of a digest, since the place's own name may be as long as names can be.
fn beside(place: &Path, more: &str) -> PathBuf {
    let name = place.file_name().unwrap_or(OsStr::new("")).as_bytes();
    let digest = blake3::hash(name).to_hex();
    place.with_file_name(format!("{PREFIX}{}{more}.tmp", &digest[..16]))
}

/// Whether a file has had its name for so long that its process must have been killed. The system notes when a file gets
/// a name, but as the time of its last change.
fn is_left(path: &Path) -> bool {
    let Ok(file) = fs::symlink_metadata(path) else { return false };
    let named = SystemTime::UNIX_EPOCH + Duration::from_secs(file.ctime().unsigned_abs());
    SystemTime::now().duration_since(named).is_ok_and(|age| age > MOMENT)
}

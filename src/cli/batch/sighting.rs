//! Somebody else's claim as this worker sees it. Clocks of machines differ, so no time in the claim is compared with this
//! machine's: a claim has expired when this worker has not seen it change for the time of a lease.

use super::claimant::{Claimant, Life};
use crate::failure::{Failure, Result};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// What a claim's file shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    text: String,
    /// When the file server says that it was renewed; to be compared with itself only.
    renewed: Option<SystemTime>,
}

/// Somebody else's claim, and since when it has looked as it does.
#[derive(Debug, Clone)]
pub struct Sighting {
    look: Look,
    /// Whether a process of this user has made it. Those of other users may be hidden from this one.
    is_of_this_user: bool,
    since: Instant,
    has_changed: bool,
}

impl Sighting {
    /// Looks at a claim, which `before` has shown earlier; `None` if it is gone.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn new(path: &Path, before: Option<Sighting>) -> Result<Option<Sighting>> {
        let (look, metadata) = match look(path) {
            Ok(seen) => seen,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::reading(path, &error)),
        };
        let is_of_this_user = is_of_this_user(&metadata);
        Ok(Some(match before {
            Some(before) if before.look == look => before,
            earlier => Sighting { look, is_of_this_user, since: Instant::now(), has_changed: earlier.is_some() },
        }))
    }

    /// Whether whoever claims the picture still works. It does if the claim has changed since it was first seen.
    pub fn life(&self, lease: Duration) -> Life {
        let claimant = Claimant::parse(&self.look.text).filter(|_| self.is_of_this_user);
        match claimant.map_or(Life::Unknown, |claimant| claimant.life()) {
            Life::Unknown if self.has_changed => Life::Runs,
            Life::Unknown if self.since.elapsed() >= lease => Life::Ended,
            told => told,
        }
    }

    /// Who claims the picture, in words.
    pub fn who(&self) -> String {
        Claimant::parse(&self.look.text).map_or_else(|| "another worker".into(), |claimant| claimant.to_string())
    }

    /// Takes the claim away, so that there can be a new one. `aside` is a name that nobody else uses.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn remove(&self, path: &Path, aside: &Path) -> Result<()> {
        match fs::rename(path, aside) {
            // Another worker was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            renamed => renamed.map_err(|error| Failure::writing(path, &error))?,
        }
        // One that was faster still may have claimed it since: its claim goes back, unless there is a third.
        let is_same = look(aside).is_ok_and(|(look, _)| look == self.look);
        if !is_same && fs::hard_link(aside, path).is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
            // There are no links here.
            return fs::rename(aside, path).map_err(|error| Failure::writing(path, &error));
        }
        fs::remove_file(aside).map_err(|error| Failure::writing(aside, &error))
    }
}

fn look(path: &Path) -> io::Result<(Look, Metadata)> {
    let mut bytes = Vec::new();
    // The file is opened first, since clients of file servers ask for a file's times anew when it is opened.
    let metadata = match File::open(path) {
        Ok(mut file) => {
            file.read_to_end(&mut bytes)?;
            file.metadata()?
        }
        // It is another user's, of which the times are enough.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => fs::metadata(path)?,
        Err(error) => return Err(error),
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((Look { text, renewed: metadata.modified().ok() }, metadata))
}

#[cfg(unix)]
fn is_of_this_user(claim: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|this| this.uid() == claim.uid())
}

#[cfg(not(unix))]
fn is_of_this_user(_: &Metadata) -> bool {
    false
}

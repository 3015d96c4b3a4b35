//! A worker's claim to a result: a small file beside it, which is renewed while the worker lives, so that no two workers
//! restore the same picture, and that a dead worker's picture is taken over.

use super::claimant::{Claimant, Life};
use super::sighting::Sighting;
use crate::failure::{Failure, Result, Status};
use crate::interrupt;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a claim holds that is not renewed, unless --lease says otherwise. It is more than a renewal may be late: by
/// the minute for which NFS lets a client believe what it has seen, and by a file server that is restarted.
pub const LEASE: Duration = Duration::from_secs(120);

/// How often a claim is renewed in the time of a lease, so every 30 seconds.
const RENEWALS_PER_LEASE: u32 = 4;

/// The longest name, in bytes, to which what a claim adds can be appended on every file system.
const LONGEST_NAME: usize = 200;

/// How often a claim is tried that is neither there nor can be made, as under a link that leads nowhere.
const TRIES: usize = 8;

/// What came of claiming a result.
pub enum Attempt {
    Held(Claim),
    /// Somebody else restores the picture.
    Taken(Sighting),
    /// Somebody else has claimed the picture, and whether they still work on it is not known yet.
    Unclear(Sighting),
}

/// A claim of this worker, which is given back when it is dropped.
pub struct Claim {
    path: PathBuf,
    text: String,
    /// Closed to end the renewals.
    end: Option<Sender<()>>,
    renewals: Option<JoinHandle<()>>,
}

impl Claim {
    /// Claims a result, if nobody who lives has. `before` is how the claim looked the last time.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn attempt(result: &Path, lease: Duration, before: Option<Sighting>) -> Result<Attempt> {
        let path = beside(result);
        let mut before = before;
        for _ in 0..TRIES {
            let claimant = Claimant::new();
            if let Some(file) = create(&path, &claimant.text())? {
                return Claim::held(path, claimant.text(), file, lease).map(Attempt::Held);
            }
            let Some(sighting) = Sighting::new(&path, before.take())? else { continue };
            match sighting.life(lease) {
                Life::Runs => return Ok(Attempt::Taken(sighting)),
                Life::Unknown => return Ok(Attempt::Unclear(sighting)),
                Life::Ended => sighting.remove(&path, &marked(&path, &format!("-{}", claimant.token())))?,
            }
        }
        Err(Failure::wrong_input("is in the way of this worker's claim: remove it").about(&path.display().to_string()))
    }

    fn held(path: PathBuf, text: String, file: File, lease: Duration) -> Result<Claim> {
        let (end, ended) = mpsc::channel();
        let mut claim = Claim { path, text, end: Some(end), renewals: None };
        let (path, text) = (claim.path.clone(), claim.text.clone());
        let renew = move || renew(&path, &text, file, lease / RENEWALS_PER_LEASE, &ended);
        let started = thread::Builder::new().name("claim".into()).spawn(renew);
        claim.renewals =
            Some(started.map_err(|error| Failure::new(Status::Internal, format!("the claim's thread: {error}")))?);
        let (path, text) = (claim.path.clone(), claim.text.clone());
        interrupt::on_sudden_end(move || give_back(&path, &text));
        Ok(claim)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        drop(self.end.take());
        // The file is closed before it is removed, since NFS keeps open ones under another name.
        let _ = self.renewals.take().map(JoinHandle::join);
        give_back(&self.path, &self.text);
        interrupt::on_sudden_end(|| {});
    }
}

/// The file of a result's claim.
fn beside(result: &Path) -> PathBuf {
    let name = result.file_name().unwrap_or_default().as_encoded_bytes();
    if name.len() > LONGEST_NAME {
        return result.with_file_name(format!("{}.claim", blake3::hash(name).to_hex()));
    }
    marked(result, ".claim")
}

/// The path with `mark` behind its name.
fn marked(path: &Path, mark: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(mark);
    name.into()
}

/// Creates the file of a claim; `None` if there is one.
fn create(path: &Path, text: &str) -> Result<Option<File>> {
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        Err(error) => return Err(Failure::writing(path, &error)),
    };
    let written = write(&mut file, text);
    written.map(|()| Some(file)).map_err(|error| {
        let _ = fs::remove_file(path);
        Failure::writing(path, &error)
    })
}

/// Writes a claim's text, to the file server and not only to this machine's memory.
fn write(file: &mut File, text: &str) -> io::Result<()> {
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

/// Renews a claim until `ended` is closed, or it is not this worker's any more: then its picture is not, either.
fn renew(path: &Path, text: &str, mut file: File, every: Duration, ended: &Receiver<()>) {
    while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        if !path.exists() {
            // Somebody has removed it, or took it for expired and has not claimed the picture yet.
            if let Ok(Some(new)) = create(path, text) {
                file = new;
            }
        }
        match fs::read(path) {
            Ok(bytes) if bytes != text.as_bytes() => return interrupt::withdraw(),
            // What fails now, as while a file server is restarted, may succeed the next time.
            _ => drop(write(&mut file, text)),
        }
    }
}

/// Removes a claim, unless it is another worker's by now.
fn give_back(path: &Path, text: &str) {
    if fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
        let _ = fs::remove_file(path);
    }
}

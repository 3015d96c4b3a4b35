//! Fits on disk: a page's fit is written now and then while it runs, the next start goes on from the file, and the files are
//! removed once the result is written.

use crate::failure::{Failure, Result};
use crate::files::{self, Destination, DestinationKind};
use crate::settings::Settings;
use dipkit::session::{Metrics, Session, State};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The checkpoint of one picture: a file for each page.
#[derive(Debug)]
pub struct Checkpoint {
    /// The file of the first page.
    first_file: PathBuf,
    pages: usize,
    /// The time between two writes.
    every: Duration,
    /// The end of the time limit, which counts from this start on.
    until: Option<Instant>,
}

/// The time between two checkpoints, which is the most that a kill or a power cut costs.
const EVERY: Duration = Duration::from_secs(60);

/// The file beside a result in which its checkpoint is kept, unless --checkpoint names another.
pub fn beside(result: &Path) -> PathBuf {
    let mut name = OsString::from(result);
    name.push(".dipkit");
    name.into()
}

impl Checkpoint {
    /// The checkpoint at `path`. The time limit begins now.
    ///
    /// # Errors
    /// The place cannot be written, or there is a file although --resume was not given.
    pub fn new(path: &Path, pages: usize, settings: &Settings) -> Result<Checkpoint> {
        let DestinationKind::File(file) = Destination::new(path)?.kind else {
            return Err(Failure::wrong_input("is not a file, and a checkpoint is one").about(&files::name(path)));
        };
        // Messages name the file as the user does, and a link stays one.
        let file = if path.is_symlink() { file } else { path.to_owned() };
        let limit = Some(settings.options.time_limit).filter(|limit| *limit > 0.0).map(Duration::from_secs_f32);
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        let checkpoint =
            Checkpoint { first_file: file, pages, every: settings.checkpoint_every.unwrap_or(EVERY), until };
        let mut existing = (0..pages).filter_map(|page| checkpoint.existing(page));
        match existing.next().filter(|_| !settings.resume) {
            Some(file) => {
                let text = "is the checkpoint of an unfinished fit: go on from it with --resume, or remove it";
                Err(Failure::wrong_input(text).about(&files::name(&file)))
            }
            None => Ok(checkpoint),
        }
    }

    /// The file of a page.
    pub fn file(&self, page: usize) -> PathBuf {
        if page == 0 {
            self.first_file.clone()
        } else {
            files::marked(&self.first_file, &format!(".page-{}", page + 1))
        }
    }

    /// The file of a page, if an earlier start has written it.
    pub fn existing(&self, page: usize) -> Option<PathBuf> {
        Some(self.file(page)).filter(|file| file.exists())
    }

    /// Writes a page's fit, or its result alone once it has ended.
    ///
    /// # Errors
    /// The system's error. An older file stays as it was.
    pub fn write(&self, page: usize, session: &Session) -> Result<()> {
        session.save(&self.file(page)).map_err(Failure::from)
    }

    /// Removes the files of all pages. The first page's goes last, since it says that there are others.
    ///
    /// # Errors
    /// The system's error.
    pub fn remove(&self) -> Result<()> {
        for file in (0..self.pages).rev().filter_map(|page| self.existing(page)) {
            fs::remove_file(&file).map_err(|error| {
                Failure::wrong_input(format!("the result is written, but its checkpoint cannot be removed ({error})"))
                    .about(&files::name(&file))
            })?;
        }
        Ok(())
    }

    /// Whether the time limit is over.
    pub fn is_time_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// Writes the checkpoint of a page whenever it is due.
pub struct CheckpointWriter<'a> {
    pub checkpoint: &'a Checkpoint,
    page: usize,
    last: Instant,
    /// Why the last checkpoint could not be written. The next one may succeed.
    pub failure: Option<Failure>,
}

impl<'a> CheckpointWriter<'a> {
    /// A writer for a page, whose first checkpoint is due one interval from now.
    pub fn new(checkpoint: &'a Checkpoint, page: usize) -> Self {
        CheckpointWriter { checkpoint, page, last: Instant::now(), failure: None }
    }

    /// Writes a checkpoint if it is time to.
    pub fn see(&mut self, session: &Session, metrics: &Metrics) {
        if metrics.state != State::Running || self.last.elapsed() < self.checkpoint.every {
            return;
        }
        self.failure = self.checkpoint.write(self.page, session).err();
        self.last = Instant::now();
    }
}

//! The pictures of a batch and their turns: each is claimed, restored unless its result is there, and counted.

use super::claim::{self, Attempt, Claim};
use super::count::Count;
use super::one::{record_failure, restore};
use super::sighting::Sighting;
use crate::failure::{Failure, Result, Status};
use crate::picture::format::Format;
use crate::run::place::Place;
use crate::run::{Condition, checkpoint};
use crate::settings::Settings;
use crate::{console, files, interrupt};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

/// How often this worker looks at the claims of others when all else is done.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A picture and where its result goes.
struct Item {
    picture: PathBuf,
    output: PathBuf,
    /// When the result that was there at the start was written.
    found: Option<SystemTime>,
}

/// The pictures of a batch.
pub struct PictureBatch<'a> {
    settings: &'a Settings,
    items: Vec<Item>,
}

impl<'a> PictureBatch<'a> {
    /// A batch of these pictures, whose results go to `folder`.
    ///
    /// # Errors
    /// A folder cannot be written, or two results would have the same name.
    pub fn new(settings: &'a Settings, folder: &Path, pictures: &[PathBuf]) -> Result<Self> {
        files::create_folder(folder)?;
        if let Some(report) = &settings.report {
            files::create_folder(report)?;
            if files::is_same(report, folder) {
                let text = "--report and --output-dir name the same folder, where reports would take the place of \
                            results: choose another for --report";
                return Err(Failure::wrong_input(text));
            }
        }
        let items = pictures.iter().map(|picture| {
            let name = picture.file_name().filter(|_| !files::is_pipe(picture)).ok_or_else(|| {
                Failure::wrong_input("has no name to give to its result: use -o FILE").about(&files::name(picture))
            })?;
            let output = folder.join(name);
            Ok(Item { picture: picture.clone(), found: written(&output), output })
        });
        let items = items.collect::<Result<Vec<_>>>()?;
        refuse_collisions(&items)?;
        Ok(PictureBatch { settings, items })
    }

    /// Restores the pictures one after the other.
    ///
    /// # Errors
    /// Some pictures failed, or somebody has asked for the end.
    pub fn run(&self) -> Result<()> {
        let mut count = Count::default();
        let mut put_off = Vec::new();
        for index in 0..self.items.len() {
            put_off.extend(self.take_turn(index, None, &mut count)?.map(|sighting| (index, sighting)));
        }
        // Whoever restored them then may have finished them since, or have died.
        while !put_off.is_empty() {
            thread::sleep(LOOK_EVERY);
            for (index, before) in std::mem::take(&mut put_off) {
                put_off.extend(self.take_turn(index, Some(before), &mut count)?.map(|sighting| (index, sighting)));
            }
        }
        count.conclude(self.settings)
    }

    /// Restores a picture, unless that is done, or others do it. Returns their claim if it is to be looked at again.
    fn take_turn(&self, index: usize, before: Option<Sighting>, count: &mut Count) -> Result<Option<Sighting>> {
        let item = &self.items[index];
        if interrupt::is_requested() {
            return Err(self.interrupted(self.status_between_pictures(), count));
        }
        if self.is_skipped(item, count) {
            return Ok(None);
        }
        let is_first_look = before.is_none();
        match Claim::attempt(&item.output, self.settings.lease.unwrap_or(claim::LEASE), before) {
            Ok(Attempt::Held(claim)) => self.run_claimed(index, claim, count)?,
            Ok(Attempt::Taken(sighting) | Attempt::Unclear(sighting)) if is_first_look => {
                self.note(item, &format!("put off, {} has claimed it", sighting.who()));
                return Ok(Some(sighting));
            }
            Ok(Attempt::Taken(sighting)) => {
                count.claimed += 1;
                self.note(item, &format!("skipped, {} restores it", sighting.who()));
            }
            Ok(Attempt::Unclear(sighting)) => return Ok(Some(sighting)),
            Err(failure) => self.fail(item, &failure, count),
        }
        Ok(None)
    }

    /// Restores a picture that this worker has claimed, unless another one has finished it in the meantime.
    fn run_claimed(&self, index: usize, claim: Claim, count: &mut Count) -> Result<()> {
        let item = &self.items[index];
        if self.is_skipped(item, count) {
            return Ok(());
        }
        self.settings.console.note(&format!("picture {} of {}", index + 1, self.items.len()));
        self.run_item(item, claim, count)
    }

    /// Whether there is nothing to do for a picture, which is then counted.
    fn is_skipped(&self, item: &Item, count: &mut Count) -> bool {
        let is_done = self.is_done(item);
        if is_done {
            count.skipped += 1;
            self.note(item, &format!("skipped, {} exists", item.output.display()));
        }
        is_done
    }

    /// Restores a picture and counts how it went. Only a request to end is an error.
    fn run_item(&self, item: &Item, claim: Claim, count: &mut Count) -> Result<()> {
        let ended = self.restore(item);
        let is_withdrawn = interrupt::is_withdrawn();
        drop(claim);
        interrupt::forget_withdrawal();
        match ended {
            Ok(condition) => {
                count.done += 1;
                count.damaged += usize::from(condition == Condition::Damaged);
            }
            Err(failure) if failure.status.is_request() && interrupt::is_requested() => {
                console::error(&failure.text);
                record_failure(self.settings, &item.picture, &failure);
                return Err(self.interrupted(failure.status, count));
            }
            Err(failure) if is_withdrawn => {
                count.claimed += 1;
                self.settings.console.note(&failure.text);
            }
            Err(failure) => self.fail(item, &failure, count),
        }
        Ok(())
    }

    fn fail(&self, item: &Item, failure: &Failure, count: &mut Count) {
        count.failed += 1;
        console::error(&failure.text);
        record_failure(self.settings, &item.picture, failure);
    }

    fn restore(&self, item: &Item) -> Result<Condition> {
        let settings = self.settings;
        let mut place = match Format::from_extension(&item.output) {
            Some(_) => Place::new(&item.output)?,
            // A picture without an extension is written as it was read.
            None => Place { destination: files::Destination::new(&item.output)?, format: None, unfinished: None },
        };
        // Under the result's own name the next run would skip the picture.
        place.unfinished = Some(item.output.clone());
        let report = settings.report.as_ref().map(|folder| folder.join(item.output.file_name().unwrap_or_default()));
        restore(settings, &item.picture, &item.output, place, report)
    }

    /// A result with a checkpoint beside it is one that a time limit has cut short. One that was written since the start
    /// is another worker's.
    fn is_done(&self, item: &Item) -> bool {
        let Settings { overwrite, resume, .. } = self.settings;
        let written = written(&item.output);
        let is_old = *overwrite && written == item.found;
        let is_cut = *resume && checkpoint::beside(&item.output).exists();
        written.is_some() && !is_old && !is_cut
    }

    fn status_between_pictures(&self) -> Status {
        if self.settings.resume { interrupt::status_with_checkpoint() } else { Status::Interrupted }
    }

    fn interrupted(&self, status: Status, count: &Count) -> Failure {
        let left = self.items.len() - count.total();
        Failure::new(status, format!("stopped with {left} pictures left: run the same command again to restore them"))
    }

    fn note(&self, item: &Item, text: &str) {
        self.settings.console.note(&format!("{}: {text}", item.picture.display()));
    }
}

/// When a result was written, if there is one.
fn written(output: &Path) -> Option<SystemTime> {
    let file = fs::metadata(output).ok().filter(|file| !file.is_dir())?;
    Some(file.modified().unwrap_or(SystemTime::UNIX_EPOCH))
}

/// Refuses pictures whose results would have the same name.
fn refuse_collisions(items: &[Item]) -> Result<()> {
    let mut taken: HashMap<&Path, &Path> = HashMap::new();
    for item in items {
        if let Some(other) = taken.insert(&item.output, &item.picture) {
            let names = format!("{} and {}", other.display(), item.picture.display());
            return Err(Failure::wrong_input(format!("{names} would both become {}", item.output.display())));
        }
    }
    Ok(())
}

//! Several pictures, one after the other: results get the pictures' names, existing results are skipped, and a failure is
//! reported while the rest goes on. A killed batch that is started again does what is left.

mod conflicts;
mod estimates;
mod mask_files;
mod one;
mod pictures;

use crate::failure::{Failure, Result, Status};
use crate::files;
use crate::picture::format::Format;
use crate::run::Condition;
use crate::run::checkpoint;
use crate::run::place::Place;
use crate::settings::Settings;
use crate::{console, interrupt};
use one::{record_failure, restore, restore_alone};
use serde_json::json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Restores what the settings name: one picture, or a batch.
///
/// # Errors
/// A single picture fails, flags are wrong, or some pictures of a batch failed ([`Status::SomeFailed`]).
pub fn run(settings: &Settings) -> Result<()> {
    let pictures = pictures::expand(settings)?;
    if pictures.len() > 1 && (settings.guide.is_some() || settings.truth.is_some()) {
        return Err(Failure::wrong_input("--guide and --truth belong to one picture: restore them one by one"));
    }
    if settings.estimate {
        return estimates::print(settings, &pictures);
    }
    conflicts::refuse(settings, &pictures)?;
    match (&settings.output, &settings.output_dir, pictures.as_slice()) {
        (Some(_), Some(_), _) => Err(Failure::wrong_input("-o and --output-dir exclude each other: -o names one file")),
        (None, Some(folder), _) => PictureBatch::new(settings, folder, &pictures)?.run(),
        (Some(output), None, [picture]) => {
            let ended = restore_alone(settings, picture, output);
            ended.inspect_err(|failure| record_failure(settings, picture, failure)).map(|_| ())
        }
        (None, None, [_]) => Err(Failure::wrong_input("name the result with -o FILE")),
        (_, None, _) => Err(Failure::wrong_input("several pictures need --output-dir DIR instead of -o")),
    }
}

/// A picture and where its result goes.
struct Item {
    picture: PathBuf,
    output: PathBuf,
}

/// The pictures of a batch.
struct PictureBatch<'a> {
    settings: &'a Settings,
    items: Vec<Item>,
}

/// How many pictures went which way.
#[derive(Default)]
struct Count {
    done: usize,
    /// The number of pictures among those done whose files are damaged.
    damaged: usize,
    skipped: usize,
    failed: usize,
}

impl<'a> PictureBatch<'a> {
    fn new(settings: &'a Settings, folder: &Path, pictures: &[PathBuf]) -> Result<Self> {
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
            Ok(Item { picture: picture.clone(), output: folder.join(name) })
        });
        let items = items.collect::<Result<Vec<_>>>()?;
        refuse_collisions(&items)?;
        Ok(PictureBatch { settings, items })
    }

    fn run(&self) -> Result<()> {
        let mut count = Count::default();
        for (index, item) in self.items.iter().enumerate() {
            if interrupt::is_requested() {
                return Err(self.interrupted(&count));
            }
            if self.is_done(item) {
                count.skipped += 1;
                let text = format!("{}: skipped, {} exists", item.picture.display(), item.output.display());
                self.settings.console.note(&text);
                continue;
            }
            self.settings.console.note(&format!("picture {} of {}", index + 1, self.items.len()));
            self.run_item(item, &mut count)?;
        }
        self.summarize(&count)
    }

    /// Restores a picture and counts how it went. Only an interrupt is an error.
    fn run_item(&self, item: &Item, count: &mut Count) -> Result<()> {
        match self.restore(item) {
            Ok(condition) => {
                count.done += 1;
                count.damaged += usize::from(condition == Condition::Damaged);
            }
            Err(failure) => {
                console::error(&failure.text);
                record_failure(self.settings, &item.picture, &failure);
                if failure.status == Status::Interrupted {
                    return Err(self.interrupted(count));
                }
                count.failed += 1;
            }
        }
        Ok(())
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

    /// A result with a checkpoint beside it is one that a time limit has cut short.
    fn is_done(&self, item: &Item) -> bool {
        let Settings { overwrite, resume, .. } = self.settings;
        let exists = item.output.exists() && !item.output.is_dir();
        exists && !overwrite && !(*resume && checkpoint::beside(&item.output).exists())
    }

    fn interrupted(&self, count: &Count) -> Failure {
        let left = self.items.len() - count.done - count.skipped - count.failed;
        let text = format!("stopped with {left} pictures left: run the same command again to restore them");
        Failure::new(Status::Interrupted, text)
    }

    fn summarize(&self, count: &Count) -> Result<()> {
        let Count { done, damaged, skipped, failed } = count;
        let of_damaged = match damaged {
            0 => String::new(),
            1 => " (1 of them from a damaged file)".into(),
            several => format!(" ({several} of them from damaged files)"),
        };
        let text = format!("{done} restored{of_damaged}, {skipped} skipped, {failed} failed");
        self.settings.console.record(&json!({
            "event": "summary", "done": done, "damaged": damaged, "skipped": skipped, "failed": failed,
        }));
        if *failed > 0 {
            return Err(Failure::new(Status::SomeFailed, text));
        }
        self.settings.console.note(&text);
        Ok(())
    }
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

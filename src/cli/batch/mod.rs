//! Several pictures, one after the other: results under the pictures' names, existing ones skipped, a
//! failure reported while the rest goes on. A killed batch that is started again does what is left.

pub mod conflicts;

use crate::console;
use crate::failure::{Failure, Result, Status};
use crate::files::{self, DestinationKind};
use crate::inputs::InputPaths;
use crate::interrupt;
use crate::picture::format::{EXTENSIONS, Format};
use crate::run::checkpoint;
use crate::run::estimate;
use crate::run::place::Place;
use crate::run::{self, Condition, RestoreRequest};
use crate::settings::Settings;
use serde_json::json;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Restores what the settings name: one picture, or a batch.
///
/// # Errors
/// Of one picture: its failure. Of a batch: wrong flags, or [`Status::SomeFailed`] at the end.
pub fn run(settings: &Settings) -> Result<()> {
    let pictures = expand(settings)?;
    if pictures.len() > 1 && (settings.guide.is_some() || settings.truth.is_some()) {
        return Err(Failure::wrong_input("--guide and --truth belong to one picture: restore them one by one"));
    }
    let one = match pictures.as_slice() {
        [one] if settings.estimate => return estimate(settings, one).map(|_| ()),
        several if settings.estimate => return estimate_all(settings, several),
        [one] => Some(one),
        _ => None,
    };
    conflicts::refuse(settings, &pictures)?;
    match (&settings.output, &settings.output_dir, one) {
        (Some(_), Some(_), _) => Err(Failure::wrong_input("-o and --output-dir exclude each other: -o names one file")),
        (None, Some(folder), _) => PictureBatch::new(settings, folder, &pictures)?.run(),
        (_, _, None) => Err(Failure::wrong_input("several pictures need --output-dir DIR instead of -o")),
        (None, _, _) => Err(Failure::wrong_input("name the result with -o FILE")),
        (Some(output), _, Some(picture)) => {
            let ended = restore_one(settings, picture, output);
            ended.inspect_err(|failure| record(settings, picture, failure)).map(|_| ())
        }
    }
}

fn restore_one(settings: &Settings, picture: &Path, output: &Path) -> Result<Condition> {
    let place = Place::new(output)?;
    if settings.resume && settings.checkpoint.is_none() && !matches!(place.destination.kind, DestinationKind::File(_)) {
        let text = "is no file beside which --resume could keep a checkpoint: name one with --checkpoint FILE";
        return Err(Failure::wrong_input(text).about(place.destination.name()));
    }
    restore(settings, picture, output, place, settings.report.clone())
}

/// One picture with the files that belong to it.
fn restore(
    settings: &Settings,
    picture: &Path,
    output: &Path,
    place: Place,
    report: Option<PathBuf>,
) -> Result<Condition> {
    if let Some(folder) = &report {
        files::create_folder(folder)?;
    }
    let mask = mask(settings, picture)?;
    let checkpoint = settings.checkpoint.clone().or_else(|| settings.resume.then(|| checkpoint::beside(output)));
    run::restore(&RestoreRequest {
        settings,
        paths: paths(settings, picture, mask.as_deref()),
        place,
        report,
        checkpoint,
    })
}

fn estimate(settings: &Settings, picture: &Path) -> Result<f64> {
    let mask = mask(settings, picture)?;
    estimate::print(&paths(settings, picture, mask.as_deref()), settings)
}

/// Goes on after a failure, as the batch itself will.
fn estimate_all(settings: &Settings, pictures: &[PathBuf]) -> Result<()> {
    let mut seconds = Vec::new();
    for picture in pictures {
        if interrupt::is_requested() {
            return Err(Failure::new(Status::Interrupted, "stopped"));
        }
        match estimate(settings, picture) {
            Ok(one) => seconds.push(one),
            Err(failure) if failure.status == Status::Interrupted => return Err(failure),
            Err(failure) => {
                console::error(&failure.text);
                record(settings, picture, &failure);
            }
        }
    }
    estimate::print_sum(settings, &seconds);
    match pictures.len() - seconds.len() {
        0 => Ok(()),
        failed => Err(Failure::new(Status::SomeFailed, format!("{failed} of {} pictures failed", pictures.len()))),
    }
}

/// The mask that belongs to a picture.
///
/// # Errors
/// There is none of its name.
pub fn mask(settings: &Settings, picture: &Path) -> Result<Option<PathBuf>> {
    match &settings.mask_dir {
        Some(folder) => mask_of(picture, folder).map(Some),
        None => Ok(settings.mask.clone()),
    }
}

fn paths<'a>(settings: &'a Settings, picture: &'a Path, mask: Option<&'a Path>) -> InputPaths<'a> {
    InputPaths { picture, mask, guide: settings.guide.as_deref(), truth: settings.truth.as_deref() }
}

/// For programs that read JSON lines.
fn record(settings: &Settings, picture: &Path, failure: &Failure) {
    settings.console.record(&json!({
        "event": "failed",
        "input": files::name(picture),
        "status": failure.status as i32,
        "error": failure.text,
    }));
}

/// Folders replaced by the pictures in them.
fn expand(settings: &Settings) -> Result<Vec<PathBuf>> {
    let mut pictures = Vec::new();
    for path in &settings.pictures {
        if !path.is_dir() {
            pictures.push(path.clone());
            continue;
        }
        let (found, others) = files::pictures(path)?;
        if found.is_empty() {
            return Err(Failure::wrong_input("holds no picture with a known extension").about(&files::name(path)));
        }
        if others > 0 {
            settings.console.note(&format!("{}: {others} other files and folders are left out", files::name(path)));
        }
        pictures.extend(found);
    }
    Ok(pictures)
}

/// The mask of the picture's name, whatever its extension.
fn mask_of(picture: &Path, folder: &Path) -> Result<PathBuf> {
    fs::read_dir(folder).map_err(|error| Failure::reading(folder, &error))?;
    let same = picture.file_name().map(|name| folder.join(name));
    let stem = picture.file_stem().unwrap_or_default();
    let extensions = EXTENSIONS.iter().flat_map(|(extension, _)| [extension.to_string(), extension.to_uppercase()]);
    let others = extensions.map(|extension| {
        let mut name = stem.to_os_string();
        name.push(".");
        name.push(extension);
        folder.join(name)
    });
    same.into_iter().chain(others).find(|path| path.is_file()).ok_or_else(|| {
        Failure::wrong_input(format!("has no mask of its name in {}", folder.display())).about(&files::name(picture))
    })
}

/// A picture and where its result goes.
struct Item {
    picture: PathBuf,
    output: PathBuf,
}

struct PictureBatch<'a> {
    settings: &'a Settings,
    items: Vec<Item>,
}

#[derive(Default)]
struct Count {
    done: usize,
    /// Of those, the ones of damaged files.
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
                let text = "--report and --output-dir are one folder, in which reports would stand where results go: \
                            choose another for --report";
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
            match self.restore(item) {
                Ok(given) => {
                    count.done += 1;
                    count.damaged += usize::from(given == Condition::Damaged);
                }
                Err(failure) => {
                    console::error(&failure.text);
                    record(self.settings, &item.picture, &failure);
                    if failure.status == Status::Interrupted {
                        return Err(self.interrupted(&count));
                    }
                    count.failed += 1;
                }
            }
        }
        self.summarize(&count)
    }

    fn restore(&self, item: &Item) -> Result<Condition> {
        let settings = self.settings;
        let mut place = match Format::from_extension(&item.output) {
            Some(_) => Place::new(&item.output)?,
            // A picture without an extension: written as it was read.
            None => Place { destination: files::Destination::new(&item.output)?, format: None, unfinished: None },
        };
        // Under its own name the next run would skip the picture.
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
        let text = format!("stopped with {left} pictures left: the same command does them");
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

/// Two pictures of one name.
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

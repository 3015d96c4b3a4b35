//! One picture, from its file to the restored file: reads, checks everything that can fail before the
//! fit, fits, and saves the best picture, or a checkpoint, however the fit ends.

pub mod checkpoint;
pub mod estimate;
mod outcome;
pub mod place;
pub mod preview;
pub mod progress;
pub mod report;
pub mod stack;
pub mod stepping;
mod watchers;

use crate::console::{Console, duration, number};
use crate::failure::{Failure, Result, Status};
use crate::files::{self, Destination};
use crate::inputs::{FitInputs, InputPaths, PictureFile};
use crate::interrupt;
use crate::memory;
use crate::picture::encode::EncodingPlan;
use crate::picture::limits::Limits;
use crate::picture::raster::{self, Raster, resized};
use crate::run::checkpoint::{Checkpoint, CheckpointWriter};
use crate::run::place::Place;
use crate::run::preview::Preview;
use crate::run::progress::Progress;
use crate::run::report::Report;
use crate::run::stack::Stack;
use crate::run::stepping::{IterationsPerCall, Timing};
use crate::settings::Settings;
use dipkit::options::{Choice, DeviceKind, Hole, Quality, Task};
use dipkit::pixels::{Layout, metrics as measures};
use dipkit::session::{Metrics, Output, Session, State};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use watchers::Watchers;

/// One picture's files.
#[derive(Debug)]
pub struct RestoreRequest<'a> {
    pub settings: &'a Settings,
    pub paths: InputPaths<'a>,
    pub place: Place,
    pub report: Option<PathBuf>,
    /// Where the unfinished fit is kept.
    pub checkpoint: Option<PathBuf>,
}

/// What was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Whole,
    /// The result was made of what was left of it.
    Damaged,
}

/// Restores one picture.
///
/// # Errors
/// Everything that can go wrong, with what was kept and where.
pub fn restore(work: &RestoreRequest) -> Result<Condition> {
    memory::reset_peak();
    let source = PictureFile::read(work.paths.picture)?;
    let pages = source.pages().len();
    let limits = Limits::new(work.settings.options.memory_limit);
    let checkpoint = work.checkpoint.as_deref().map(|path| Checkpoint::new(path, pages, work.settings)).transpose()?;
    let mut stack = Stack::new(work, &source, limits, pages)?;
    let (mut given, mut is_cut, start) = (Condition::Whole, false, Instant::now());
    for page in 0..pages {
        stack.page = page;
        let mut settings = work.settings.clone();
        if checkpoint.is_some() {
            // The checkpoint has the clock: a session that is told of a limit lets its work go when that is over.
            settings.options.time_limit = 0.0;
        } else if pages > 1 && settings.options.time_limit > 0.0 {
            // What is left of the time is shared by the pages that are left.
            let left = settings.options.time_limit - start.elapsed().as_secs_f32();
            settings.options.time_limit = (left / (pages - page) as f32).max(LEAST_SECONDS);
        }
        let report = work.report.as_ref().map(|folder| match pages {
            1 => folder.clone(),
            _ => folder.join(format!("page-{}", page + 1)),
        });
        let (page_given, state) = restore_page(work, &settings, &source, &stack, report, checkpoint.as_ref())?;
        if page_given == Condition::Damaged {
            given = Condition::Damaged;
        }
        is_cut = checkpoint.is_some() && state == State::TimedOut;
        if is_cut {
            break;
        }
    }
    checkpoint.filter(|_| !is_cut).map_or(Ok(()), |checkpoint| checkpoint.remove())?;
    stack.conclude(work, given == Condition::Damaged, is_cut, start.elapsed().as_secs_f64());
    Ok(given)
}

/// A page whose time is over still has so much, for one iteration.
const LEAST_SECONDS: f32 = 0.001;

fn restore_page(
    work: &RestoreRequest,
    settings: &Settings,
    source: &PictureFile,
    stack: &Stack,
    report: Option<PathBuf>,
    checkpoint: Option<&Checkpoint>,
) -> Result<(Condition, State)> {
    let existing = checkpoint.and_then(|checkpoint| checkpoint.existing(stack.page));
    let (inputs, session) = open(&work.paths, source, stack.page, settings, existing.as_deref())?;
    let about = stack.about(&files::name(work.paths.picture));
    let place = &work.place;
    let layout = inputs.picture.raster.layout;
    let format = place.format.unwrap_or(inputs.picture.format);
    let plan = EncodingPlan::new(format, session.size(), &layout, &inputs.picture.metadata)
        .map_err(|failure| failure.about(place.destination.name()))?;
    plan.warnings.iter().for_each(|warning| settings.console.warn(place.destination.name(), warning));
    let resumed = existing.map(|_| session.metrics().state);
    let job = PageFit { work, settings, stack, report, plan, session, inputs: &inputs, about, checkpoint, resumed };
    job.introduce();
    let result = job.run();
    interrupt::forget();
    let given = if inputs.picture.damage.is_some() { Condition::Damaged } else { Condition::Whole };
    result.map(|state| (given, state))
}

/// Reads a picture with what belongs to it, and checks everything that its session can know before the fit. The
/// session goes on from a checkpoint, if there is one.
///
/// # Errors
/// What is wrong with which file.
pub fn open(
    paths: &InputPaths,
    source: &PictureFile,
    page: usize,
    settings: &Settings,
    checkpoint: Option<&Path>,
) -> Result<(FitInputs, Arc<Session>)> {
    let inputs = FitInputs::open(paths, source, page, settings)?;
    let name = files::name(paths.picture);
    let for_session = inputs.for_session(&settings.options).map_err(|error| refused(error).about(&name))?;
    let missing = raster::missing(&for_session.image);
    if missing > 0 {
        settings
            .console
            .warn(&name, &format!("{missing} samples are no numbers; they are filled from their surroundings"));
    }
    let session = match checkpoint {
        Some(file) => Session::load_with(file, &settings.options, for_session).map_err(not_resumed),
        None => Session::create(&settings.options, for_session).map_err(refused),
    };
    let session = session.map_err(|failure| failure.about(&name))?;
    inputs.check_truth(paths, session.size())?;
    Ok((inputs, Arc::new(session)))
}

/// Why a checkpoint cannot be gone on from.
fn not_resumed(error: dipkit::Error) -> Failure {
    let is_memory = matches!(error, dipkit::Error::OutOfMemory { .. });
    let advice =
        "nothing was written: go on with the same picture and options, or remove the checkpoint to start again";
    if is_memory { refused(error) } else { Failure::from(error).and(advice) }
}

/// Why there is no session, with what to do where there is too little memory for it.
pub fn refused(error: dipkit::Error) -> Failure {
    let is_memory = matches!(error, dipkit::Error::OutOfMemory { .. });
    let failure = Failure::from(error);
    let advice = "nothing was written: use a smaller picture, fewer channels or a larger --memory-limit";
    if is_memory { failure.and(advice) } else { failure }
}

/// A session with everything around it.
struct PageFit<'a> {
    work: &'a RestoreRequest<'a>,
    settings: &'a Settings,
    stack: &'a Stack<'a>,
    report: Option<PathBuf>,
    plan: EncodingPlan,
    session: Arc<Session>,
    inputs: &'a FitInputs,
    about: String,
    checkpoint: Option<&'a Checkpoint>,
    /// How far the fit was in the checkpoint that it went on from.
    resumed: Option<State>,
}

impl PageFit<'_> {
    fn console(&self) -> &Console {
        &self.settings.console
    }

    /// What will be done.
    fn introduce(&self) {
        let metrics = self.session.metrics();
        let options = self.session.options();
        let mut text = format!(
            "{}: {}, {}, {}, up to {} iterations on {}",
            self.about,
            self.inputs.picture.raster.size(),
            task_word(options.task),
            Quality::word(options.quality as u32),
            metrics.iterations_total,
            DeviceKind::word(metrics.device as u32),
        );
        if let Some(mask) = &self.inputs.mask {
            let hole = metrics.hole.map_or("", |hole| Hole::word(hole as u32));
            text += &format!(", {:.1} % to fill with the preset for {hole} holes (--hole)", 100.0 * mask.missing_share);
        }
        self.console().note(&text);
        if let Some(checkpoint) = self.checkpoint.filter(|_| self.resumed.is_some()) {
            self.introduce_resumed(&files::name(&checkpoint.of(self.stack.page)), &metrics);
        }
    }

    fn introduce_resumed(&self, checkpoint: &str, metrics: &Metrics) {
        let spent = duration(metrics.seconds);
        let text = format!("{}: goes on from {checkpoint}, iteration {}, {spent}", self.about, metrics.iteration);
        self.console().note(&text);
        self.console().record(&json!({
            "event": "resumed",
            "input": self.about,
            "checkpoint": checkpoint,
            "page": self.stack.page + 1,
            "pages": self.stack.pages,
            "iteration": metrics.iteration,
            "seconds": number(metrics.seconds),
        }));
    }

    fn run(&self) -> Result<State> {
        let settings = self.settings;
        let layout = &self.inputs.picture.raster.layout;
        let metadata = &self.inputs.picture.metadata;
        let size = self.session.size();
        let preview = settings.preview.as_deref().map(|path| Preview::new(path, size, layout, metadata)).transpose()?;
        let folder = self.report.as_deref();
        let report = folder.map(|folder| Report::new(folder, self.inputs.truth.clone())).transpose()?;
        let mut watchers = Watchers {
            progress: Progress::new(settings.console, &self.about, (self.stack.page, self.stack.pages)),
            preview,
            report,
            keeper: self.checkpoint.map(|checkpoint| CheckpointWriter::new(checkpoint, self.stack.page)),
        };
        let grain = if watchers.report.is_some() {
            IterationsPerCall::AtMost(REPORT_GRAIN)
        } else {
            IterationsPerCall::Adapted
        };
        let mut timing = Timing::default();
        let ended = stepping::run(&self.session, grain, &mut timing, &mut [&mut watchers]);
        drop(watchers.progress);
        let metrics = self.session.metrics();
        let written = match &watchers.report {
            Some(report) if metrics.iteration > 0 => report.write(&self.session, &metrics),
            _ => Ok(()),
        };
        match ended {
            Ok(metrics) => {
                self.finish(&metrics, &timing)?;
                written.map_err(|failure| failure.and("the result itself is saved"))?;
                Ok(metrics.state)
            }
            Err(error) => Err(self.save_unfinished(error.into(), &metrics)),
        }
    }

    /// Saves the result and says how it went.
    fn finish(&self, metrics: &Metrics, timing: &Timing) -> Result<()> {
        let result = Raster::from_session(&self.session, Output::Result, self.plan.layout)?;
        let is_cut = self.checkpoint.is_some() && metrics.state == State::TimedOut;
        let is_kept_already = self.resumed.is_some_and(|state| state != State::Running);
        let kept = self.checkpoint.filter(|_| is_cut || self.stack.has_more() && !is_kept_already);
        let kept = kept.map_or(Ok(()), |checkpoint| checkpoint.write(self.stack.page, &self.session));
        if self.stack.has_more() && !is_cut {
            self.stack.keep(&self.plan, &result);
        } else {
            self.save(&self.work.place.destination, &result)?;
        }
        self.warn_of_time(metrics);
        kept.or_else(|failure| self.lack_checkpoint(failure, is_cut))?;
        let quality = self.quality()?;
        self.console().record(&self.record(metrics, timing, quality));
        self.console().note(&self.summary(metrics, timing, quality));
        Ok(())
    }

    /// Says what the time limit has left undone.
    fn warn_of_time(&self, metrics: &Metrics) {
        let is_short = metrics.best_iteration == 0 || metrics.jobs_done < metrics.jobs_total;
        if metrics.state != State::TimedOut || !is_short {
            return;
        }
        let text = match self.checkpoint {
            Some(_) => "the time was over before the fit was: --resume goes on where it stopped",
            None => "there was no time for all of the picture: what the fit has not reached is as it was given",
        };
        self.console().warn(self.work.place.destination.name(), text);
    }

    /// A missing checkpoint is a failure where the fit was to go on from it; a finished page can be done again.
    fn lack_checkpoint(&self, failure: Failure, is_cut: bool) -> Result<()> {
        if is_cut {
            return Err(failure.and("the result itself is saved, but --resume cannot go on from where the time ended"));
        }
        self.console().warn(&self.about, &format!("its checkpoint is not written: {}", failure.text));
        Ok(())
    }

    /// The failure with what was kept and where.
    fn save_unfinished(&self, failure: Failure, metrics: &Metrics) -> Failure {
        let failure = match failure.status {
            Status::Interrupted => {
                Failure::new(Status::Interrupted, format!("stopped at iteration {}", metrics.iteration))
            }
            _ => failure,
        };
        let mut failure = failure.about(&self.about);
        if let Some(checkpoint) = self.checkpoint.filter(|_| failure.status == Status::Interrupted) {
            match checkpoint.write(self.stack.page, &self.session) {
                // The picture so far is in it, and a result's name is for a finished one.
                Ok(()) => {
                    let name = files::name(&checkpoint.of(self.stack.page));
                    return failure.and(&format!("--resume goes on from {name}"));
                }
                Err(other) => failure = failure.and(&format!("the checkpoint is not written: {}", other.text)),
            }
        }
        if metrics.best_iteration == 0 && metrics.jobs_done == 0 && !self.stack.has_done() {
            return failure.and("nothing was written");
        }
        match self.try_save_unfinished() {
            Ok(name) => {
                failure.and(&format!("the best picture so far (iteration {}) is in {name}", metrics.best_iteration))
            }
            Err(other) => failure.and(&format!("the best picture so far could not be saved: {}", other.text)),
        }
    }

    fn try_save_unfinished(&self) -> Result<String> {
        let destination = match &self.work.place.unfinished {
            Some(path) => Destination::new(&files::unfinished(path))?,
            None => self.work.place.destination.clone(),
        };
        let result = Raster::from_session(&self.session, Output::Result, self.plan.layout)?;
        self.save(&destination, &result)?;
        Ok(destination.name().into())
    }

    /// Writes a result; where that fails, to the folder for temporary files, so that hours of work are not lost.
    fn save(&self, destination: &Destination, result: &Raster) -> Result<()> {
        let bytes = self.stack.encode(&self.plan, result)?;
        let Err(failure) = destination.write(&bytes) else { return Ok(()) };
        let outcome = match files::rescue(&self.plan.format.name().to_ascii_lowercase(), &bytes) {
            Ok(rescue) if failure.status == Status::DiskFull => {
                format!("the result is kept in {}: make room and move it", rescue.display())
            }
            Ok(rescue) => format!("the result is kept in {}: move it", rescue.display()),
            Err(error) => format!("the result is lost, since the folder for temporary files fails too ({error})"),
        };
        Err(failure.and(&outcome))
    }

    /// PSNR and SSIM of the result as it is saved, where the truth is known.
    fn quality(&self) -> Result<Option<[f64; 2]>> {
        let Some(truth) = &self.inputs.truth else { return Ok(None) };
        let given = &self.inputs.picture.raster.layout;
        let layout = Layout {
            transfer: given.transfer,
            premultiplied: given.premultiplied,
            ..Layout::packed(self.session.size(), given.channels, self.plan.layout.sample)
        };
        debug_assert_eq!(resized(&layout, layout.size), layout);
        let result = Raster::from_session(&self.session, Output::Result, layout)?.colour()?;
        Ok(Some([measures::psnr(&result, truth)?, measures::ssim(&result, truth)?]))
    }
}

/// Iterations of a call while a report is made.
const REPORT_GRAIN: u32 = 10;

/// The task as the command line has it.
pub fn task_word(task: Task) -> &'static str {
    Task::word(task as u32)
}

//! One picture, from its file to the restored file: reads, checks everything that can fail before the
//! fit, fits, and saves the best picture however the fit ends.

use super::console::{Console, duration, mebibytes, number};
use super::decode::Limits;
use super::encode::Plan;
use super::failure::{Failure, Result, Status};
use super::files::{self, Target};
use super::fit::{self, Grain, Timing, Watcher};
use super::inputs::{Inputs, Paths, Source};
use super::place::Place;
use super::preview::Preview;
use super::progress::Progress;
use super::raster::{self, Raster, resized};
use super::report::Report;
use super::settings::Settings;
use super::stack::Stack;
use super::{findings, interrupt, memory};
use dipkit::options::{Choice, DeviceKind, Hole, Task};
use dipkit::pixels::{Layout, metrics as measures};
use dipkit::session::{Metrics, Output, Session, State};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// One picture's files.
#[derive(Debug)]
pub struct Work<'a> {
    pub settings: &'a Settings,
    pub paths: Paths<'a>,
    pub place: Place,
    pub report: Option<PathBuf>,
}

/// What was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    Whole,
    /// The result was made of what was left of it.
    Damaged,
}

/// Restores one picture.
///
/// # Errors
/// Everything that can go wrong, with what was kept and where.
pub fn restore(work: &Work) -> Result<Given> {
    memory::reset_peak();
    let source = Source::read(work.paths.picture)?;
    let pages = source.pages().len();
    let limits = Limits::new(work.settings.options.memory_limit);
    let mut stack = Stack::new(work, &source, limits, pages)?;
    let (mut given, start) = (Given::Whole, Instant::now());
    for page in 0..pages {
        stack.page = page;
        let mut settings = work.settings.clone();
        // What is left of the time is shared by the pages that are left.
        if pages > 1 && settings.options.time_limit > 0.0 {
            let left = settings.options.time_limit - start.elapsed().as_secs_f32();
            settings.options.time_limit = (left / (pages - page) as f32).max(LEAST_SECONDS);
        }
        let report = work.report.as_ref().map(|folder| match pages {
            1 => folder.clone(),
            _ => folder.join(format!("page-{}", page + 1)),
        });
        if restore_page(work, &settings, &source, &stack, report)? == Given::Damaged {
            given = Given::Damaged;
        }
    }
    stack.conclude(work, given == Given::Damaged, start.elapsed().as_secs_f64());
    Ok(given)
}

/// A page whose time is over still has so much, for one iteration.
const LEAST_SECONDS: f32 = 0.001;

fn restore_page(
    work: &Work,
    settings: &Settings,
    source: &Source,
    stack: &Stack,
    report: Option<PathBuf>,
) -> Result<Given> {
    let (inputs, created) = open(&work.paths, source, stack.page, settings)?;
    let about = stack.about(&files::name(work.paths.picture));
    let place = &work.place;
    let layout = inputs.picture.raster.layout;
    let format = place.format.unwrap_or(inputs.picture.format);
    let plan = Plan::new(format, created.size(), &layout, &inputs.picture.metadata)
        .map_err(|failure| failure.about(place.target.name()))?;
    plan.warnings.iter().for_each(|warning| settings.console.warn(place.target.name(), warning));
    let job = Job { work, settings, stack, report, plan, session: created, inputs: &inputs, about };
    job.introduce();
    let result = job.run();
    interrupt::forget();
    result.map(|()| if inputs.picture.damage.is_some() { Given::Damaged } else { Given::Whole })
}

/// Reads a picture with what belongs to it, and checks everything that its session can know before the fit.
///
/// # Errors
/// What is wrong with which file.
pub fn open(paths: &Paths, source: &Source, page: usize, settings: &Settings) -> Result<(Inputs, Arc<Session>)> {
    let inputs = Inputs::open(paths, source, page, settings)?;
    let name = files::name(paths.picture);
    let for_session = inputs.for_session(&settings.options).map_err(|error| refused(error).about(&name))?;
    let missing = raster::missing(&for_session.image);
    if missing > 0 {
        settings
            .console
            .warn(&name, &format!("{missing} samples are no numbers; they are filled from their surroundings"));
    }
    let created = Session::create(&settings.options, for_session).map_err(|error| refused(error).about(&name))?;
    inputs.check_truth(paths, created.size())?;
    Ok((inputs, Arc::new(created)))
}

/// Why there is no session, with what to do where there is too little memory for it.
pub fn refused(error: dipkit::Error) -> Failure {
    let is_memory = matches!(error, dipkit::Error::OutOfMemory { .. });
    let failure = Failure::from(error);
    let advice = "nothing was written: use a smaller picture, fewer channels or a larger --memory-limit";
    if is_memory { failure.and(advice) } else { failure }
}

/// A session with everything around it.
struct Job<'a> {
    work: &'a Work<'a>,
    settings: &'a Settings,
    stack: &'a Stack<'a>,
    report: Option<PathBuf>,
    plan: Plan,
    session: Arc<Session>,
    inputs: &'a Inputs,
    about: String,
}

impl Job<'_> {
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
            dipkit::options::Quality::word(options.quality as u32),
            metrics.iterations_total,
            DeviceKind::word(metrics.device as u32),
        );
        if let Some(mask) = &self.inputs.mask {
            let hole = metrics.hole.map_or("", |hole| Hole::word(hole as u32));
            text += &format!(", {:.1} % to fill with the preset for {hole} holes (--hole)", 100.0 * mask.missing_share);
        }
        self.console().note(&text);
    }

    fn run(&self) -> Result<()> {
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
        };
        let grain = if watchers.report.is_some() { Grain::AtMost(REPORT_GRAIN) } else { Grain::Adapted };
        let mut timing = Timing::default();
        let ended = fit::run(&self.session, grain, &mut timing, &mut [&mut watchers]);
        drop(watchers.progress);
        let metrics = self.session.metrics();
        let written = match &watchers.report {
            Some(report) if metrics.iteration > 0 => report.write(&self.session, &metrics),
            _ => Ok(()),
        };
        match ended {
            Ok(metrics) => {
                self.finish(&metrics, &timing)?;
                written.map_err(|failure| failure.and("the result itself is saved"))
            }
            Err(error) => Err(self.save_unfinished(error.into(), &metrics)),
        }
    }

    /// Saves the result and says how it went.
    fn finish(&self, metrics: &Metrics, timing: &Timing) -> Result<()> {
        let result = Raster::from_session(&self.session, Output::Result, self.plan.layout)?;
        if self.stack.has_more() {
            self.stack.keep(&self.plan, &result);
        } else {
            self.save(&self.work.place.target, &result)?;
        }
        let is_short = metrics.best_iteration == 0 || metrics.jobs_done < metrics.jobs_total;
        if metrics.state == State::TimedOut && is_short {
            let text = "there was no time for all of the picture: what the fit has not reached is as it was given";
            self.console().warn(self.work.place.target.name(), text);
        }
        let quality = self.quality()?;
        self.console().record(&self.record(metrics, timing, quality));
        self.console().note(&self.summary(metrics, timing, quality));
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
        let failure = failure.about(&self.about);
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
        let target = match &self.work.place.unfinished {
            Some(path) => Target::new(&files::unfinished(path))?,
            None => self.work.place.target.clone(),
        };
        let result = Raster::from_session(&self.session, Output::Result, self.plan.layout)?;
        self.save(&target, &result)?;
        Ok(target.name().into())
    }

    /// Writes a result; where that fails, to the folder for temporary files, so that hours of work are not lost.
    fn save(&self, target: &Target, result: &Raster) -> Result<()> {
        let bytes = self.stack.encode(&self.plan, result)?;
        let Err(failure) = target.write(&bytes) else { return Ok(()) };
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

    fn record(&self, metrics: &Metrics, timing: &Timing, quality: Option<[f64; 2]>) -> Value {
        let size = self.session.size();
        let mut record = json!({
            "event": if self.stack.pages > 1 { "page" } else { "done" },
            "page": self.stack.page + 1,
            "pages": self.stack.pages,
            "task": task_word(self.session.options().task),
            "input": self.about,
            "output": self.work.place.target.name(),
            "size": size.to_string(),
            "width": size.width,
            "height": size.height,
            "state": state_word(metrics.state),
            "iterations": metrics.iteration,
            "best_iteration": metrics.best_iteration,
            "seconds": number(metrics.seconds),
            "seconds_per_iteration": number(timing.seconds_per_iteration(metrics)),
            "peak_memory_bytes": memory::peak_bytes(),
            "device": DeviceKind::word(metrics.device as u32),
            "loss": number(metrics.loss),
            "psnr_observed": number(metrics.psnr_observed),
            "variance": number(metrics.variance),
            "noise_level": number(metrics.noise_level),
            "noise_kind": metrics.noise_kind.word(),
            "is_as_given": metrics.jobs_total == 0,
            "is_damaged": self.inputs.picture.damage.is_some(),
        });
        if let Some(range) = self.inputs.picture.range() {
            record["range"] = range.to_string().into();
        }
        if let (Some(mask), Some(hole)) = (&self.inputs.mask, metrics.hole) {
            record["missing_share"] = number(mask.missing_share);
            record["hole"] = Hole::word(hole as u32).into();
        }
        if let Some([psnr, ssim]) = quality {
            record["psnr"] = number(psnr);
            record["ssim"] = number(ssim);
        }
        record
    }

    fn summary(&self, metrics: &Metrics, timing: &Timing, quality: Option<[f64; 2]>) -> String {
        if let Some(reason) = findings::reason_for_no_fit(self.session.options().task, metrics) {
            return format!("{}: the picture is as it was given, since {reason}", self.work.place.target.name());
        }
        let mut text = format!(
            "{}: {} after {} iterations in {}",
            self.stack.about(self.work.place.target.name()),
            state_word(metrics.state),
            metrics.iteration,
            duration(metrics.seconds),
        );
        let pace = timing.seconds_per_iteration(metrics);
        if pace.is_finite() {
            text += &format!(" ({pace:.3} s each)");
        }
        text += &format!(", the picture of iteration {}", metrics.best_iteration);
        if let Some(noise) = findings::noise(metrics) {
            text += &format!(", {noise}");
        }
        if let Some([psnr, ssim]) = quality {
            text += &format!(", PSNR {psnr:.2} dB, SSIM {ssim:.4}");
        }
        if let Some(bytes) = memory::peak_bytes() {
            text += &format!(", peak memory {}", mebibytes(bytes));
        }
        text
    }
}

/// Iterations of a call while a report is made.
const REPORT_GRAIN: u32 = 10;

/// Everybody who looks at a fit.
struct Watchers {
    progress: Progress,
    preview: Option<Preview>,
    report: Option<Report>,
}

impl Watcher for Watchers {
    fn see(&mut self, session: &Session, metrics: &Metrics) {
        self.progress.show(metrics);
        if let Some(preview) = &mut self.preview {
            preview.see(session, metrics);
            if let Some(failure) = preview.failure.take() {
                self.progress.warn("--preview", &format!("{}; the fit goes on without it", failure.text));
                self.preview = None;
            }
        }
        if let Some(report) = &mut self.report {
            report.see(session, metrics);
        }
    }
}

/// The task as the command line has it.
pub fn task_word(task: Task) -> &'static str {
    Task::word(task as u32)
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Running => "unfinished",
        State::Finished => "finished",
        State::StoppedEarly => "stopped early",
        State::TimedOut => "out of time",
    }
}

//! One picture, from its file to the restored file. Everything that can fail is checked before the fit, and however the
//! fit ends, the best picture or a checkpoint is saved.

pub mod checkpoint;
pub mod estimate;
mod introduction;
mod open;
mod outcome;
mod page;
mod page_run;
pub mod place;
mod preview;
mod progress;
pub mod report;
mod request;
mod saving;
mod stack;
pub mod stepping;
mod watchers;

use crate::failure::Result;
use crate::inputs::PictureFile;
use crate::picture::encode::EncodingPlan;
use crate::picture::limits::Limits;
use crate::settings::Settings;
use crate::{files, interrupt, memory};
use checkpoint::Checkpoint;
use dipkit::session::State;
use page::PageFit;
use request::Completion;
pub use request::{Condition, RestoreRequest};
use stack::Stack;
use std::path::PathBuf;
use std::time::Instant;

/// Restores one picture.
///
/// # Errors
/// Anything that can go wrong; the message says what was kept and where.
pub fn restore(request: &RestoreRequest) -> Result<Condition> {
    memory::reset_peak();
    let source = PictureFile::read(request.paths.picture)?;
    let pages = source.pages().len();
    let limits = Limits::new(request.settings.options.memory_limit);
    let checkpoint =
        request.checkpoint.as_deref().map(|path| Checkpoint::new(path, pages, request.settings)).transpose()?;
    let mut stack = Stack::new(request, &source, limits, pages)?;
    let start = Instant::now();
    let (condition, completion) = restore_pages(request, &source, &mut stack, checkpoint.as_ref(), start)?;
    if let Some(checkpoint) = checkpoint.filter(|_| completion == Completion::Complete) {
        checkpoint.remove()?;
    }
    stack.conclude(request, condition, completion, start.elapsed().as_secs_f64());
    Ok(condition)
}

/// Restores the pages in turn, as far as the time limit lets it.
fn restore_pages(
    request: &RestoreRequest,
    source: &PictureFile,
    stack: &mut Stack,
    checkpoint: Option<&Checkpoint>,
    start: Instant,
) -> Result<(Condition, Completion)> {
    let mut condition = Condition::Sound;
    for page in 0..stack.pages {
        stack.page = page;
        let settings = page_settings(request, stack, start);
        let (page_condition, state) = restore_page(request, &settings, source, stack, checkpoint)?;
        if page_condition == Condition::Damaged {
            condition = Condition::Damaged;
        }
        if checkpoint.is_some() && state == State::TimedOut {
            return Ok((condition, Completion::CutShort));
        }
    }
    Ok((condition, Completion::Complete))
}

/// The least time limit of a page, in seconds: a page whose time is over is still given one iteration.
const LEAST_SECONDS: f32 = 0.001;

/// The settings for the page that is next, with its own share of the time.
fn page_settings(request: &RestoreRequest, stack: &Stack, start: Instant) -> Settings {
    let mut settings = request.settings.clone();
    let limit = &mut settings.options.time_limit;
    if request.checkpoint.is_some() {
        // The checkpoint has the clock: a session that knows of a limit lets its work go when the time is over.
        *limit = 0.0;
    } else if stack.pages > 1 && *limit > 0.0 {
        // The pages that are left share the time that is left.
        let left = *limit - start.elapsed().as_secs_f32();
        *limit = (left / (stack.pages - stack.page) as f32).max(LEAST_SECONDS);
    }
    settings
}

fn restore_page(
    request: &RestoreRequest,
    settings: &Settings,
    source: &PictureFile,
    stack: &Stack,
    checkpoint: Option<&Checkpoint>,
) -> Result<(Condition, State)> {
    let existing = checkpoint.and_then(|checkpoint| checkpoint.existing(stack.page));
    let (inputs, session) = open::open(&request.paths, source, stack.page, settings, existing.as_deref())?;
    let destination = request.place.destination.name();
    let format = request.place.format.unwrap_or(inputs.picture.format);
    let plan = EncodingPlan::new(format, session.size(), &inputs.picture.raster.layout, &inputs.picture.metadata)
        .map_err(|failure| failure.about(destination))?;
    plan.warnings.iter().for_each(|warning| settings.console.warn(destination, warning));
    let page = PageFit {
        request,
        settings,
        stack,
        report: page_report(request, stack),
        plan,
        about: stack.about(&files::name(request.paths.picture)),
        checkpoint,
        resumed: existing.map(|_| session.metrics().state),
        session,
        inputs: &inputs,
    };
    if !interrupt::is_requested() {
        introduction::introduce(&page);
    }
    let ended = page_run::run(&page);
    interrupt::forget();
    let condition = if inputs.picture.damage.is_some() { Condition::Damaged } else { Condition::Sound };
    ended.map(|state| (condition, state))
}

/// The folder of the page's report.
fn page_report(request: &RestoreRequest, stack: &Stack) -> Option<PathBuf> {
    let folder = request.report.as_ref()?;
    Some(if stack.pages == 1 { folder.clone() } else { folder.join(format!("page-{}", stack.page + 1)) })
}

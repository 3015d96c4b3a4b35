//! The fit of a page, from its first iteration to the saved result.

use crate::failure::Result;
use crate::picture::raster::Raster;
use crate::run::checkpoint::CheckpointWriter;
use crate::run::page::PageFit;
use crate::run::preview::Preview;
use crate::run::progress::Progress;
use crate::run::report::Report;
use crate::run::stepping::{self, IterationsPerCall, Timing};
use crate::run::watchers::Watchers;
use crate::run::{outcome, saving};
use dipkit::session::{Metrics, Output, State};

/// The most iterations of a call, and so from one point of a report's curves to the next.
const ITERATIONS_PER_POINT: u32 = 10;

/// Fits the page, and saves the result or what there is of it.
///
/// # Errors
/// The fit or a file fails; the message says what was kept and where.
pub fn run(page: &PageFit) -> Result<State> {
    let mut watchers = watchers(page)?;
    let calls = match watchers.report {
        Some(_) => IterationsPerCall::AtMost(ITERATIONS_PER_POINT),
        None => IterationsPerCall::Adapted,
    };
    let mut timing = Timing::default();
    let ended = stepping::run(&page.session, calls, &mut timing, &mut [&mut watchers]);
    drop(watchers.progress);
    let metrics = page.session.metrics();
    let written = match &watchers.report {
        Some(report) if metrics.iteration > 0 => report.write(&page.session, &metrics),
        _ => Ok(()),
    };
    match ended {
        Ok(metrics) => {
            finish(page, &metrics, &timing)?;
            written.map_err(|failure| failure.and("the result itself is saved"))?;
            Ok(metrics.state)
        }
        Err(error) => Err(saving::save_unfinished(page, error.into(), &metrics)),
    }
}

/// Everybody who looks at the fit while it runs.
fn watchers<'a>(page: &PageFit<'a>) -> Result<Watchers<'a>> {
    let picture = &page.inputs.picture;
    let (size, layout) = (page.session.size(), &picture.raster.layout);
    let preview = page.settings.preview.as_deref();
    let preview = preview.map(|path| Preview::new(path, size, layout, &picture.metadata)).transpose()?;
    let folder = page.report.as_deref();
    let report = folder.map(|folder| Report::new(folder, page.inputs.truth.clone())).transpose()?;
    Ok(Watchers {
        progress: Progress::new(page.settings.console, &page.about, (page.stack.page, page.stack.pages)),
        preview,
        report,
        checkpoint_writer: page.checkpoint.map(|checkpoint| CheckpointWriter::new(checkpoint, page.stack.page)),
    })
}

/// Saves the result and says how it went.
fn finish(page: &PageFit, metrics: &Metrics, timing: &Timing) -> Result<()> {
    let result = Raster::from_session(&page.session, Output::Result, page.plan.layout)?;
    let is_cut = page.checkpoint.is_some() && metrics.state == State::TimedOut;
    let is_kept_already = page.resumed.is_some_and(|state| state != State::Running);
    let kept = page.checkpoint.filter(|_| is_cut || page.stack.has_more() && !is_kept_already);
    let kept = kept.map_or(Ok(()), |checkpoint| checkpoint.write(page.stack.page, &page.session));
    if page.stack.has_more() && !is_cut {
        page.stack.keep(&page.plan, &result);
    } else {
        saving::save(page, &page.request.place.destination, &result)?;
    }
    warn_of_time(page, metrics);
    match kept {
        // The fit cannot go on without its checkpoint.
        Err(failure) if is_cut => {
            let text = "the result itself is saved, but --resume cannot go on from where the time ended";
            return Err(failure.and(text));
        }
        // A finished page can be restored again.
        Err(failure) => {
            page.console().warn(&page.about, &format!("its checkpoint is not written: {}", failure.text));
        }
        Ok(()) => {}
    }
    let quality = page.quality()?;
    page.console().record(&outcome::record(page, metrics, timing, quality));
    page.console().note(&outcome::summary(page, metrics, timing, quality));
    Ok(())
}

/// Says what the time limit has left undone.
fn warn_of_time(page: &PageFit, metrics: &Metrics) {
    let is_short = metrics.best_iteration == 0 || metrics.jobs_done < metrics.jobs_total;
    if metrics.state != State::TimedOut || !is_short {
        return;
    }
    let text = match page.checkpoint {
        Some(_) => "the time ran out before the fit was finished: --resume goes on where it stopped",
        None => "there was not enough time for the whole picture: what the fit has not reached is as it was given",
    };
    page.console().warn(page.request.place.destination.name(), text);
}

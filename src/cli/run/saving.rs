//! Saving a result, or what there is of it when a fit ends early.

use crate::failure::{Failure, Result, Status};
use crate::files::{self, Destination};
use crate::interrupt;
use crate::picture::raster::Raster;
use crate::run::page::PageFit;
use dipkit::session::{Metrics, Output};

/// Keeps what there is of an unfinished fit. Returns the failure with what was kept and where.
pub fn save_unfinished(page: &PageFit, failure: Failure, metrics: &Metrics) -> Failure {
    let failure = match failure.status {
        Status::Interrupted => Failure::new(Status::Interrupted, format!("stopped at iteration {}", metrics.iteration)),
        _ => failure,
    };
    let mut failure = failure.about(&page.about);
    if interrupt::is_withdrawn() {
        // Checkpoint and result are another worker's now.
        return failure.and("another worker has taken the picture over");
    }
    if let Some(checkpoint) = page.checkpoint.filter(|_| failure.status == Status::Interrupted) {
        match checkpoint.write(page.stack.page, &page.session) {
            // The picture so far is in the checkpoint, and a result's name is for a finished picture.
            Ok(()) => {
                failure.status = interrupt::status_with_checkpoint();
                let name = files::name(&checkpoint.file(page.stack.page));
                return failure.and(&format!("--resume goes on from {name}"));
            }
            // The picture had not even been measured.
            Err(other) if other.status.is_request() => {
                failure.status = interrupt::status_with_checkpoint();
                return failure.and("nothing was done yet that could be kept");
            }
            Err(other) => failure = failure.and(&format!("the checkpoint is not written: {}", other.text)),
        }
    }
    if metrics.best_iteration == 0 && metrics.jobs_done == 0 && !page.stack.has_done() {
        return failure.and("nothing was written");
    }
    match try_save_unfinished(page) {
        Ok(name) => {
            failure.and(&format!("the best picture so far (iteration {}) is in {name}", metrics.best_iteration))
        }
        Err(other) => failure.and(&format!("the best picture so far could not be saved: {}", other.text)),
    }
}

fn try_save_unfinished(page: &PageFit) -> Result<String> {
    let destination = match &page.request.place.unfinished {
        Some(path) => Destination::new(&files::unfinished(path))?,
        None => page.request.place.destination.clone(),
    };
    let result = Raster::from_session(&page.session, Output::Result, page.plan.layout)?;
    save(page, &destination, &result)?;
    Ok(destination.name().into())
}

/// Writes a result. Where that fails it goes to the folder for temporary files, so that hours of work are not lost.
///
/// # Errors
/// The destination could not be written; the message says where the result is instead.
pub fn save(page: &PageFit, destination: &Destination, result: &Raster) -> Result<()> {
    let bytes = page.stack.encode(&page.plan, result)?;
    let Err(failure) = destination.write(&bytes) else { return Ok(()) };
    let outcome = match files::rescue(&page.plan.format.name().to_ascii_lowercase(), &bytes) {
        Ok(rescue) if failure.status == Status::DiskFull => {
            format!("the result is kept in {}: make room and move it", rescue.display())
        }
        Ok(rescue) => format!("the result is kept in {}: move it", rescue.display()),
        Err(error) => format!("the result is lost, since the folder for temporary files fails too ({error})"),
    };
    Err(failure.and(&outcome))
}

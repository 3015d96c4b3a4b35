//! Opening a picture with what belongs to it, and the session that will restore it.

use crate::failure::{self, Failure, Result};
use crate::files;
use crate::inputs::{FitInputs, InputPaths, PictureFile};
use crate::interrupt;
use crate::picture::raster;
use crate::settings::Settings;
use dipkit::session::Session;
use std::path::Path;
use std::sync::Arc;

/// Reads a page with what belongs to it, and checks everything that its session can know before the fit. The session goes
/// on from a checkpoint, if there is one.
///
/// # Errors
/// Something is wrong with a file, which the message names, or the session is refused.
pub fn open(
    paths: &InputPaths,
    source: &PictureFile,
    page: usize,
    settings: &Settings,
    checkpoint: Option<&Path>,
) -> Result<(FitInputs, Arc<Session>)> {
    let inputs = FitInputs::open(paths, source, page, settings)?;
    let name = files::name(paths.picture);
    let for_session =
        inputs.for_session(&settings.options).map_err(|error| failure::session_refused(error).about(&name))?;
    let missing = raster::missing(&for_session.image);
    if missing > 0 {
        let text = format!("{missing} samples are not numbers; they are filled from their surroundings");
        settings.console.warn(&name, &text);
    }
    let session = match checkpoint {
        Some(file) => Session::load_with(file, &settings.options, for_session).map_err(not_resumed),
        None => Session::create(&settings.options, for_session).map_err(failure::session_refused),
    };
    let session = Arc::new(session.map_err(|failure| failure.about(&name))?);
    inputs.check_truth(paths, session.size())?;
    interrupt::watch(&session);
    match session.prepare() {
        // Whoever steps it sees Ctrl-C too, and keeps what other pages have.
        Ok(_) | Err(dipkit::Error::Cancelled) => Ok((inputs, session)),
        Err(error) => Err(failure::session_refused(error).about(&name)),
    }
}

/// Why a fit cannot go on from its checkpoint.
fn not_resumed(error: dipkit::Error) -> Failure {
    let is_memory = matches!(error, dipkit::Error::OutOfMemory { .. });
    let advice =
        "nothing was written: go on with the same picture and options, or remove the checkpoint to start again";
    if is_memory { failure::session_refused(error) } else { Failure::from(error).and(advice) }
}

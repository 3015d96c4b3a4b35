//! One picture, alone or of a batch, with the files that belong to it.

use super::mask_files::mask;
use crate::failure::{Failure, Result};
use crate::files::{self, DestinationKind};
use crate::inputs::InputPaths;
use crate::run::place::Place;
use crate::run::{self, Condition, RestoreRequest, checkpoint};
use crate::settings::Settings;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Restores the only picture of a command.
///
/// # Errors
/// The picture fails.
pub fn restore_alone(settings: &Settings, picture: &Path, output: &Path) -> Result<Condition> {
    let place = Place::new(output)?;
    if settings.resume && settings.checkpoint.is_none() && !matches!(place.destination.kind, DestinationKind::File(_)) {
        let text = "is not a file, so --resume cannot keep a checkpoint beside it: name one with --checkpoint FILE";
        return Err(Failure::wrong_input(text).about(place.destination.name()));
    }
    restore(settings, picture, output, place, settings.report.clone())
}

/// Restores a picture to `place`, and keeps its checkpoint beside `output` unless the settings name another place.
///
/// # Errors
/// The picture fails.
pub fn restore(
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

/// The files that a fit of the picture reads.
pub fn paths<'a>(settings: &'a Settings, picture: &'a Path, mask: Option<&'a Path>) -> InputPaths<'a> {
    InputPaths { picture, mask, guide: settings.guide.as_deref(), truth: settings.truth.as_deref() }
}

/// Says in JSON that a picture failed.
pub fn record_failure(settings: &Settings, picture: &Path, failure: &Failure) {
    settings.console.record(&json!({
        "event": "failed",
        "input": files::name(picture),
        "status": failure.status as i32,
        "error": failure.text,
    }));
}

//! Estimates of what one or several pictures will cost.

use super::mask_files::mask;
use super::one::{paths, record_failure};
use crate::failure::{Failure, Result, Status};
use crate::run::estimate;
use crate::settings::Settings;
use crate::{console, interrupt};
use std::path::{Path, PathBuf};

/// Prints the estimate of each picture, and their sum if there are several.
///
/// # Errors
/// A picture cannot be opened or stepped.
pub fn print(settings: &Settings, pictures: &[PathBuf]) -> Result<()> {
    match pictures {
        [one] => print_one(settings, one).map(|_| ()),
        several => print_all(settings, several),
    }
}

/// Prints the estimate of a picture and returns its seconds.
fn print_one(settings: &Settings, picture: &Path) -> Result<f64> {
    let mask = mask(settings, picture)?;
    estimate::print(&paths(settings, picture, mask.as_deref()), settings)
}

/// Prints the estimates of several pictures, and goes on after a failure as the batch itself will.
fn print_all(settings: &Settings, pictures: &[PathBuf]) -> Result<()> {
    let mut seconds = Vec::new();
    for picture in pictures {
        if interrupt::is_requested() {
            return Err(Failure::new(Status::Interrupted, "stopped"));
        }
        match print_one(settings, picture) {
            Ok(one) => seconds.push(one),
            Err(failure) if failure.status.is_request() => return Err(failure),
            Err(failure) => {
                console::error(&failure.text);
                record_failure(settings, picture, &failure);
            }
        }
    }
    estimate::print_sum(settings, &seconds);
    match pictures.len() - seconds.len() {
        0 => Ok(()),
        failed => Err(Failure::new(Status::SomeFailed, format!("{failed} of {} pictures failed", pictures.len()))),
    }
}

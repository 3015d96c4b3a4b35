//! The pictures that a command line names, by themselves or by their folders.

use crate::failure::{Failure, Result};
use crate::files;
use crate::settings::Settings;
use std::path::PathBuf;

/// The pictures that are named, with folders replaced by the pictures in them.
///
/// # Errors
/// A folder cannot be read or holds no picture.
pub fn expand(settings: &Settings) -> Result<Vec<PathBuf>> {
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

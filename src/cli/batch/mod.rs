//! Several pictures, one after the other: results get the pictures' names, existing results are skipped, and a failure is
//! reported while the rest goes on. A killed batch that is started again does what is left, and several workers may share
//! one.

mod claim;
mod claimant;
mod conflicts;
mod count;
mod estimates;
mod mask_files;
mod one;
mod picture_batch;
mod pictures;
mod sighting;

use crate::failure::{Failure, Result};
use crate::settings::Settings;
use count::Count;
use one::{record_failure, restore_alone};
use picture_batch::PictureBatch;
use std::path::PathBuf;

/// Restores what the settings name: one picture, or a batch.
///
/// # Errors
/// A single picture fails, flags are wrong, or some pictures of a batch failed
/// ([`crate::failure::Status::SomeFailed`]).
pub fn run(settings: &Settings) -> Result<()> {
    let all = pictures::expand(settings)?;
    if all.len() > 1 && (settings.guide.is_some() || settings.truth.is_some()) {
        return Err(Failure::wrong_input("--guide and --truth belong to one picture: restore them one by one"));
    }
    let pictures = share(settings, &all);
    if let Some(shard) = settings.shard.filter(|_| pictures.is_empty()) {
        settings.console.note(&format!("share {shard} holds none of the pictures, so there is nothing to do"));
        Count::default().record(settings);
        return Ok(());
    }
    if settings.estimate {
        return estimates::print(settings, &pictures);
    }
    conflicts::refuse(settings, &all)?;
    match (&settings.output, &settings.output_dir, pictures.as_slice()) {
        (Some(_), Some(_), _) => Err(Failure::wrong_input("-o and --output-dir exclude each other: -o names one file")),
        (None, Some(folder), _) => PictureBatch::new(settings, folder, &pictures)?.run(),
        (Some(output), None, [picture]) => {
            let ended = restore_alone(settings, picture, output);
            ended.inspect_err(|failure| record_failure(settings, picture, failure)).map(|_| ())
        }
        (None, None, [_]) => Err(Failure::wrong_input("name the result with -o FILE")),
        (_, None, _) => Err(Failure::wrong_input("several pictures need --output-dir DIR instead of -o")),
    }
}

/// This worker's share of the pictures.
fn share(settings: &Settings, pictures: &[PathBuf]) -> Vec<PathBuf> {
    let is_ours = |picture: &&PathBuf| match settings.shard {
        Some(shard) => shard.holds(picture.file_name().unwrap_or_default()),
        None => true,
    };
    pictures.iter().filter(is_ours).cloned().collect()
}

//! The files of a restoring command, and the conflicts between them.

use super::mask_files::mask;
use crate::failure::Result;
use crate::files::uses::{FileUses, OUTPUT, PICTURE, Role};
use crate::run::report;
use crate::settings::Settings;
use std::ffi::OsStr;
use std::path::PathBuf;

const OUTPUT_DIR: Role = "--output-dir";

/// Refuses a restoring command that would write over what it reads, or write a file twice.
///
/// # Errors
/// There is such a file. The message names it, and both its roles.
pub fn refuse(settings: &Settings, pictures: &[PathBuf]) -> Result<()> {
    let mut uses = FileUses::default();
    note_read(settings, pictures, &mut uses);
    write_all([(OUTPUT, &settings.output)], &mut uses)?;
    if let Some(folder) = &settings.output_dir {
        names(pictures).try_for_each(|name| uses.write(OUTPUT_DIR, &folder.join(name)))?;
    }
    let named = [("--checkpoint", &settings.checkpoint), ("--preview", &settings.preview)];
    write_all(named, &mut uses)?;
    let reports = report_folders(settings, pictures);
    let mut files = reports.iter().flat_map(|folder| report::FILES.map(|name| folder.join(name)));
    files.try_for_each(|path| uses.write("--report", &path))
}

fn names(pictures: &[PathBuf]) -> impl Iterator<Item = &OsStr> {
    pictures.iter().filter_map(|picture| picture.file_name())
}

fn note_read(settings: &Settings, pictures: &[PathBuf], uses: &mut FileUses) {
    for picture in pictures {
        // A missing mask is reported later, with its picture.
        if let Ok(Some(mask)) = mask(settings, picture) {
            uses.read("the mask", &mask);
        }
    }
    for (role, path) in [("--guide", &settings.guide), ("--truth", &settings.truth)] {
        path.iter().for_each(|path| uses.read(role, path));
    }
    pictures.iter().for_each(|picture| uses.read(PICTURE, picture));
}

fn write_all<const N: usize>(named: [(Role, &Option<PathBuf>); N], uses: &mut FileUses) -> Result<()> {
    named.into_iter().try_for_each(|(role, path)| path.iter().try_for_each(|path| uses.write(role, path)))
}

/// The folders of the reports: one for each picture of a batch.
fn report_folders(settings: &Settings, pictures: &[PathBuf]) -> Vec<PathBuf> {
    match (&settings.report, &settings.output_dir) {
        (None, _) => Vec::new(),
        (Some(folder), None) => vec![folder.clone()],
        (Some(folder), Some(_)) => names(pictures).map(|name| folder.join(name)).collect(),
    }
}

//! Which mask belongs to which picture.

use crate::failure::{Failure, Result};
use crate::files;
use crate::picture::format::EXTENSIONS;
use crate::settings::Settings;
use std::fs;
use std::path::{Path, PathBuf};

/// The mask that belongs to a picture, if there are masks.
///
/// # Errors
/// The folder of masks has none of the picture's name.
pub fn mask(settings: &Settings, picture: &Path) -> Result<Option<PathBuf>> {
    match &settings.mask_dir {
        Some(folder) => mask_of(picture, folder).map(Some),
        None => Ok(settings.mask.clone()),
    }
}

/// The mask with the picture's name, whatever its extension.
fn mask_of(picture: &Path, folder: &Path) -> Result<PathBuf> {
    fs::read_dir(folder).map_err(|error| Failure::reading(folder, &error))?;
    let same = picture.file_name().map(|name| folder.join(name));
    let stem = picture.file_stem().unwrap_or_default();
    let extensions = EXTENSIONS.iter().flat_map(|(extension, _)| [extension.to_string(), extension.to_uppercase()]);
    let others = extensions.map(|extension| {
        let mut name = stem.to_os_string();
        name.push(".");
        name.push(extension);
        folder.join(name)
    });
    same.into_iter().chain(others).find(|path| path.is_file()).ok_or_else(|| {
        Failure::wrong_input(format!("has no mask of its name in {}", folder.display())).about(&files::name(picture))
    })
}

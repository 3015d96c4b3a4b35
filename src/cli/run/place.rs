//! Where a result goes, and in which format.

use crate::failure::{Failure, Result};
use crate::files::{self, Target, TargetKind};
use crate::picture::format::Format;
use std::path::{Path, PathBuf};

/// Where a result goes.
#[derive(Debug)]
pub struct Place {
    pub target: Target,
    /// `None`: as the picture's file.
    pub format: Option<Format>,
    /// Beside which file an unfinished result goes; `None`: to the target.
    pub unfinished: Option<PathBuf>,
}

impl Place {
    /// The place that a path names.
    ///
    /// # Errors
    /// A name that does not say which format to write, or a place that cannot be written.
    pub fn new(path: &Path) -> Result<Place> {
        let target = Target::new(path)?;
        let format = match &target.kind {
            TargetKind::Stdout => Some(Format::Png),
            TargetKind::Device(_) => Format::from_extension(path),
            TargetKind::File(_) => Some(Format::from_extension(path).ok_or_else(|| {
                let text = "has an extension that does not say which format to write: use .png, .tif or .jpg";
                Failure::wrong(text).about(&files::name(path))
            })?),
        };
        // What is there already is worth more than an unfinished picture.
        let unfinished = matches!(&target.kind, TargetKind::File(file) if file.exists()).then(|| path.to_path_buf());
        Ok(Place { target, format, unfinished })
    }
}

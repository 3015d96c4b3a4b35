//! The place of a result.

use crate::failure::{Failure, Result};
use crate::files::{self, Destination, DestinationKind};
use crate::picture::format::Format;
use std::path::{Path, PathBuf};

/// Where a result goes, and in which format.
#[derive(Debug)]
pub struct Place {
    pub destination: Destination,
    /// The format of the result; `None` for the format of the picture's file.
    pub format: Option<Format>,
    /// The file beside which an unfinished result goes; `None` if it goes to the destination.
    pub unfinished: Option<PathBuf>,
}

impl Place {
    /// The place that a path names.
    ///
    /// # Errors
    /// The name does not say which format to write, or the place cannot be written.
    pub fn new(path: &Path) -> Result<Place> {
        let destination = Destination::new(path)?;
        let format = match &destination.kind {
            DestinationKind::Stdout => Some(Format::Png),
            DestinationKind::Device(_) => Format::from_extension(path),
            DestinationKind::File(_) => Some(Format::from_extension(path).ok_or_else(|| {
                let text = "has an extension that does not say which format to write: use .png, .tif or .jpg";
                Failure::wrong_input(text).about(&files::name(path))
            })?),
        };
        // A file that is there already is worth more than an unfinished picture.
        let unfinished =
            matches!(&destination.kind, DestinationKind::File(file) if file.exists()).then(|| path.to_path_buf());
        Ok(Place { destination, format, unfinished })
    }
}

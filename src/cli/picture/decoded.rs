//! A picture as it comes out of its file: samples, metadata, and what has to be said about them.

use crate::picture::format::Format;
use crate::picture::metadata::Metadata;
use crate::picture::range::NumberRange;
use crate::picture::raster::Raster;
use dipkit::pixels::Size;
use image::metadata::Orientation;

/// A decoded picture file, or one page of it.
#[derive(Debug)]
pub struct Decoded {
    pub raster: Raster,
    pub metadata: Metadata,
    pub format: Format,
    /// Whether the format changed the samples when they were saved, as JPEG does.
    pub is_lossy: bool,
    /// How the samples were turned to stand upright.
    pub orientation: Orientation,
    /// The picture's size before it was turned upright.
    pub stored_size: Size,
    /// What is missing or wrong in a damaged file, as the end of a sentence that begins with the file's name.
    pub damage: Option<String>,
    /// The numbers of black and white, where the file states them.
    pub stated_range: Option<NumberRange>,
    /// The number of pages in the file that are pictures of their own.
    pub pages: usize,
    /// What was left out, each as the end of a sentence that begins with the file's name.
    pub warnings: Vec<String>,
}

impl Decoded {
    /// A sound file of one page, with its samples as they are stored.
    pub fn sound(raster: Raster, format: Format, metadata: Metadata) -> Decoded {
        let (orientation, stored_size) = (Orientation::NoTransforms, raster.size());
        Decoded {
            raster,
            metadata,
            format,
            is_lossy: false,
            orientation,
            stored_size,
            damage: None,
            stated_range: None,
            pages: 1,
            warnings: Vec::new(),
        }
    }

    /// The numbers of black and white, where the file has a range of its own.
    pub fn range(&self) -> Option<NumberRange> {
        self.metadata.scale.map(|scale| scale.range)
    }
}

/// What is said of a file that is an animation.
pub fn animation() -> String {
    "is an animation; only the first picture is used".into()
}

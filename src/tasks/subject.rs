//! What a task is given.

use crate::pixels::Picture;

/// What one job works on: encoded planes in 0..1.
#[derive(Debug, Clone)]
pub struct Subject {
    /// 1 or 3 channels.
    pub image: Picture,
    /// As the image: 1 observed .. 0 missing.
    pub weight: Picture,
    /// 1 or 3 channels, of the image's size.
    pub guide: Option<Picture>,
}

//! The subject of a job: the pictures that a task is given.

use crate::pixels::Picture;

/// The pictures that one job works on, as encoded planes in 0..1.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The degraded picture, of 1 or 3 channels.
    pub image: Picture,
    /// How far each sample of the image is observed: 1 observed .. 0 missing.
    pub weight: Picture,
    /// A guide of the image's size, of 1 or 3 channels.
    pub guide: Option<Picture>,
}

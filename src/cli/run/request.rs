//! What a run is asked for, and the words for how it went.

use crate::inputs::InputPaths;
use crate::run::place::Place;
use crate::settings::Settings;
use std::path::PathBuf;

/// One picture that is to be restored, with the files that belong to it.
#[derive(Debug)]
pub struct RestoreRequest<'a> {
    pub settings: &'a Settings,
    pub paths: InputPaths<'a>,
    pub place: Place,
    /// The folder of the report, if there is to be one.
    pub report: Option<PathBuf>,
    /// The file of the unfinished fit, if it is to be kept.
    pub checkpoint: Option<PathBuf>,
}

/// The condition of the picture's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Sound,
    /// The result was made from what was left of the file.
    Damaged,
}

/// How far the time limit let a fit go whose checkpoint is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    Complete,
    /// The fit can go on from its checkpoint.
    CutShort,
}

//! `fast`: as `balanced`, with one run of fewer iterations.

use super::Preset;
use super::balanced::draws_colour;
use crate::options::choice::{Input, Task};
use crate::options::measured::Measured;

/// Shortens `balanced`.
pub fn preset(balanced: Preset, task: Task, measured: &Measured) -> Preset {
    let iterations = share(balanced.estimator.input, task, measured) * balanced.iterations as f32;
    Preset { iterations: iterations as u32, runs: 1, ..balanced }
}

/// Gives the share of `balanced`'s iterations that `fast` has.
fn share(input: Input, task: Task, measured: &Measured) -> f32 {
    match input {
        Input::Noise if task == Task::Dejpeg => SHARE_OF_JPEG,
        Input::Noise => SHARE_FROM_NOISE,
        Input::Picture | Input::Meshgrid if draws_colour(task, measured) => SHARE_OF_COLOUR,
        Input::Picture | Input::Meshgrid => SHARE,
    }
}

/// Row "`fast`" of tests/benches/quality.md.
const SHARE: f32 = 1.0 / 3.0;
/// A network that has to draw the picture from random numbers first has nothing to show before.
const SHARE_FROM_NOISE: f32 = 0.5;
/// More is true of a JPEG file than half of its iterations have drawn: "What is open" of tests/benches/quality.md.
const SHARE_OF_JPEG: f32 = 0.7;
/// With less of them the colours are not there yet: row "noise in colour alone" of tests/benches/quality.md.
const SHARE_OF_COLOUR: f32 = 0.5;

//! The presets: what a task, a quality and the measured picture choose for every option that is left open.

mod balanced;
mod fast;
mod iterations;
mod preset;
mod reference;

pub use preset::Preset;

use super::{Measured, Options, Quality};

/// Chooses the preset for a picture. The asked options decide with it: who asks for another input or factor gets the
/// numbers that go with that.
pub fn preset(asked: &Options, measured: &Measured) -> Preset {
    let reference = reference::preset(asked, measured);
    match asked.quality {
        Quality::Reference => reference,
        Quality::Balanced => balanced::preset(reference, asked, measured),
        Quality::Fast => fast::preset(balanced::preset(reference, asked, measured), asked.task, measured),
    }
}

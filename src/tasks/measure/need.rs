//! Whether a picture needs a fit at all: where there is nothing that a task could mend, or nothing is understood of
//! what is wrong, a fit only does harm.

use crate::options::{AUTO, Measured, NoiseKind, Options, Quality, Task};

/// Whether a session of these options, not resolved yet, has anything to do. Who chooses iterations, input or a noise
/// level wants a fit in any case, and the published method always runs.
pub fn needs_fit(options: &Options, measured: &Measured) -> bool {
    let is_asked_for = options.iterations != AUTO || options.input != AUTO || options.recorruption.is_finite();
    if is_asked_for || options.quality == Quality::Reference {
        return true;
    }
    match options.task {
        Task::Denoise => {
            let is_found = !matches!(measured.noise.kind, NoiseKind::Nothing | NoiseKind::Unknown);
            measured.has_guide || is_found || options.noise_level.is_finite()
        }
        Task::Dejpeg => measured.jpeg_step.is_finite(),
        Task::SuperResolve | Task::Inpaint => true,
    }
}

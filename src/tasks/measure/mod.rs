//! What is measured in a picture before its options are resolved: the shape of its holes, the kind and level of its
//! noise, and whether there is anything to fit.

pub mod clipping;
pub mod hot_pixels;
pub mod impulses;
pub mod need;

mod chroma_noise;
mod few_colours;
mod flat_blocks;
mod holes;
mod noise_level;
mod normal;
mod patches;
mod smooth_blocks;

use super::subject::Subject;
use crate::error::{Error, Result};
use crate::options::{Hole, Measured, MeasuredNoise, Task};

/// Says, by an error, when measuring is to end before it is done.
pub type GoOn<'a> = &'a dyn Fn() -> Result<()>;

/// Measures what the presets of `task` want to know.
///
/// # Errors
/// `InvalidArgument` where nothing of the picture is observed; what `go_on` gives.
pub fn measure(task: Task, subject: &Subject, go_on: GoOn) -> Result<Measured> {
    if subject.weight.samples.iter().all(|weight| *weight == 0.0) {
        return Err(Error::invalid("every pixel is missing: the mask must keep some of the image"));
    }
    go_on()?;
    let missing_share = holes::missing_share(&subject.weight);
    // It takes seconds in a large picture.
    let hole = if task == Task::Inpaint { holes::shape(&subject.weight) } else { Hole::Text };
    go_on()?;
    let noise = match task {
        Task::Denoise => noise_level::measure(&subject.image, &subject.weight, go_on)?,
        // A level is all that can be told to it; a small picture's own detail is not white.
        Task::SuperResolve => Some(noise_level::measure(&subject.image, &subject.weight, go_on)?)
            .filter(MeasuredNoise::is_white)
            .unwrap_or_else(MeasuredNoise::unknown),
        Task::Dejpeg | Task::Inpaint => MeasuredNoise::unknown(),
    };
    let pixels = subject.image.size.area() as u32;
    let has_guide = subject.guide.is_some();
    Ok(Measured { hole, missing_share, has_guide, noise, jpeg_step: f32::NAN, pixels })
}

//! The subject of a task, which is made of a session's inputs, and the checks that these belong together.

use super::Inputs;
use crate::error::{Error, Result};
use crate::options::{Options, Task};
use crate::pixels::transfer::Shoulder;
use crate::pixels::{Imported, Picture, Region};
use crate::room;
use crate::tasks::Subject;

/// How far from 0 and 1 the samples of a picture stay that a compositor made. Its samples go on beyond 0 and 1, where
/// those of a camera or a file are clipped, so none of them may look clipped.
const LEAST: f32 = f32::EPSILON;

/// Makes the subject of a rectangle of the picture, in which the mask, missing samples and alpha 0 are one weight.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn subject(inputs: &Inputs, area: Region) -> Result<Subject> {
    let image = &inputs.image;
    let mut colour = image.colour.try_crop(area)?;
    if image.shoulder != Shoulder::none() {
        colour.samples.iter_mut().for_each(|sample| *sample = sample.clamp(LEAST, 1.0 - LEAST));
    }
    let mut weight = match &image.weight {
        Some(weight) => weight.try_crop(area)?,
        None => Picture::try_filled(colour.size, colour.channels, 1.0)?,
    };
    if let Some(mask) = &inputs.mask {
        multiply(&mut weight, &mask.try_crop(area)?);
    }
    if let Some(alpha) = &image.alpha {
        let mut seen = alpha.try_crop(area)?;
        seen.samples.iter_mut().for_each(|a| *a = if *a > 0.0 { 1.0 } else { 0.0 });
        multiply(&mut weight, &seen);
    }
    let guide = inputs.guide.as_ref().map(|guide| guide.colour.try_crop(area)).transpose()?;
    Ok(Subject { image: colour, weight, guide })
}

/// Multiplies every channel by one plane.
fn multiply(weight: &mut Picture, plane: &Picture) {
    for channel in 0..weight.channels {
        weight.plane_mut(channel).iter_mut().zip(&plane.samples).for_each(|(w, m)| *w *= m);
    }
}

/// Says for each pixel whether inpainting has something visible to fill there.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn holes(inputs: &Inputs) -> Result<Vec<bool>> {
    let Inputs { image, mask, .. } = inputs;
    let is_masked = |pixel: usize| mask.as_ref().is_some_and(|mask| mask.samples[pixel] < 1.0);
    let area = image.colour.size.area();
    let mut holes = room::collect(area, (0..area).map(is_masked))?;
    if let Some(weight) = &image.weight {
        for channel in 0..weight.channels {
            holes.iter_mut().zip(weight.plane(channel)).for_each(|(hole, w)| *hole |= *w == 0.0);
        }
    }
    if let Some(alpha) = &image.alpha {
        holes.iter_mut().zip(&alpha.samples).for_each(|(hole, alpha)| *hole &= *alpha > 0.0);
    }
    Ok(holes)
}

const NOTHING_OBSERVED: &str = "every pixel is missing: the mask must keep some of the image";

/// Whether anything of the picture is known.
fn is_observed(inputs: &Inputs) -> bool {
    let Inputs { image, mask, .. } = inputs;
    let area = image.colour.size.area();
    let is_weighed = |pixel: usize| match &image.weight {
        Some(weight) => (0..weight.channels).any(|channel| weight.plane(channel)[pixel] > 0.0),
        None => true,
    };
    let is_kept = |pixel: usize| mask.as_ref().is_none_or(|mask| mask.samples[pixel] > 0.0);
    (0..area).any(|pixel| is_visible(image, pixel) && is_kept(pixel) && is_weighed(pixel))
}

fn is_visible(image: &Imported, pixel: usize) -> bool {
    image.alpha.as_ref().is_none_or(|alpha| alpha.samples[pixel] > 0.0)
}

/// Refuses a mask or guide that does not belong to the task or the picture, and holes without anything around them.
///
/// # Errors
/// `InvalidArgument`.
pub(super) fn check(options: &Options, inputs: &Inputs) -> Result<()> {
    let size = inputs.image.colour.size;
    match (options.task, &inputs.mask) {
        (Task::Inpaint, None) => return Err(Error::invalid("inpaint needs a mask that says what to fill")),
        (Task::Inpaint, Some(mask)) if mask.size != size => {
            return Err(Error::invalid(format!("mask is {}, image is {size}", mask.size)));
        }
        (Task::Inpaint, Some(_)) => {
            let is_all_transparent = (0..size.area()).all(|pixel| !is_visible(&inputs.image, pixel));
            if !is_all_transparent && !is_observed(inputs) {
                return Err(Error::invalid(NOTHING_OBSERVED));
            }
        }
        (Task::Denoise | Task::SuperResolve | Task::Dejpeg, None) => {}
        (Task::Denoise | Task::SuperResolve | Task::Dejpeg, Some(_)) => {
            return Err(Error::invalid("a mask is for inpaint only"));
        }
    }
    match &inputs.guide {
        Some(_) if options.task != Task::Denoise => Err(Error::invalid("a guide is for denoise only")),
        Some(guide) if guide.colour.size != size => {
            Err(Error::invalid(format!("guide is {}, image is {size}", guide.colour.size)))
        }
        Some(_) | None => Ok(()),
    }
}

//! The published picture: a copy behind a lock of its own, which anybody may read at any time, whatever a running step
//! does and even when the engine has failed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::canvas::{Canvas, Moment};
use super::{Inputs, Output, memory};
use crate::error::{Error, Result};
use crate::pixels::export::{Kept, Outgoing};
use crate::pixels::import::Original;
use crate::pixels::resize::{ResizeFilter, resize};
use crate::pixels::{Layout, Picture, Region, Size, export};
use crate::room;

/// All that previews are made of.
pub(super) struct Published {
    inputs: Arc<Inputs>,
    /// Colour and alpha of what was given, enlarged to the result's size; None where the result is not larger.
    enlarged: Option<(Picture, Option<Picture>)>,
    /// Whether some of the image is fully transparent.
    hides: bool,
    canvas: Mutex<Canvas>,
}

impl Published {
    /// Prepares previews of the inputs, before any job. The result is `factor` times as large as the image.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(inputs: &Arc<Inputs>, factor: usize) -> Result<Published> {
        let image = &inputs.image;
        let size = Size::new(image.colour.size.width * factor, image.colour.size.height * factor);
        let enlarge = |picture: &Picture| resize(picture, size, ResizeFilter::Bicubic).map(clamped);
        let enlarged = match factor {
            1 => None,
            _ => Some((enlarge(&image.colour)?, image.alpha.as_ref().map(enlarge).transpose()?)),
        };
        let hides = image.alpha.as_ref().is_some_and(|alpha| alpha.samples.contains(&0.0));
        Ok(Published { inputs: inputs.clone(), enlarged, hides, canvas: Mutex::default() })
    }

    /// The colours that were given, at the result's size.
    fn input(&self) -> &Picture {
        self.enlarged.as_ref().map_or(&self.inputs.image.colour, |(colour, _)| colour)
    }

    /// The alpha that was given, at the result's size; None without alpha.
    fn alpha(&self) -> Option<&Picture> {
        let given = || self.inputs.image.alpha.as_ref();
        self.enlarged.as_ref().map_or_else(given, |(_, alpha)| alpha.as_ref())
    }

    /// The size of the result.
    pub fn size(&self) -> Size {
        self.input().size
    }

    /// Replaces what the current job shows.
    pub fn show(&self, moment: Option<Moment>) {
        self.canvas().show(moment);
    }

    /// Keeps the result of a job that has ended.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn settle(&self, moment: Moment) -> Result<()> {
        self.canvas().settle(moment, self.input())
    }

    /// The inputs of the session.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The inputs of the session, shared.
    pub fn shared_inputs(&self) -> Arc<Inputs> {
        self.inputs.clone()
    }

    /// Copies the merged results of finished jobs; None before the first has ended.
    pub fn done(&self) -> Option<Picture> {
        self.canvas().done().cloned()
    }

    /// Copies the merged results of all jobs, that of the current one among them; None where there is nothing but the
    /// input.
    ///
    /// # Errors
    /// `OutOfMemory` where the copy has no room.
    pub fn merged(&self) -> Result<Option<Picture>> {
        let canvas = self.canvas();
        let whole = Region::whole(self.size());
        (!canvas.is_empty()).then(|| canvas.read(Output::Result, whole, self.input())).transpose()
    }

    /// Takes up what [`Published::done`] or [`Published::merged`] gave.
    ///
    /// # Errors
    /// A text where the samples are too many or too few.
    pub fn restore(&self, samples: Vec<f32>) -> std::result::Result<(), String> {
        let input = self.input();
        if samples.len() != input.samples.len() {
            return Err(format!("its picture has {} samples, must have {}", samples.len(), input.samples.len()));
        }
        self.canvas().restore(Picture { samples, ..*input });
        Ok(())
    }

    /// The bytes that pictures take, about.
    pub fn bytes(&self) -> u64 {
        let Inputs { image, mask, guide } = &*self.inputs;
        let given = [Some(&image.colour), image.weight.as_ref(), image.alpha.as_ref(), Some(&image.original.samples)];
        let guide = guide.as_ref().map_or([None; 2], |guide| [Some(&guide.colour), Some(&guide.original.samples)]);
        let enlarged = self.enlarged.as_ref().map_or([None; 2], |(colour, alpha)| [Some(colour), alpha.as_ref()]);
        let pictures = given.into_iter().chain(guide).chain(enlarged).chain([mask.as_ref()]).flatten();
        let samples = pictures.map(|picture| picture.samples.len()).sum::<usize>() + self.canvas().samples();
        (samples * size_of::<f32>()) as u64
    }

    fn canvas(&self) -> MutexGuard<'_, Canvas> {
        self.canvas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a rectangle of the picture, and says which of its samples are the original ones; an empty list where none
    /// is.
    fn compose(&self, output: Output, strength: f32, region: Region) -> Result<(Picture, Vec<bool>)> {
        memory::claim_samples(COMPOSED_PICTURES * region.size.area() * self.input().channels)?;
        let bends = self.inputs.image.shoulder.bends();
        let keeps = self.enlarged.is_none() && (self.inputs.mask.is_some() || self.hides || bends);
        let given = self.input().try_crop(region)?;
        let canvas = self.canvas();
        let shows_input = canvas.is_empty() || output == Output::Input || (output == Output::Result && strength == 0.0);
        let restored = (!shows_input).then(|| canvas.read(output, region, &given)).transpose()?;
        drop(canvas);
        let picture = match restored {
            Some(mut restored) => {
                if output == Output::Result && (strength < 1.0 || keeps) {
                    blend(&mut restored, &given, |i| strength * (1.0 - self.kept(region, i)));
                }
                restored
            }
            None => given,
        };
        let is_kept = if self.enlarged.is_some() {
            Vec::new()
        } else if shows_input {
            room::filled(picture.samples.len(), true)?
        } else if keeps && output == Output::Result {
            let count = picture.samples.len();
            room::collect(count, (0..count).map(|i| self.kept(region, i) == 1.0))?
        } else {
            Vec::new()
        };
        Ok((picture, is_kept))
    }

    /// How far the result takes sample `i` of a region from the image, 0..1. That is all of it where alpha hides it,
    /// and nothing of it where it is no number or the result is larger; elsewhere as far as the mask says, or without a
    /// mask the curve for what is far brighter than white.
    fn kept(&self, region: Region, i: usize) -> f32 {
        let Inputs { image, mask, .. } = &*self.inputs;
        if self.enlarged.is_some() {
            return 0.0;
        }
        let (channel, pixel) = (i / region.size.area(), i % region.size.area());
        let (x, y) = (region.x + pixel % region.size.width, region.y + pixel / region.size.width);
        let pixel = y * image.colour.size.width + x;
        if image.alpha.as_ref().is_some_and(|alpha| alpha.samples[pixel] == 0.0) {
            return 1.0;
        }
        if image.weight.as_ref().is_some_and(|weight| weight.plane(channel)[pixel] <= 0.0) {
            return 0.0;
        }
        let of_highlight = || image.shoulder.stays(image.colour.plane(channel)[pixel]);
        mask.as_ref().map_or_else(of_highlight, |mask| mask.samples[pixel])
    }

    /// Writes the whole picture into a host's buffer.
    ///
    /// # Errors
    /// See [`export()`]; `OutOfMemory`.
    pub fn write(
        &self,
        output: Output,
        strength: f32,
        layout: &Layout,
        origin: usize,
        buffer: &mut [u8],
    ) -> Result<()> {
        self.write_part(output, strength, Region::whole(self.size()), layout, origin, buffer)
    }

    /// Writes a rectangle of the picture into a host's buffer, made smaller where the layout is smaller.
    ///
    /// # Errors
    /// `InvalidArgument` for a rectangle outside the result or a layout larger than it; see [`export()`]; `OutOfMemory`.
    pub fn write_region(
        &self,
        output: Output,
        strength: f32,
        region: Region,
        layout: &Layout,
        origin: usize,
        buffer: &mut [u8],
    ) -> Result<()> {
        check_region(region, self.size(), layout.size)?;
        if layout.size == region.size {
            return self.write_part(output, strength, region, layout, origin, buffer);
        }
        let reduce = |picture: &Picture| resize(picture, layout.size, ResizeFilter::Area).map(clamped);
        let colour = reduce(&self.compose(output, strength, region)?.0)?;
        let alpha = self.alpha().map(|alpha| reduce(&alpha.try_crop(region)?)).transpose()?;
        let outgoing =
            Outgoing { colour: &colour, alpha: alpha.as_ref(), shoulder: self.inputs.image.shoulder, kept: None };
        export(&outgoing, layout, origin, buffer)
    }

    /// Writes a rectangle at the result's scale, where it has the very samples of the whole picture.
    fn write_part(
        &self,
        output: Output,
        strength: f32,
        region: Region,
        layout: &Layout,
        origin: usize,
        buffer: &mut [u8],
    ) -> Result<()> {
        let (colour, is_kept) = self.compose(output, strength, region)?;
        let is_whole = region == Region::whole(self.size());
        let original = &self.inputs.image.original;
        let part = (!is_whole && !is_kept.is_empty())
            .then(|| original.samples.try_crop(region))
            .transpose()?
            .map(|samples| Original { samples, ..*original });
        let original = part.as_ref().unwrap_or(original);
        let kept = (!is_kept.is_empty()).then_some(Kept { original, is_kept: &is_kept });
        let cropped = self.alpha().filter(|_| !is_whole).map(|alpha| alpha.try_crop(region)).transpose()?;
        let alpha = cropped.as_ref().or(self.alpha());
        export(&Outgoing { colour: &colour, alpha, shoulder: self.inputs.image.shoulder, kept }, layout, origin, buffer)
    }
}

/// How many pictures of a region composing it takes: what was given and what is restored of it, what is kept of it with
/// its alpha, and a smaller one made of it.
const COMPOSED_PICTURES: usize = 6;

/// Mixes what was given into a picture; `share` says how far each sample stays the picture's.
fn blend(picture: &mut Picture, given: &Picture, share: impl Fn(usize) -> f32) {
    let mix = |(i, (x, y)): (usize, (&mut f32, &f32))| *x = y + share(i) * (*x - y);
    picture.samples.iter_mut().zip(&given.samples).enumerate().for_each(mix);
}

fn check_region(region: Region, size: Size, target: Size) -> Result<()> {
    let Region { x, y, size: part } = region;
    let fits = |start: usize, length: usize, side: usize| start <= side && length <= side - start;
    if part.area() == 0 || !fits(x, part.width, size.width) || !fits(y, part.height, size.height) {
        return Err(Error::invalid(format!("region {part} at {x},{y} lies outside the {size} result")));
    }
    if target.width > part.width || target.height > part.height {
        return Err(Error::invalid(format!("image is {target}, larger than the {part} region it shows")));
    }
    Ok(())
}

fn clamped(mut picture: Picture) -> Picture {
    picture.samples.iter_mut().for_each(|sample| *sample = sample.clamp(0.0, 1.0));
    picture
}

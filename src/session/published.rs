//! The published picture: a copy behind its own lock that anybody may read at any time, whatever a
//! running step does and even when the engine failed.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Inputs, Output, Region};
use crate::error::{Error, Result};
use crate::pixels::export::{Kept, Outgoing};
use crate::pixels::import::Original;
use crate::pixels::resize::{Filter, resize};
use crate::pixels::transfer::Shoulder;
use crate::pixels::{Layout, Picture, Size, export};

/// Pictures of one moment, of the result's size and the fit's channels.
pub(super) struct Moment {
    pub result: Picture,
    pub average: Picture,
    pub latest: Picture,
}

/// What previews show.
pub(super) enum Showing {
    Input,
    Moment(Moment),
}

/// What previews are made of.
pub(super) struct Published {
    /// What was given, at the result's size.
    input: Picture,
    alpha: Option<Picture>,
    shoulder: Shoulder,
    /// Kept where the result has the image's size.
    original: Option<Original>,
    /// As the result: false where the image has no usable sample.
    is_given: Vec<bool>,
    /// Of inpainting, as the result: 1 is kept as it was given.
    mask: Option<Picture>,
    moment: Mutex<Option<Arc<Moment>>>,
}

impl Published {
    /// `factor` is how much larger the result is than the image.
    pub fn new(inputs: &Inputs, factor: usize) -> Result<Published> {
        let image = &inputs.image;
        let size = Size::new(image.colour.size.width * factor, image.colour.size.height * factor);
        let is_same_size = factor == 1;
        let enlarge = |picture: &Picture| {
            if is_same_size { Ok(picture.clone()) } else { resize(picture, size, Filter::Bicubic).map(clamped) }
        };
        let is_given = match &image.weight {
            Some(weight) if is_same_size => weight.samples.iter().map(|w| *w > 0.0).collect(),
            _ => vec![true; if is_same_size { image.colour.samples.len() } else { 0 }],
        };
        Ok(Published {
            input: enlarge(&image.colour)?,
            alpha: image.alpha.as_ref().map(enlarge).transpose()?,
            shoulder: image.shoulder,
            original: is_same_size.then(|| image.original.clone()),
            is_given,
            mask: inputs.mask.clone(),
            moment: Mutex::new(None),
        })
    }

    pub fn size(&self) -> Size {
        self.input.size
    }

    /// Replaces what previews show.
    pub fn publish(&self, showing: Showing) {
        let moment = match showing {
            Showing::Input => None,
            Showing::Moment(moment) => Some(Arc::new(moment)),
        };
        *self.moment.lock().unwrap_or_else(PoisonError::into_inner) = moment;
    }

    fn moment(&self) -> Option<Arc<Moment>> {
        self.moment.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The picture and the samples of it that are the original ones.
    fn compose(&self, output: Output, strength: f32) -> (Picture, Vec<bool>) {
        let moment = self.moment();
        let picture = match (&moment, output) {
            (Some(moment), Output::Result) => self.blend(&moment.result, strength),
            (Some(moment), Output::Average) => moment.average.clone(),
            (Some(moment), Output::Latest) => moment.latest.clone(),
            (None, _) | (_, Output::Input) => self.input.clone(),
        };
        let shows_input = moment.is_none() || output == Output::Input || (output == Output::Result && strength == 0.0);
        let is_kept = match &self.mask {
            _ if self.original.is_none() => Vec::new(),
            _ if shows_input => self.is_given.clone(),
            Some(mask) if output == Output::Result => self.kept_by(mask),
            _ => Vec::new(),
        };
        (picture, is_kept)
    }

    /// Result and input by strength; within an inpainting mask, by the mask as well.
    fn blend(&self, result: &Picture, strength: f32) -> Picture {
        let share = |i: usize| match &self.mask {
            Some(mask) => strength * (1.0 - self.observed(mask, i)),
            None => strength,
        };
        let mix = |(i, (x, y)): (usize, (&f32, &f32))| y + share(i) * (x - y);
        let samples = result.samples.iter().zip(&self.input.samples).enumerate().map(mix).collect();
        Picture { samples, ..*result }
    }

    /// How far inpainting takes a sample from the image: not at all where it is no number.
    fn observed(&self, mask: &Picture, i: usize) -> f32 {
        if self.is_given[i] { mask.samples[i % mask.size.area()] } else { 0.0 }
    }

    fn kept_by(&self, mask: &Picture) -> Vec<bool> {
        (0..self.is_given.len()).map(|i| self.observed(mask, i) == 1.0).collect()
    }

    /// Writes the whole picture.
    pub fn write(
        &self,
        output: Output,
        strength: f32,
        layout: &Layout,
        origin: usize,
        buffer: &mut [u8],
    ) -> Result<()> {
        let (colour, is_kept) = self.compose(output, strength);
        let original = self.original.as_ref().filter(|_| !is_kept.is_empty());
        let kept = original.map(|original| Kept { original, is_kept: &is_kept });
        self.write_composed(&colour, self.alpha.as_ref(), kept, layout, origin, buffer)
    }

    fn write_composed(
        &self,
        colour: &Picture,
        alpha: Option<&Picture>,
        kept: Option<Kept>,
        layout: &Layout,
        origin: usize,
        buffer: &mut [u8],
    ) -> Result<()> {
        export(&Outgoing { colour, alpha, shoulder: self.shoulder, kept }, layout, origin, buffer)
    }

    /// Writes a rectangle, made smaller where the layout is.
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
        let whole = Region { x: 0, y: 0, size: self.size() };
        if region == whole && layout.size == region.size {
            return self.write(output, strength, layout, origin, buffer);
        }
        let (colour, is_kept) = self.compose(output, strength);
        if layout.size == region.size {
            return self.write_part(&colour, &is_kept, region, layout, origin, buffer);
        }
        let reduce = |picture: &Picture| resize(&crop(picture, region), layout.size, Filter::Area).map(clamped);
        let colour = reduce(&colour)?;
        let alpha = self.alpha.as_ref().map(reduce).transpose()?;
        self.write_composed(&colour, alpha.as_ref(), None, layout, origin, buffer)
    }

    /// At the result's scale, where a part has the very samples of the whole.
    fn write_part(
        &self,
        colour: &Picture,
        is_kept: &[bool],
        region: Region,
        layout: &Layout,
        origin: usize,
        buffer: &mut [u8],
    ) -> Result<()> {
        let original = self
            .original
            .as_ref()
            .filter(|_| !is_kept.is_empty())
            .map(|original| Original { samples: crop(&original.samples, region), ..*original });
        let is_kept = if is_kept.is_empty() { Vec::new() } else { cut(is_kept, self.size(), region) };
        let kept = original.as_ref().map(|original| Kept { original, is_kept: &is_kept });
        let alpha = self.alpha.as_ref().map(|alpha| crop(alpha, region));
        self.write_composed(&crop(colour, region), alpha.as_ref(), kept, layout, origin, buffer)
    }
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

fn crop(picture: &Picture, region: Region) -> Picture {
    Picture { size: region.size, channels: picture.channels, samples: cut(&picture.samples, picture.size, region) }
}

/// A rectangle of each plane.
fn cut<T: Copy>(planes: &[T], size: Size, region: Region) -> Vec<T> {
    let rows = |plane: &[T]| -> Vec<T> {
        let rows = plane.chunks_exact(size.width).skip(region.y).take(region.size.height);
        rows.flat_map(|row| &row[region.x..][..region.size.width]).copied().collect()
    };
    planes.chunks_exact(size.area()).flat_map(rows).collect()
}

fn clamped(mut picture: Picture) -> Picture {
    picture.samples.iter_mut().for_each(|sample| *sample = sample.clamp(0.0, 1.0));
    picture
}

//! From encoded planes in 0..1 to a host's buffer.

use super::Picture;
use super::import::Original;
use super::layout::{Layout, Sample, Transfer};
use super::transfer::{Shoulder, decode, encode};
use crate::error::{Error, Result};

/// A picture ready to leave.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// 1 or 3 channels, display-encoded, not premultiplied, through the shoulder.
    pub colour: &'a Picture,
    /// One channel in 0..1.
    pub alpha: Option<&'a Picture>,
    pub shoulder: Shoulder,
    /// Samples that did not change, copied instead of recomputed.
    pub kept: Option<Kept<'a>>,
}

/// Where the original samples stand for the colour's.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// Of the same size; its non-finite samples never stay.
    pub original: &'a Original,
    /// As the colour (C, H, W): true where the original sample stays.
    pub is_kept: &'a [bool],
}

/// Writes a picture into a host's buffer: grey spreads over RGB, a missing alpha is 1, an alpha
/// without a place is dropped. `origin` is the offset in `buffer` of channel 0 of the top-left pixel.
///
/// # Errors
/// `InvalidArgument` for another size, RGB into a grey layout, or a buffer too small.
pub fn export(outgoing: &Outgoing, layout: &Layout, origin: usize, buffer: &mut [u8]) -> Result<()> {
    check(outgoing, layout)?;
    layout.check_buffer("image", origin, buffer.len())?;
    let put = writer(layout.sample);
    let mut colours = [0.0; 3];
    for y in 0..layout.size.height {
        for x in 0..layout.size.width {
            let pixel = y * layout.size.width + x;
            let alpha = outgoing.alpha.map_or(1.0, |alpha| alpha.samples[pixel].clamp(0.0, 1.0));
            for (channel, sample) in colours.iter_mut().enumerate().take(outgoing.colour.channels) {
                *sample = outgoing.sample(channel, pixel, layout, alpha);
            }
            for channel in 0..layout.colours() {
                let sample = colours[channel.min(outgoing.colour.channels - 1)];
                put(sample, &mut buffer[layout.range(origin, channel, x, y)]);
            }
            if layout.has_alpha() {
                put(alpha, &mut buffer[layout.range(origin, layout.colours(), x, y)]);
            }
        }
    }
    Ok(())
}

fn check(outgoing: &Outgoing, layout: &Layout) -> Result<()> {
    let colour = outgoing.colour;
    check_planes("picture", colour, layout, &[1, 3])?;
    if colour.channels > layout.colours() {
        let text = format!("image has {} channels, picture has {} without alpha", layout.channels, colour.channels);
        return Err(Error::invalid(text));
    }
    if let Some(alpha) = outgoing.alpha {
        check_planes("alpha", alpha, layout, &[1])?;
    }
    outgoing.kept.map_or(Ok(()), |kept| check_kept(&kept, colour, layout))
}

fn check_kept(kept: &Kept, colour: &Picture, layout: &Layout) -> Result<()> {
    check_planes("original", &kept.original.samples, layout, &[1, 2, 3, 4])?;
    let (original, picture) = (kept.original.colours(), colour.channels);
    if original > picture {
        return Err(Error::invalid(format!("original has {original} channels without alpha, picture has {picture}")));
    }
    let (marks, samples) = (kept.is_kept.len(), colour.samples.len());
    if marks != samples {
        return Err(Error::invalid(format!("kept is marked for {marks} samples, picture has {samples}")));
    }
    Ok(())
}

fn check_planes(name: &str, planes: &Picture, layout: &Layout, channels: &[usize]) -> Result<()> {
    if planes.size != layout.size {
        return Err(Error::invalid(format!("{name} is {}, image is {}", planes.size, layout.size)));
    }
    if !channels.contains(&planes.channels) {
        return Err(Error::invalid(format!("{name} has {} channels, may have {channels:?}", planes.channels)));
    }
    Ok(())
}

impl Outgoing<'_> {
    /// A colour sample as the layout stores it.
    fn sample(&self, channel: usize, pixel: usize, layout: &Layout, alpha: f32) -> f32 {
        self.kept_sample(channel, pixel, layout, alpha).unwrap_or_else(|| {
            let encoded = self.shoulder.expand(self.colour.plane(channel)[pixel]);
            converted(encoded, Transfer::Encoded, layout, alpha)
        })
    }

    fn kept_sample(&self, channel: usize, pixel: usize, layout: &Layout, alpha: f32) -> Option<f32> {
        let area = layout.size.area();
        let Kept { original, .. } = self.kept.filter(|kept| kept.is_kept[channel * area + pixel])?;
        let channel = channel.min(original.colours() - 1);
        let given = original.samples.plane(channel)[pixel];
        if !given.is_finite() {
            return None;
        }
        if original.transfer == layout.transfer && original.premultiplied == layout.premultiplies() {
            return Some(given);
        }
        let straight = original.straight(channel, pixel);
        (!straight.is_nan()).then(|| converted(straight, original.transfer, layout, alpha))
    }
}

/// A sample that is not premultiplied, in the layout's transfer and premultiplied if it says so.
fn converted(straight: f32, transfer: Transfer, layout: &Layout, alpha: f32) -> f32 {
    let sample = match (transfer, layout.transfer) {
        (Transfer::Encoded, Transfer::Linear) => decode(straight),
        (Transfer::Linear, Transfer::Encoded) => encode(straight),
        _ => straight,
    };
    if layout.premultiplies() { sample * alpha } else { sample }
}

/// Stores a sample: integers clamp to 0..1, half to its largest finite number.
fn writer(sample: Sample) -> fn(f32, &mut [u8]) {
    match sample {
        Sample::U8 => |sample, bytes| bytes[0] = (sample.clamp(0.0, 1.0) * 255.0).round() as u8,
        Sample::U16 => |sample, bytes| {
            let number = (sample.clamp(0.0, 1.0) * 65535.0).round() as u16;
            bytes.copy_from_slice(&number.to_ne_bytes());
        },
        Sample::F16 => |sample, bytes| {
            let largest = half::f16::MAX.to_f32();
            bytes.copy_from_slice(&half::f16::from_f32(sample.clamp(-largest, largest)).to_ne_bytes());
        },
        Sample::F32 => |sample, bytes| bytes.copy_from_slice(&sample.to_ne_bytes()),
    }
}

//! The export: from encoded planes in 0..1 to a host's buffer.

use super::import::Original;
use super::layout::{Layout, Sample, Transfer};
use super::picture::Picture;
use super::transfer::{Shoulder, decode, encode};
use crate::error::{Error, Result};

/// A picture ready to leave.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The colours, in 1 or 3 channels: display-encoded, not premultiplied, through the shoulder.
    pub colour: &'a Picture,
    /// Alpha, as one channel in 0..1.
    pub alpha: Option<&'a Picture>,
    pub shoulder: Shoulder,
    /// Samples that did not change, which are copied instead of being recomputed.
    pub kept: Option<Kept<'a>>,
}

/// Which samples are copied from the original instead of being recomputed.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// The original, of the same size; its non-finite samples never stay.
    pub original: &'a Original,
    /// Whether each sample of the colour (C, H, W) is the original one.
    pub is_kept: &'a [bool],
}

/// Writes a picture into a host's buffer: grey spreads over RGB, a missing alpha is 1, an alpha without a place is
/// dropped; integers clamp to 0..1, half to its largest finite number. `origin` is the offset in `buffer` of channel 0
/// of the top-left pixel.
///
/// # Errors
/// `InvalidArgument` for another size, RGB into a grey layout, or a buffer too small.
pub fn export(outgoing: &Outgoing, layout: &Layout, origin: usize, buffer: &mut [u8]) -> Result<()> {
    check(outgoing, layout)?;
    layout.check_buffer("image", origin, buffer.len())?;
    match layout.sample {
        Sample::U8 => write_as(outgoing, layout, origin, buffer, |sample| [nearest(sample, 255.0) as u8]),
        Sample::U16 => write_as(outgoing, layout, origin, buffer, |s| (nearest(s, 65535.0) as u16).to_ne_bytes()),
        Sample::F16 => write_as(outgoing, layout, origin, buffer, |sample| {
            let largest = half::f16::MAX.to_f32();
            half::f16::from_f32(sample.clamp(-largest, largest)).to_ne_bytes()
        }),
        Sample::F32 => write_as(outgoing, layout, origin, buffer, f32::to_ne_bytes),
    }
    Ok(())
}

/// Gives a number that rounds down to the one from 0 to `maximum` that a sample in 0..1 is nearest to; halves go up.
/// Doubles hold the sum exactly.
fn nearest(sample: f32, maximum: f32) -> f64 {
    f64::from(sample.clamp(0.0, 1.0) * maximum) + 0.5
}

/// Writes samples of N bytes. There is a loop for each type of sample: pictures have hundreds of millions of them.
fn write_as<const N: usize>(
    outgoing: &Outgoing,
    layout: &Layout,
    origin: usize,
    buffer: &mut [u8],
    bytes: impl Fn(f32) -> [u8; N],
) {
    let Outgoing { colour, alpha, .. } = outgoing;
    let is_plain = outgoing.is_plain(layout);
    for y in 0..layout.size.height {
        let mut first = layout.range(origin, 0, 0, y).start;
        for pixel in y * layout.size.width..(y + 1) * layout.size.width {
            let alpha = alpha.map_or(1.0, |alpha| alpha.samples[pixel].clamp(0.0, 1.0));
            let mut put = |channel: usize, sample: f32| {
                let at = first.wrapping_add_signed(channel as isize * layout.channel_stride);
                buffer[at..at + N].copy_from_slice(&bytes(sample));
            };
            for channel in 0..layout.colours() {
                let from = channel.min(colour.channels - 1);
                put(
                    channel,
                    if is_plain { colour.plane(from)[pixel] } else { outgoing.sample(from, pixel, layout, alpha) },
                );
            }
            if layout.has_alpha() {
                put(layout.colours(), alpha);
            }
            first = first.wrapping_add_signed(layout.pixel_stride);
        }
    }
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
    /// Whether the colour's samples are those of the layout.
    fn is_plain(&self, layout: &Layout) -> bool {
        let is_own = self.kept.is_none() && self.shoulder == Shoulder::none();
        is_own && layout.transfer == Transfer::Encoded && !layout.premultiplies()
    }

    /// Gives a colour sample as the layout stores it.
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

/// Converts a sample that is not premultiplied to the layout's transfer, and premultiplies it if the layout says so.
fn converted(straight: f32, transfer: Transfer, layout: &Layout, alpha: f32) -> f32 {
    let sample = match (transfer, layout.transfer) {
        (Transfer::Encoded, Transfer::Linear) => decode(straight),
        (Transfer::Linear, Transfer::Encoded) => encode(straight),
        (Transfer::Encoded, Transfer::Encoded) | (Transfer::Linear, Transfer::Linear) => straight,
    };
    if layout.premultiplies() { sample * alpha } else { sample }
}

//! Samples as a file holds them: packed bytes and their layout. Everything between a decoder and the
//! engine, and between the engine and an encoder.

use crate::failure::Result;
use dipkit::pixels::transfer::Shoulder;
use dipkit::pixels::{self, Imported, Layout, Picture, Size};
use dipkit::room;
use dipkit::session::{Output, Session};
use image::metadata::Orientation;

/// Packed samples in native byte order, with interleaved channels.
#[derive(Debug, Clone)]
pub struct Raster {
    pub layout: Layout,
    pub bytes: Vec<u8>,
}

impl Raster {
    /// A raster whose bytes are all 0.
    pub fn blank(layout: Layout) -> Self {
        Raster { layout, bytes: vec![0; layout.size.area() * pixel_bytes(&layout)] }
    }

    /// The picture that a session would save now.
    ///
    /// # Errors
    /// There is too little memory for the picture.
    pub fn from_session(session: &Session, output: Output, layout: Layout) -> Result<Self> {
        let mut bytes = room::filled(layout.size.area() * pixel_bytes(&layout), 0)?;
        session.preview(output, &layout, 0, &mut bytes)?;
        Ok(Raster { layout, bytes })
    }

    /// The size in pixels.
    pub fn size(&self) -> Size {
        self.layout.size
    }

    /// The picture as the engine takes it.
    pub fn import(&self) -> dipkit::Result<Imported> {
        pixels::import(&self.layout, 0, &self.bytes)
    }

    /// What [`Raster::colour`] cannot show of the samples, in words.
    pub fn out_of_range(&self) -> Result<Option<&'static str>> {
        let image = self.import()?;
        Ok(match (image.shoulder != Shoulder::none(), missing(&image) > 0) {
            (true, true) => Some("samples beyond 0 to 1, and some that are not numbers"),
            (true, false) => Some("samples beyond 0 to 1"),
            (false, true) => Some("samples that are not numbers"),
            (false, false) => None,
        })
    }

    /// Display-encoded colour in 0..1, without alpha: what PSNR and SSIM compare. Not through the shoulder, which is each
    /// picture's own.
    pub fn colour(&self) -> Result<Picture> {
        let Imported { mut colour, shoulder, .. } = self.import()?;
        colour.samples.iter_mut().for_each(|sample| *sample = shoulder.expand(*sample).clamp(0.0, 1.0));
        Ok(colour)
    }

    /// The part of this size around the centre.
    pub fn cropped(&self, size: Size) -> Raster {
        let Size { width, height } = self.size();
        let (x0, y0) = ((width - size.width) / 2, (height - size.height) / 2);
        self.rearranged(size, |x, y| (x0 + x, y0 + y))
    }

    /// The raster, turned and mirrored as the orientation asks for.
    pub fn upright(self, orientation: Orientation) -> Raster {
        let Size { width: w, height: h } = self.size();
        let turned = Size::new(h, w);
        match orientation {
            Orientation::NoTransforms => self,
            Orientation::FlipHorizontal => self.rearranged(self.size(), |x, y| (w - 1 - x, y)),
            Orientation::Rotate180 => self.rearranged(self.size(), |x, y| (w - 1 - x, h - 1 - y)),
            Orientation::FlipVertical => self.rearranged(self.size(), |x, y| (x, h - 1 - y)),
            Orientation::Rotate90FlipH => self.rearranged(turned, |x, y| (y, x)),
            Orientation::Rotate90 => self.rearranged(turned, |x, y| (y, h - 1 - x)),
            Orientation::Rotate270FlipH => self.rearranged(turned, |x, y| (w - 1 - y, h - 1 - x)),
            Orientation::Rotate270 => self.rearranged(turned, |x, y| (w - 1 - y, x)),
        }
    }

    /// A raster of `size` whose pixel at (x, y) is this one's at `from(x, y)`.
    fn rearranged(&self, size: Size, from: impl Fn(usize, usize) -> (usize, usize)) -> Raster {
        let pixel = pixel_bytes(&self.layout);
        let mut bytes = Vec::with_capacity(size.area() * pixel);
        for y in 0..size.height {
            for x in 0..size.width {
                let (from_x, from_y) = from(x, y);
                let start = (from_y * self.size().width + from_x) * pixel;
                bytes.extend_from_slice(&self.bytes[start..start + pixel]);
            }
        }
        Raster { layout: resized(&self.layout, size), bytes }
    }
}

/// The number of samples that are no numbers, without those of pixels that cannot be seen.
pub fn missing(image: &Imported) -> usize {
    let Some(weight) = &image.weight else { return 0 };
    let is_seen = |i: usize| image.alpha.as_ref().is_none_or(|alpha| alpha.samples[i % weight.size.area()] > 0.0);
    weight.samples.iter().enumerate().filter(|(i, weight)| **weight == 0.0 && is_seen(*i)).count()
}

/// The packed layout for a picture of another size.
pub fn resized(layout: &Layout, size: Size) -> Layout {
    Layout {
        transfer: layout.transfer,
        premultiplied: layout.premultiplied,
        ..Layout::packed(size, layout.channels, layout.sample)
    }
}

fn pixel_bytes(layout: &Layout) -> usize {
    layout.channels * layout.sample.bytes()
}

//! The padding that brings a picture of any size to a network that wants multiples: it is mirrored at all sides to the
//! next multiple, fitted, and cropped back.

use crate::graph::Padding;
use crate::pixels::{Picture, Size};

/// Where a picture lies within its padded version, and its result within the restored one, which is `factor` times
/// larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaddingFrame {
    inner: Size,
    outer: Size,
    left: usize,
    top: usize,
    factor: usize,
}

impl PaddingFrame {
    /// Pads so little that the restored picture's sides become multiples of `multiple`.
    pub fn new(inner: Size, multiple: usize, factor: usize) -> Self {
        let step = multiple / greatest_common_divisor(multiple, factor);
        let outer = Size::new(inner.width.next_multiple_of(step), inner.height.next_multiple_of(step));
        let (left, top) = ((outer.width - inner.width) / 2, (outer.height - inner.height) / 2);
        PaddingFrame { inner, outer, left, top, factor }
    }

    /// Size of the padded picture.
    pub fn outer(&self) -> Size {
        self.outer
    }

    /// Size of the restored picture with its padding.
    pub fn restored(&self) -> Size {
        Size::new(self.outer.width * self.factor, self.outer.height * self.factor)
    }

    /// Mirrors `picture` to the padded size.
    pub fn pad(&self, picture: &Picture) -> Picture {
        self.pad_scaled(picture, 1)
    }

    /// Mirrors a picture of the result's size to [`PaddingFrame::restored`].
    pub fn pad_restored(&self, picture: &Picture) -> Picture {
        self.pad_scaled(picture, self.factor)
    }

    fn pad_scaled(&self, picture: &Picture, scale: usize) -> Picture {
        let outer = Size::new(self.outer.width * scale, self.outer.height * scale);
        let columns = sources(outer.width, self.left * scale, picture.size.width);
        let rows = sources(outer.height, self.top * scale, picture.size.height);
        let mut padded = Picture::filled(outer, picture.channels, 0.0);
        for channel in 0..picture.channels {
            let plane = picture.plane(channel);
            for (row, y) in padded.plane_mut(channel).chunks_exact_mut(outer.width).zip(&rows) {
                let from = &plane[y * picture.size.width..][..picture.size.width];
                row.iter_mut().zip(&columns).for_each(|(sample, x)| *sample = from[*x]);
            }
        }
        padded
    }

    /// Crops a restored picture to the result, whose samples are C, H, W of [`PaddingFrame::restored`].
    pub fn crop(&self, restored: &[f32], channels: usize) -> Picture {
        let (from, scale) = (self.restored(), self.factor);
        let size = Size::new(self.inner.width * scale, self.inner.height * scale);
        let mut samples = Vec::with_capacity(size.area() * channels);
        for plane in restored.chunks_exact(from.area()) {
            for row in plane.chunks_exact(from.width).skip(self.top * scale).take(size.height) {
                samples.extend_from_slice(&row[self.left * scale..][..size.width]);
            }
        }
        Picture { size, channels, samples }
    }
}

/// Gives, for each position of the padded side, the index of the sample of the picture that stands there.
fn sources(outer: usize, before: usize, length: usize) -> Vec<usize> {
    let source = |i: usize| Padding::Reflection.source(i as isize - before as isize, length);
    // Reflection always has a source.
    (0..outer).map(|i| source(i).unwrap_or(0)).collect()
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

//! A rectangle of a picture.

use super::size::Size;

/// A rectangle of a picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    pub x: usize,
    pub y: usize,
    pub size: Size,
}

impl Region {
    /// Makes the region that is all of a picture of this size.
    pub fn whole(size: Size) -> Self {
        Region { x: 0, y: 0, size }
    }

    /// Scales the region to a picture that is `factor` times as large.
    pub fn scaled(self, factor: usize) -> Self {
        let Region { x, y, size } = self;
        Region { x: x * factor, y: y * factor, size: Size::new(size.width * factor, size.height * factor) }
    }

    /// Gives the region that both share; none where they share nothing.
    pub fn intersection(self, other: Region) -> Option<Region> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = (self.x + self.size.width).min(other.x + other.size.width);
        let bottom = (self.y + self.size.height).min(other.y + other.size.height);
        (x < right && y < bottom).then(|| Region { x, y, size: Size::new(right - x, bottom - y) })
    }

    /// Cuts the region out of each plane of this `size`.
    pub fn cut<T: Copy>(self, planes: &[T], size: Size) -> Vec<T> {
        let rows = |plane: &[T]| -> Vec<T> {
            let rows = plane.chunks_exact(size.width).skip(self.y).take(self.size.height);
            rows.flat_map(|row| &row[self.x..][..self.size.width]).copied().collect()
        };
        planes.chunks_exact(size.area()).flat_map(rows).collect()
    }
}

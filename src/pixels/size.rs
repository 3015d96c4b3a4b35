//! How large a picture is.

use std::fmt;

/// Width and height in pixels; prints as `64x48`, 64 wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: usize,
    pub height: usize,
}

impl Size {
    /// Makes a size; width first, as everywhere.
    pub fn new(width: usize, height: usize) -> Self {
        Size { width, height }
    }

    /// Gives the indices of the pixels to the left, to the right, above and below pixel `i`, where there is one.
    pub fn neighbours(self, i: usize) -> impl Iterator<Item = usize> {
        let Size { width, height } = self;
        let (x, y) = (i % width, i / width);
        let each = [
            (x > 0).then(|| i - 1),
            (x + 1 < width).then(|| i + 1),
            (y > 0).then(|| i - width),
            (y + 1 < height).then(|| i + width),
        ];
        each.into_iter().flatten()
    }

    /// Number of pixels.
    pub fn area(self) -> usize {
        self.width * self.height
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

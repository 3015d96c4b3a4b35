//! The shape of a value.

/// Channels, height and width of a value; a scalar is 1x1x1. There is one picture: N is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Shape {
    /// The shape of a single number.
    pub const SCALAR: Shape = Shape { channels: 1, height: 1, width: 1 };

    /// Makes a shape; height before width, as in (C, H, W).
    pub fn new(channels: usize, height: usize, width: usize) -> Self {
        Shape { channels, height, width }
    }

    /// Number of samples.
    pub fn samples(self) -> usize {
        self.channels * self.height * self.width
    }
}

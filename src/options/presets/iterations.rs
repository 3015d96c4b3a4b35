//! How many iterations a fit has by the size of its picture: a larger one has more to learn from, or to draw.

/// A number of iterations that grows with the side of a picture, between two ends.
#[derive(Debug, Clone, Copy)]
pub struct Iterations {
    least: f32,
    most: f32,
    /// The iterations for each pixel of the side.
    per_pixel: f32,
}

impl Iterations {
    /// Makes a number that is the same for every picture.
    pub const fn fixed(count: u32) -> Iterations {
        Iterations { least: count as f32, most: count as f32, per_pixel: 0.0 }
    }

    /// Makes a number of so many iterations for each pixel of the side, within `least` and `most`.
    pub const fn growing(per_pixel: f32, [least, most]: [u32; 2]) -> Iterations {
        Iterations { least: least as f32, most: most as f32, per_pixel }
    }

    /// Gives the iterations for a picture of this area, as if it were a square.
    pub fn for_pixels(&self, pixels: u32) -> u32 {
        (self.per_pixel * (pixels as f32).sqrt()).clamp(self.least, self.most) as u32
    }
}

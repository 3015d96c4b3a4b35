//! Grey pictures that are stored in colour: three equal channels would be fitted as three, cost more, look as if their
//! noise were alike, and come back tinted.

use super::import::{Imported, Original};
use super::picture::Picture;

const COLOURS: usize = 3;

impl Imported {
    /// Whether the picture has three colours that are equal everywhere.
    pub fn is_grey_in_colour(&self) -> bool {
        let is_grey = are_equal(&self.colour) && self.weight.as_ref().is_none_or(are_equal);
        is_grey && are_equal(&self.original.samples)
    }

    /// Reduces a picture whose colours are all equal to one channel; any other stays as it is.
    #[must_use]
    pub fn in_fewest_channels(self) -> Imported {
        if !self.is_grey_in_colour() {
            return self;
        }
        let Imported { colour, weight, alpha, shoulder, original } = self;
        let original = Original { samples: first(original.samples), ..original };
        Imported { colour: first(colour), weight: weight.map(first), alpha, shoulder, original }
    }
}

fn are_equal(picture: &Picture) -> bool {
    // What is missing is NaN, and equal where it is missing in all channels.
    let is_equal = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits();
    let others = 1..COLOURS;
    picture.channels >= COLOURS
        && others.into_iter().all(|channel| picture.plane(0).iter().zip(picture.plane(channel)).all(is_equal))
}

/// Keeps the first of the equal channels, and those that are no colours.
fn first(mut picture: Picture) -> Picture {
    let area = picture.size.area();
    picture.samples.drain(area..COLOURS * area);
    picture.channels -= COLOURS - 1;
    picture.samples.shrink_to_fit();
    picture
}

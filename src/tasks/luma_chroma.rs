//! Luma and chroma as pictures of their own.

use crate::pixels::Picture;
use crate::pixels::jpeg::LUMA_AND_CHROMA;

/// The luma of a picture in colour.
pub fn luma(image: &Picture) -> Picture {
    combined(image, &LUMA_AND_CHROMA[0])
}

/// Both channels of chroma of a picture in colour, blue first; their samples lie about 0.
pub fn chroma(image: &Picture) -> impl Iterator<Item = Picture> {
    LUMA_AND_CHROMA[1..].iter().map(|weights| combined(image, weights))
}

/// The weight of a picture's first channel, for what is combined of all.
pub fn first_weight(weight: &Picture) -> Picture {
    Picture { channels: 1, samples: weight.plane(0).to_vec(), size: weight.size }
}

fn combined(image: &Picture, [by_r, by_g, by_b]: &[f32; 3]) -> Picture {
    let [r, g, b] = [0, 1, 2].map(|channel| image.plane(channel));
    let samples = (0..image.size.area()).map(|i| by_r * r[i] + by_g * g[i] + by_b * b[i]).collect();
    Picture { size: image.size, channels: 1, samples }
}

//! Luma and chroma as pictures of their own.

use crate::pixels::Picture;
use crate::pixels::jpeg::LUMA_AND_CHROMA;

/// Makes a picture of the luma of one in colour.
pub fn luma(image: &Picture) -> Picture {
    combined(image, &LUMA_AND_CHROMA[0])
}

/// Makes a picture of each channel of chroma of one in colour, blue first; their samples lie about 0.
pub fn chroma(image: &Picture) -> impl Iterator<Item = Picture> {
    LUMA_AND_CHROMA[1..].iter().map(|weights| combined(image, weights))
}

/// Copies the first channel of a weight, for samples that are combined of all channels.
pub fn first_weight(weight: &Picture) -> Picture {
    Picture { channels: 1, samples: weight.plane(0).to_vec(), size: weight.size }
}

fn combined(image: &Picture, [by_r, by_g, by_b]: &[f32; 3]) -> Picture {
    let [r, g, b] = [0, 1, 2].map(|channel| image.plane(channel));
    let samples = (0..image.size.area()).map(|i| by_r * r[i] + by_g * g[i] + by_b * b[i]).collect();
    Picture { size: image.size, channels: 1, samples }
}

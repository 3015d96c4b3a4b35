//! Luma and chroma by the weights of JFIF.

use crate::pixels::picture::Picture;

/// Weights of red, green and blue in luma, and in the differences of blue and red from it (JFIF 1.02).
pub const LUMA_AND_CHROMA: [[f32; 3]; 3] =
    [[0.299, 0.587, 0.114], [-0.168_735_9, -0.331_264_1, 0.5], [0.5, -0.418_687_6, -0.081_312_4]];

/// Computes the luma of a picture in levels of 0..255.
pub fn luma_levels(picture: &Picture) -> Vec<f32> {
    if picture.channels == 1 {
        return picture.samples.iter().map(|x| 255.0 * x).collect();
    }
    let [r, g, b] = [0, 1, 2].map(|channel| picture.plane(channel));
    let [by_r, by_g, by_b] = LUMA_AND_CHROMA[0];
    (0..r.len()).map(|i| 255.0 * (by_r * r[i] + by_g * g[i] + by_b * b[i])).collect()
}

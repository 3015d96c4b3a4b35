//! Blocks of 8x8 samples, and where they lie in a picture.

use crate::pixels::picture::Picture;
use crate::pixels::size::Size;

/// Side of a block.
pub const SIDE: usize = 8;
/// Number of coefficients of a block.
pub const COEFFICIENTS: usize = SIDE * SIDE;

/// The samples of a block row by row, or its coefficients with the horizontal frequency running.
pub type Block8x8 = [f32; COEFFICIENTS];

/// Lists the indices of the first pixels of whole blocks in reading order, where (x, y) is the first of all.
pub fn starts(size: Size, [x, y]: [usize; 2]) -> impl Iterator<Item = usize> {
    let tops = (y..(size.height + 1).saturating_sub(SIDE)).step_by(SIDE);
    tops.flat_map(move |top| {
        let lefts = (x..(size.width + 1).saturating_sub(SIDE)).step_by(SIDE);
        lefts.map(move |left| top * size.width + left)
    })
}

/// Reads the block whose first pixel is `start`.
pub fn read(plane: &[f32], size: Size, start: usize) -> Block8x8 {
    let mut block = [0.0; COEFFICIENTS];
    for (row, samples) in block.chunks_exact_mut(SIDE).enumerate() {
        samples.copy_from_slice(&plane[start + row * size.width..][..SIDE]);
    }
    block
}

/// Adds levels of 0..255 to the block whose first pixel is `start`, in all channels alike.
pub fn add(picture: &mut Picture, start: usize, change: &Block8x8) {
    let width = picture.size.width;
    for channel in 0..picture.channels {
        let plane = &mut picture.plane_mut(channel)[start..];
        for (row, change) in change.chunks_exact(SIDE).enumerate() {
            plane[row * width..][..SIDE].iter_mut().zip(change).for_each(|(x, change)| *x += change / 255.0);
        }
    }
}

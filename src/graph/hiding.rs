//! Hiding: which pixels of a weight are taken out at an iteration.

use crate::rng::Draws;

/// Which pixels of a weight are hidden at an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hiding {
    /// Single pixels, each by itself.
    Pixels,
    /// Copies of the weight's own holes (where its first channel is 0) at other places, so that what is hidden has the
    /// shape of what is missing: as many as it takes to hide the share of the rest.
    Holes,
}

/// Holes that are too small to hide the share in this many copies hide less.
pub const MOST_COPIES: u64 = 32;

/// A copy of a weight's holes: mirrored, moved, and what leaves at one side comes in at the other.
#[derive(Debug, Clone, Copy)]
pub struct HoleCopy {
    width: usize,
    height: usize,
    right: usize,
    down: usize,
    is_mirrored: [bool; 2],
}

impl HoleCopy {
    /// Draws the copy of this index, for a plane of this size.
    pub fn draw(draws: &Draws, index: u64, [width, height]: [usize; 2]) -> HoleCopy {
        let mut numbers = [0.0; 4];
        draws.uniform(4 * index, &mut numbers);
        let place = |number: f32, length: usize| ((number * length as f32) as usize).min(length - 1);
        let (right, down) = (place(numbers[0], width), place(numbers[1], height));
        HoleCopy { width, height, right, down, is_mirrored: [numbers[2] < 0.5, numbers[3] < 0.5] }
    }

    /// Gives the row of the weight that this row of the copy shows.
    pub fn row(&self, y: usize) -> usize {
        let y = if self.is_mirrored[1] { self.height - 1 - y } else { y };
        (y + self.down) % self.height
    }

    /// Gives the column of the weight that this column of the copy shows.
    pub fn column(&self, x: usize) -> usize {
        let x = if self.is_mirrored[0] { self.width - 1 - x } else { x };
        (x + self.right) % self.width
    }
}

/// Draws whether each pixel of a plane of weights is kept.
pub fn kept(hiding: Hiding, draws: &Draws, share: f32, weight: &[f32], size: [usize; 2]) -> Vec<bool> {
    match hiding {
        Hiding::Pixels => {
            let mut numbers = vec![0.0; weight.len()];
            draws.uniform(0, &mut numbers);
            numbers.iter().map(|number| *number >= share).collect()
        }
        Hiding::Holes => {
            let is_hole: Vec<bool> = weight.iter().map(|w| *w == 0.0).collect();
            let known = is_hole.iter().filter(|hole| !**hole).count();
            let mut kept = vec![true; weight.len()];
            for index in 0..MOST_COPIES {
                let hidden = kept.iter().zip(&is_hole).filter(|(kept, hole)| !**kept && !**hole).count();
                if hidden as f32 >= share * known as f32 {
                    break;
                }
                let copy = HoleCopy::draw(draws, index, size);
                for (y, row) in kept.chunks_exact_mut(size[0]).enumerate() {
                    let holes = &is_hole[copy.row(y) * size[0]..][..size[0]];
                    row.iter_mut().enumerate().for_each(|(x, kept)| *kept &= !holes[copy.column(x)]);
                }
            }
            kept
        }
    }
}

//! What lies beyond the border of a picture.

/// What a convolution reads beyond the border: (kernel - 1) / 2 samples on every side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// The picture is mirrored about the border sample (which is not repeated). Mirroring goes on where a side is
    /// shorter than the padding, and a side of 1 is constant.
    Reflection,
    Zero,
}

impl Padding {
    /// Gives the index of the sample of a side of `length` that stands at `position`, which may be outside of it; none
    /// for a zero.
    pub fn source(self, position: isize, length: usize) -> Option<usize> {
        let length = length as isize;
        if (0..length).contains(&position) {
            return Some(position as usize);
        }
        match self {
            Padding::Zero => None,
            Padding::Reflection if length == 1 => Some(0),
            Padding::Reflection => {
                let period = 2 * (length - 1);
                let folded = position.rem_euclid(period);
                Some(folded.min(period - folded) as usize)
            }
        }
    }
}

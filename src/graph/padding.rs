//! What lies beyond the border of a picture.

/// What a convolution reads beyond the border: (kernel - 1) / 2 samples on every side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Mirrored about the border sample (which is not repeated); goes on mirroring on sides shorter
    /// than the padding, constant on a side of 1.
    Reflection,
    Zero,
}

impl Padding {
    /// The sample of a side of `length` that stands at `position`, which may be outside it.
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

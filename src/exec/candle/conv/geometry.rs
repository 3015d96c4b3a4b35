//! Which sample of its input a convolution reads under each tap of the kernel, padding included.

use crate::graph::{Padding, Shape};

/// The shapes and the kernel of a convolution.
#[derive(Debug, Clone)]
pub(in crate::exec::candle) struct Geometry {
    pub inputs: Shape,
    pub outputs: Shape,
    pub kernel: usize,
    pub stride: usize,
    pub padding: Padding,
}

impl Geometry {
    /// The number of taps of a channel.
    pub fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Whether each output reads the input at its own place alone.
    pub fn is_pointwise(&self) -> bool {
        self.kernel == 1 && self.stride == 1
    }

    /// Height and width of the padded input.
    pub fn padded(&self) -> [usize; 2] {
        [self.inputs.height, self.inputs.width].map(|side| side + self.kernel - 1)
    }

    /// The index of the sample of the input that a tap reads for a pixel of the output; None for a zero.
    pub fn read(&self, tap: usize, pixel: usize) -> Option<usize> {
        let Geometry { inputs, outputs, kernel, stride, .. } = *self;
        let y = self.source(pixel / outputs.width * stride + tap / kernel, inputs.height)?;
        let x = self.source(pixel % outputs.width * stride + tap % kernel, inputs.width)?;
        Some(y * inputs.width + x)
    }

    /// The pixel of the output for which a tap reads a sample of the padded input; None where the tap reads it for no
    /// pixel.
    pub fn read_for(&self, tap: usize, sample: usize) -> Option<usize> {
        let Geometry { outputs, kernel, stride, .. } = *self;
        let output = |position: usize, tap: usize, outputs: usize| {
            let from = position.checked_sub(tap)?;
            (from % stride == 0 && from / stride < outputs).then_some(from / stride)
        };
        let [_, width] = self.padded();
        let y = output(sample / width, tap / kernel, outputs.height)?;
        let x = output(sample % width, tap % kernel, outputs.width)?;
        Some(y * outputs.width + x)
    }

    /// The place on a side of the input that each place on the padded side repeats. Where padding is zeros they have
    /// none.
    pub fn mirrored(&self, side: usize) -> Vec<u32> {
        let padded = side + self.kernel - 1;
        (0..padded).filter_map(|position| self.source(position, side)).map(|source| source as u32).collect()
    }

    /// The place on a side of the input for one on the padded side; None for a zero.
    fn source(&self, position: usize, side: usize) -> Option<usize> {
        self.padding.source(position as isize - (self.kernel / 2) as isize, side)
    }
}

//! Where a convolution reads: the samples under each tap of the kernel, padding included.

use std::ops::Range;

use crate::graph::{Padding, Shape};

/// The inputs of every output of a convolution, or of its gradient by the input.
#[derive(Debug, Clone)]
pub(in super::super) struct Geometry {
    pub inputs: Shape,
    pub outputs: Shape,
    pub kernel: usize,
    pub stride: usize,
    pub padding: Padding,
    /// By row or column of the kernel.
    pub rows: Vec<Taps>,
    pub columns: Vec<Taps>,
}

/// What one row or column of the kernel reads, by output. None is zero padding; more than one are
/// added up.
#[derive(Debug, Clone)]
pub(in super::super) struct Taps {
    pub sources: Vec<Vec<usize>>,
    /// Outputs that read one sample each, evenly spaced.
    pub even: Range<usize>,
}

impl Geometry {
    pub fn new(inputs: Shape, outputs: Shape, kernel: usize, stride: usize, padding: Padding) -> Self {
        let axis = |length: usize, outputs: usize| {
            let source = |tap: usize, output: usize| {
                let position = (output * stride + tap) as isize - (kernel / 2) as isize;
                padding.source(position, length).into_iter().collect()
            };
            let taps =
                (0..kernel).map(|tap| Taps::new((0..outputs).map(|output| source(tap, output)).collect(), stride));
            taps.collect()
        };
        let (rows, columns) = (axis(inputs.height, outputs.height), axis(inputs.width, outputs.width));
        Geometry { inputs, outputs, kernel, stride, padding, rows, columns }
    }

    /// Of the gradient by the input at stride 1: a convolution of the gradient by the output with the
    /// weights turned by half a turn, where the padding's gradients are gathered too.
    pub fn back(&self) -> Geometry {
        let axis = |length: usize| {
            let margin = self.kernel / 2;
            let mut taps = vec![vec![Vec::new(); length]; self.kernel];
            for (tap, taps) in taps.iter_mut().enumerate() {
                // The forward pass reads padded position output + kernel - 1 - tap under this tap.
                for output in 0..length {
                    let position = (output + self.kernel - 1 - tap) as isize - margin as isize;
                    if let Some(source) = self.padding.source(position, length) {
                        taps[source].push(output);
                    }
                }
            }
            taps.into_iter().map(|sources| Taps::new(sources, 1)).collect()
        };
        let (rows, columns) = (axis(self.inputs.height), axis(self.inputs.width));
        Geometry { inputs: self.outputs, outputs: self.inputs, rows, columns, ..*self }
    }

    /// Taps of one channel.
    pub fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Whether the taps are the input itself.
    pub fn is_pointwise(&self) -> bool {
        self.kernel == 1 && self.stride == 1
    }
}

impl Taps {
    fn new(sources: Vec<Vec<usize>>, stride: usize) -> Self {
        let follows = |before: &[usize], after: &[usize]| match (before, after) {
            ([before], [after]) => before + stride == *after,
            _ => false,
        };
        // The longest run; at the borders mirroring makes others.
        let mut even = 0..0;
        let mut start = 0;
        for end in 1..=sources.len() {
            if end == sources.len() || !follows(&sources[end - 1], &sources[end]) {
                if sources[start].len() == 1 && end - start > even.len() {
                    even = start..end;
                }
                start = end;
            }
        }
        Taps { sources, even }
    }
}

//! Direct convolution, which computes every product of the definition. The output and the gradient by the input are
//! each one sweep of the product kernel over all pixels.

mod sweep;
mod weights;

use super::pack::Channels;
use super::{ConvShape, LANES, Run};
use rayon::prelude::*;
use sweep::Sweep;
use weights::WeightGradient;

/// A direct convolution made ready.
pub struct DirectConv {
    shape: ConvShape,
    forward: Sweep,
    by_input: Sweep,
    by_weight: WeightGradient,
}

impl DirectConv {
    /// Makes a convolution of this shape ready.
    pub fn new(shape: ConvShape, inputs: &Channels, outputs: &Channels) -> DirectConv {
        DirectConv {
            shape,
            forward: Sweep::forward(&shape, inputs, outputs),
            by_input: Sweep::by_input(&shape, inputs, outputs),
            by_weight: WeightGradient::new(shape, inputs, outputs),
        }
    }

    /// See [`ConvKernel::packed_len`](super::ConvKernel::packed_len).
    pub fn packed_len(&self) -> usize {
        self.forward.packed_len() + self.by_input.packed_len()
    }

    /// See [`ConvKernel::scratch_len`](super::ConvKernel::scratch_len).
    pub fn scratch_len(&self) -> usize {
        self.frame_len() + self.by_weight.scratch_len()
    }

    /// See [`ConvKernel::pack`](super::ConvKernel::pack).
    pub fn pack(&self, run: &Run, weight: &[f32], packed: &mut [f32]) {
        let (forward, by_input) = packed.split_at_mut(self.forward.packed_len());
        self.forward.pack(run, weight, forward);
        self.by_input.pack(run, weight, by_input);
    }

    /// See [`ConvKernel::forward`](super::ConvKernel::forward).
    pub fn forward(&self, run: &Run, padded: &[f32], packed: &[f32], bias: Option<&[f32]>, out: &mut [f32]) {
        self.forward.run(run, padded, &packed[..self.forward.packed_len()], bias, out);
    }

    /// See [`ConvKernel::backward`](super::ConvKernel::backward).
    #[allow(clippy::too_many_arguments)]
    pub fn backward(
        &self,
        run: &Run,
        padded: &[f32],
        gradient: &[f32],
        packed: &[f32],
        by_weight: &mut [f32],
        by_padded: Option<&mut [f32]>,
        scratch: &mut [f32],
    ) {
        let (frame, sums) = scratch.split_at_mut(self.frame_len());
        self.by_weight.run(run, padded, gradient, by_weight, sums);
        let Some(by_padded) = by_padded else { return };
        let packed = &packed[self.forward.packed_len()..];
        if frame.is_empty() {
            self.by_input.run(run, gradient, packed, None, by_padded);
        } else {
            self.frame(run, gradient, frame);
            self.by_input.run(run, frame, packed, None, by_padded);
        }
    }

    /// The f32s of the output gradient within a frame of zeros; 0 where the kernel reaches no neighbours.
    fn frame_len(&self) -> usize {
        let border = sweep::border(&self.shape);
        let framed = (self.shape.height + 2 * border) * (self.shape.width + 2 * border) * self.shape.outputs;
        if border == 0 { 0 } else { framed }
    }

    /// Copies the output gradient into a frame of zeros.
    fn frame(&self, run: &Run, gradient: &[f32], frame: &mut [f32]) {
        let border = sweep::border(&self.shape);
        let line = self.shape.width * LANES;
        let framed_line = line + 2 * border * LANES;
        let lines = self.shape.height + 2 * border;
        frame.par_chunks_mut(framed_line).with_min_len(8).enumerate().for_each(|(index, framed)| {
            if run.is_cancelled() {
                return;
            }
            let (plane, y) = (index / lines, index % lines);
            if y < border || y >= border + self.shape.height {
                framed.fill(0.0);
                return;
            }
            let source = (plane * self.shape.height + y - border) * line;
            framed[..border * LANES].fill(0.0);
            framed[border * LANES..][..line].copy_from_slice(&gradient[source..source + line]);
            framed[border * LANES + line..].fill(0.0);
        });
    }
}

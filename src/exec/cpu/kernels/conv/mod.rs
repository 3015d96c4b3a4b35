//! The kernel of convolutions, forward and backward, on padded and blocked inputs.
//!
//! Buffers are `[channels / 8][height][width][8]`; the weight tensor is the graph's own
//! `[outputs][inputs][kernel][kernel]`, packed anew at each iteration. The order of sums follows the shape, never the
//! scheduler, so that the bytes are the same for any number of threads. Nothing here allocates but [`ConvKernel::new`].

mod direct;
pub(super) mod lanes;
mod method;
mod outer;
mod pack;
mod peak;
mod product;
mod shared;
mod tiles;
mod winograd;

pub use method::Method;
pub use peak::multiply_add_rate;

use super::{LANES, Run};
use direct::DirectConv;
use pack::Channels;
use winograd::WinogradConv;

/// The shape of a convolution of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvShape {
    /// The number of physical channels of the input, a multiple of 8.
    pub inputs: usize,
    /// The number of physical channels of the output, a multiple of 8.
    pub outputs: usize,
    /// The height of the output.
    pub height: usize,
    /// The width of the output.
    pub width: usize,
    /// The side of the square kernel.
    pub kernel: usize,
    /// The stride, 1 or 2.
    pub stride: usize,
}

impl ConvShape {
    /// Height and width of the part of the input that the outputs read.
    fn reach(&self) -> (usize, usize) {
        let along = |outputs: usize| self.stride * (outputs - 1) + self.kernel;
        (along(self.height), along(self.width))
    }

    fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    fn input_blocks(&self) -> usize {
        self.inputs / LANES
    }

    fn output_blocks(&self) -> usize {
        self.outputs / LANES
    }
}

/// A convolution without bias, made ready: by which method it is computed, and where everything lies.
pub struct ConvKernel {
    shape: ConvShape,
    inputs: Channels,
    outputs: Channels,
    method: PreparedMethod,
}

/// A method made ready for the shape of a convolution.
enum PreparedMethod {
    Direct(DirectConv),
    Winograd(WinogradConv),
}

impl ConvKernel {
    /// Makes a convolution ready by the method that [`Method::choose`] chooses; `input_lanes` and `output_lanes` give
    /// the physical channel of each logical one.
    ///
    /// # Panics
    /// When the shape is not one that the kernels know, or a lane lies outside of it.
    pub fn new(shape: ConvShape, input_lanes: Vec<usize>, output_lanes: Vec<usize>) -> ConvKernel {
        ConvKernel::with_method(shape, input_lanes, output_lanes, Method::choose(&shape))
    }

    /// Makes a convolution ready by a given method, for tests and benches.
    ///
    /// # Panics
    /// When the shape is not one that the method knows, or a lane lies outside of it.
    pub fn with_method(
        shape: ConvShape,
        input_lanes: Vec<usize>,
        output_lanes: Vec<usize>,
        method: Method,
    ) -> ConvKernel {
        assert!(shape.inputs > 0 && shape.inputs.is_multiple_of(LANES), "{} input channels", shape.inputs);
        assert!(shape.outputs > 0 && shape.outputs.is_multiple_of(LANES), "{} output channels", shape.outputs);
        assert!(shape.height > 0 && shape.width > 0 && shape.kernel > 0, "{shape:?}");
        assert!(shape.stride == 1 || shape.stride == 2, "stride {}", shape.stride);
        assert!(method.can(&shape), "{method:?} of {shape:?}");
        let inputs = Channels::new(shape.inputs, &input_lanes);
        let outputs = Channels::new(shape.outputs, &output_lanes);
        let method = match method {
            Method::Direct => PreparedMethod::Direct(DirectConv::new(shape, &inputs, &outputs)),
            Method::Winograd => PreparedMethod::Winograd(WinogradConv::new(shape, &inputs, &outputs)),
        };
        ConvKernel { shape, inputs, outputs, method }
    }

    /// The shape of the convolution.
    pub fn shape(&self) -> ConvShape {
        self.shape
    }

    /// The method by which the convolution is computed.
    pub fn method(&self) -> Method {
        match self.method {
            PreparedMethod::Direct(_) => Method::Direct,
            PreparedMethod::Winograd(_) => Method::Winograd,
        }
    }

    /// Height and width of the padded input that the kernels read. The caller fills with zeros what lies beyond its own
    /// padding, where Winograd's tiles may reach.
    pub fn padded(&self) -> (usize, usize) {
        match &self.method {
            PreparedMethod::Direct(_) => self.shape.reach(),
            PreparedMethod::Winograd(winograd) => winograd.padded(),
        }
    }

    /// The f32s that the packed weights of both directions take.
    pub fn packed_len(&self) -> usize {
        match &self.method {
            PreparedMethod::Direct(direct) => direct.packed_len(),
            PreparedMethod::Winograd(winograd) => winograd.packed_len(),
        }
    }

    /// The f32s of scratch memory that a call takes; nothing in it outlives the call.
    pub fn scratch_len(&self) -> usize {
        match &self.method {
            PreparedMethod::Direct(direct) => direct.scratch_len(),
            PreparedMethod::Winograd(winograd) => winograd.scratch_len(),
        }
    }

    /// The number of multiplications and additions of a direct forward pass over the logical channels.
    pub fn flops(&self) -> u64 {
        let pixels = (self.shape.height * self.shape.width) as u64;
        2 * pixels * self.weights() as u64
    }

    /// Packs the weights for the passes of this iteration.
    pub fn pack(&self, run: &Run, weight: &[f32], packed: &mut [f32]) {
        assert_eq!(weight.len(), self.weights());
        assert_eq!(packed.len(), self.packed_len());
        match &self.method {
            PreparedMethod::Direct(direct) => direct.pack(run, weight, packed),
            PreparedMethod::Winograd(winograd) => winograd.pack(run, weight, packed),
        }
    }

    /// Computes the output; `bias` has a value for each physical channel.
    pub fn forward(
        &self,
        run: &Run,
        padded: &[f32],
        packed: &[f32],
        bias: Option<&[f32]>,
        out: &mut [f32],
        scratch: &mut [f32],
    ) {
        assert_eq!(padded.len(), self.padded_len());
        assert_eq!(packed.len(), self.packed_len());
        assert_eq!(out.len(), self.out_len());
        assert!(bias.is_none_or(|bias| bias.len() == self.shape.outputs));
        assert!(scratch.len() >= self.scratch_len());
        match &self.method {
            PreparedMethod::Direct(direct) => direct.forward(run, padded, packed, bias, out),
            PreparedMethod::Winograd(winograd) => winograd.forward(run, padded, packed, bias, out, scratch),
        }
    }

    /// Computes the gradient by the weight tensor and, where it is asked for, by the whole padded input; both are
    /// overwritten.
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
        assert_eq!(padded.len(), self.padded_len());
        assert_eq!(gradient.len(), self.out_len());
        assert_eq!(packed.len(), self.packed_len());
        assert_eq!(by_weight.len(), self.weights());
        assert!(by_padded.as_ref().is_none_or(|by_padded| by_padded.len() == self.padded_len()));
        assert!(scratch.len() >= self.scratch_len());
        match &self.method {
            PreparedMethod::Direct(direct) => {
                direct.backward(run, padded, gradient, packed, by_weight, by_padded, scratch)
            }
            PreparedMethod::Winograd(winograd) => {
                winograd.backward(run, padded, gradient, packed, by_weight, by_padded, scratch)
            }
        }
    }

    fn padded_len(&self) -> usize {
        let (height, width) = self.padded();
        self.shape.inputs * height * width
    }

    fn out_len(&self) -> usize {
        self.shape.outputs * self.shape.height * self.shape.width
    }

    fn weights(&self) -> usize {
        self.inputs.logical() * self.outputs.logical() * self.shape.taps()
    }
}

//! How readers see a value: factor and offset of each channel (a norm, once its statistics are known),
//! then perhaps a leaky ReLU.

use super::kernels::LANES;

/// Of a whole value; physical channels.
#[derive(Debug, Clone)]
pub struct View {
    /// Statistics of the stored samples.
    pub mean: Vec<f32>,
    /// 1 / sqrt(variance + epsilon).
    pub inverse: Vec<f32>,
    pub factor: Vec<f32>,
    pub offset: Vec<f32>,
    pub is_leaky: bool,
}

/// Of one block.
#[derive(Debug, Clone, Copy)]
pub struct BlockView {
    pub factor: [f32; LANES],
    pub offset: [f32; LANES],
    pub is_leaky: bool,
}

impl View {
    /// Samples as they are.
    pub fn plain(blocks: usize) -> View {
        let channels = blocks * LANES;
        View {
            mean: vec![0.0; channels],
            inverse: vec![1.0; channels],
            factor: vec![1.0; channels],
            offset: vec![0.0; channels],
            is_leaky: false,
        }
    }

    pub fn of_block(&self, block: usize) -> BlockView {
        BlockView { factor: lanes(&self.factor, block), offset: lanes(&self.offset, block), is_leaky: self.is_leaky }
    }

    pub fn mean_of_block(&self, block: usize) -> [f32; LANES] {
        lanes(&self.mean, block)
    }

    pub fn inverse_of_block(&self, block: usize) -> [f32; LANES] {
        lanes(&self.inverse, block)
    }
}

/// The eight numbers of a block.
pub fn lanes(channels: &[f32], block: usize) -> [f32; LANES] {
    std::array::from_fn(|lane| channels[block * LANES + lane])
}

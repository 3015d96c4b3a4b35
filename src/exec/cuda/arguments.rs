//! The arguments of the kernels, as `kernels/arguments.h` declares and explains them; the tests compare their sizes.

mod iteration;

pub use iteration::*;

/// The index of an f32 in the block of memory that a fit has on its device.
pub type Place = u64;

/// What readers see of a stored picture: its norm and its leaky ReLU.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct SeenArgs {
    pub factor: Place,
    pub offset: Place,
    pub has_norm: i32,
    pub is_leaky: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ConvArgs {
    pub input: Place,
    pub output: Place,
    pub weights: Place,
    pub bias: Place,
    pub view: SeenArgs,
    pub in_blocks: i32,
    pub out_blocks: i32,
    pub in_height: i32,
    pub in_width: i32,
    pub height: i32,
    pub width: i32,
    pub side: i32,
    pub stride: i32,
    pub dilation: i32,
    pub border: i32,
    pub padding: i32,
    pub bias_channels: i32,
    pub store: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct WeightGradientArgs {
    pub input: Place,
    pub by_output: Place,
    pub partial: Place,
    pub result: Place,
    pub in_lanes: Place,
    pub counters: Place,
    pub view: SeenArgs,
    pub in_blocks: i32,
    pub out_blocks: i32,
    pub in_channels: i32,
    pub out_channels: i32,
    pub in_height: i32,
    pub in_width: i32,
    pub height: i32,
    pub width: i32,
    pub side: i32,
    pub stride: i32,
    pub border: i32,
    pub padding: i32,
    pub chunks: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FoldArgs {
    pub padded: Place,
    pub gradient: Place,
    pub blocks: i32,
    pub height: i32,
    pub width: i32,
    pub border: i32,
    pub padding: i32,
    pub store: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct PackArgs {
    pub table: Place,
    pub parts: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BiasGradientArgs {
    pub by_output: Place,
    pub partial: Place,
    pub result: Place,
    pub counters: Place,
    pub channels: i32,
    pub blocks: i32,
    pub pixels: i32,
    pub slabs: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct NormArgs {
    pub samples: Place,
    pub statistics: Place,
    pub scale: Place,
    pub shift: Place,
    pub lanes: Place,
    pub partial: Place,
    pub counters: Place,
    pub blocks: i32,
    pub pixels: i32,
    pub slabs: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct NormBackArgs {
    pub samples: Place,
    pub statistics: Place,
    pub gradient: Place,
    pub by_scale: Place,
    pub by_shift: Place,
    pub lanes: Place,
    pub coefficients: Place,
    pub partial: Place,
    pub counters: Place,
    pub blocks: i32,
    pub pixels: i32,
    pub slabs: i32,
    pub is_leaky: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct NormSpreadArgs {
    pub samples: Place,
    pub gradient: Place,
    pub coefficients: Place,
    pub blocks: i32,
    pub pixels: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct LeakyArgs {
    pub samples: Place,
    pub gradient: Place,
    pub length: u64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CopyArgs {
    pub input: Place,
    pub output: Place,
    pub view: SeenArgs,
    pub blocks: i32,
    pub pixels: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct WeighArgs {
    pub input: Place,
    pub output: Place,
    pub length: u64,
    pub weight: f32,
    pub store: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct RelaneArgs {
    pub input: Place,
    pub output: Place,
    pub sources: Place,
    pub blocks: i32,
    pub pixels: i32,
    pub store: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CropArgs {
    pub whole: Place,
    pub part: Place,
    pub blocks: i32,
    pub whole_height: i32,
    pub whole_width: i32,
    pub height: i32,
    pub width: i32,
    pub top: i32,
    pub left: i32,
    pub store: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct MixArgs {
    pub input: Place,
    pub output: Place,
    pub weights: Place,
    pub rows: i32,
    pub columns: i32,
    pub is_transposed: i32,
    pub in_blocks: i32,
    pub out_blocks: i32,
    pub pixels: i32,
    pub store: i32,
}

/// A sparse matrix: where its rows begin, and its entries.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SparseArgs {
    pub offsets: Place,
    pub entries: Place,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ResampleArgs {
    pub input: Place,
    pub output: Place,
    pub view: SeenArgs,
    pub rows: SparseArgs,
    pub columns: SparseArgs,
    pub blocks: i32,
    pub in_height: i32,
    pub in_width: i32,
    pub height: i32,
    pub width: i32,
    pub store: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SigmoidArgs {
    pub input: Place,
    pub output: Place,
    pub length: u64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SigmoidBackArgs {
    pub output: Place,
    pub by_output: Place,
    pub by_input: Place,
    pub length: u64,
    pub store: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct PlanesArgs {
    pub planes: Place,
    pub blocked: Place,
    pub lanes: Place,
    pub blocks: i32,
    pub pixels: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DataTermArgs {
    pub predicted: Place,
    pub degraded: Place,
    pub weight: Place,
    pub output: Place,
    pub partial: Place,
    pub counter: Place,
    pub length: u64,
    pub samples: f32,
    pub parts: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DataTermBackArgs {
    pub predicted: Place,
    pub degraded: Place,
    pub weight: Place,
    pub by_term: Place,
    pub gradient: Place,
    pub length: u64,
    pub samples: f32,
    pub store: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct VariationArgs {
    pub input: Place,
    pub output: Place,
    pub partial: Place,
    pub counter: Place,
    pub lanes: Place,
    pub blocks: i32,
    pub height: i32,
    pub width: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct VariationBackArgs {
    pub input: Place,
    pub by_term: Place,
    pub gradient: Place,
    pub blocks: i32,
    pub height: i32,
    pub width: i32,
    pub store: i32,
}

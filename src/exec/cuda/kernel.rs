//! The kernels by name, each with its arguments, and a launch of one.

use std::ffi::c_void;
use std::fmt::Debug;
use std::marker::PhantomData;

use super::arguments::*;

/// A kernel that takes these arguments.
pub struct Kernel<A> {
    pub name: &'static str,
    /// The threads of a block.
    pub threads: u32,
    arguments: PhantomData<A>,
}

/// What a kernel can be launched with.
pub trait Arguments: Debug + Send + Sync {
    /// Where the arguments lie.
    fn address(&self) -> *const c_void;
}

impl<A: Debug + Copy + Send + Sync> Arguments for A {
    fn address(&self) -> *const c_void {
        (self as *const A).cast()
    }
}

/// A kernel with its grid and arguments, which are the same at every iteration.
#[derive(Debug)]
pub struct Launch {
    pub name: &'static str,
    /// The number of blocks in each direction.
    pub grid: [u32; 3],
    /// The threads of a block.
    pub threads: u32,
    pub arguments: Box<dyn Arguments>,
}

impl<A: Arguments + 'static> Kernel<A> {
    /// A launch of so many blocks.
    pub fn launch(&self, grid: [usize; 3], arguments: A) -> Launch {
        let grid = grid.map(|blocks| blocks as u32);
        Launch { name: self.name, grid, threads: self.threads, arguments: Box::new(arguments) }
    }
}

/// The threads of a block of the kernels that work sample by sample.
pub const THREADS: usize = 256;
/// The threads of a block of a convolution and of the gradient by its weights.
const CONV_THREADS: usize = 128;
/// The threads of a block of the kernels that only move scalars.
const CONTROL_THREADS: usize = 32;

macro_rules! kernels {
    ($($constant:ident = $name:literal, $arguments:ident, $threads:expr;)*) => {
        $(pub const $constant: Kernel<$arguments> =
            Kernel { name: $name, threads: $threads as u32, arguments: PhantomData };)*

        /// The name of every kernel, the bytes of its arguments, and the threads of its blocks.
        pub const KERNELS: &[(&str, usize, usize)] = &[$(($name, size_of::<$arguments>(), $threads)),*];
    };
}

kernels! {
    CONV1_TALL = "conv1_tall", ConvArgs, CONV_THREADS;
    CONV1_FLAT = "conv1_flat", ConvArgs, CONV_THREADS;
    CONV3_TALL = "conv3_tall", ConvArgs, CONV_THREADS;
    CONV3_FLAT = "conv3_flat", ConvArgs, CONV_THREADS;
    CONV3_STRIDE2 = "conv3_stride2", ConvArgs, CONV_THREADS;
    CONV_ANY = "conv_any", ConvArgs, CONV_THREADS;
    WEIGHTS1 = "weights1", WeightGradientArgs, CONV_THREADS;
    WEIGHTS3 = "weights3", WeightGradientArgs, CONV_THREADS;
    WEIGHTS3_STRIDE2 = "weights3_stride2", WeightGradientArgs, CONV_THREADS;
    WEIGHTS_ANY = "weights_any", WeightGradientArgs, CONV_THREADS;
    FOLD = "fold", FoldArgs, THREADS;
    PACK = "pack", PackArgs, THREADS;
    BIAS = "bias", BiasGradientArgs, THREADS;
    NORM_MEASURE = "norm_measure", NormArgs, THREADS;
    NORM_BACK = "norm_back", NormBackArgs, THREADS;
    NORM_SPREAD = "norm_spread", NormSpreadArgs, THREADS;
    LEAKY_BACK = "leaky_back", LeakyArgs, THREADS;
    COPY_SEEN = "copy_seen", CopyArgs, THREADS;
    WEIGH = "weigh", WeighArgs, THREADS;
    RELANE = "relane", RelaneArgs, THREADS;
    CROP = "crop", CropArgs, THREADS;
    CROP_BACK = "crop_back", CropArgs, THREADS;
    MIX = "mix", MixArgs, THREADS;
    RESAMPLE = "resample", ResampleArgs, THREADS;
    SIGMOID = "sigmoid", SigmoidArgs, THREADS;
    SIGMOID_BACK = "sigmoid_back", SigmoidBackArgs, THREADS;
    BLOCK = "block", PlanesArgs, THREADS;
    UNBLOCK = "unblock", PlanesArgs, THREADS;
    DATA_TERM = "data_term", DataTermArgs, THREADS;
    DATA_TERM_BACK = "data_term_back", DataTermBackArgs, THREADS;
    VARIATION = "variation", VariationArgs, THREADS;
    VARIATION_BACK = "variation_back", VariationBackArgs, THREADS;
    NOISE = "noise", NoiseArgs, THREADS;
    HIDE_PIXELS = "hide_pixels", HideArgs, THREADS;
    HIDE_COUNT = "hide_count", HideArgs, THREADS;
    HIDE_HOLES = "hide_holes", HideArgs, THREADS;
    FILL_PUSH = "fill_push", FillArgs, THREADS;
    FILL_PULL = "fill_pull", FillArgs, THREADS;
    FILL_MEAN = "fill_mean", FillArgs, THREADS;
    SEE = "see", SeeArgs, THREADS;
    KEEP_SCALARS = "keep_scalars", KeepArgs, CONTROL_THREADS;
    ADVANCE = "advance", AdvanceArgs, CONTROL_THREADS;
    ADAM = "adam", AdamArgs, THREADS;
    MUON = "muon", MuonArgs, THREADS;
}

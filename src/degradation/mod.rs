//! Forward operators: from the restored picture to the predicted observation. Denoising and JPEG
//! need none; holes are weights in the data term.

mod downsample;

pub use downsample::{Kernel, downsample, lanczos2, lanczos2_taps};

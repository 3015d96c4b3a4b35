//! Forward operators, which make of the restored picture a prediction of the degraded one. Denoising and JPEG need
//! none; holes are weights in the data term.

mod back_projection;
mod downsample;

pub use back_projection::BackProjection;
pub use downsample::{ReductionKernel, lanczos2_filter, lanczos2_taps};

//! The engine against independent answers: slow loops, finite differences, the vectors of PyTorch.

mod agreement;
mod conv_kernels;
mod degradation;
mod fit;
mod ops;
mod options;
mod parity;
mod pixels;
mod plan;
mod room;
mod session;
mod tasks;
mod whole;

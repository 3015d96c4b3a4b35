//! The engine against independent answers: slow loops, finite differences, the vectors of PyTorch.

mod fit;
mod options;
mod ops;
mod parity;
mod pixels;
mod tasks;

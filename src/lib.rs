//! dipkit restores one picture by fitting an untrained convolutional network to it: the Deep Image
//! Prior of Ulyanov, Vedaldi and Lempitsky (arXiv 1711.10925).
//!
//! Start with [`session::Session`]: create it from [`options::Options`] and pictures imported with
//! [`pixels::import()`], step it, and read the published picture whenever you like.

#[cfg(all(feature = "capi", panic = "abort"))]
compile_error!("the C library must unwind to stop panics at its boundary: build with panic = \"unwind\"");

pub mod degradation;
pub mod error;
pub mod exec;
pub mod fit;
pub mod graph;
pub mod nets;
pub mod objective;
pub mod options;
pub mod pixels;
pub mod rng;
pub mod room;
pub mod session;
pub mod tasks;

pub mod capi;

pub use error::{Error, Result};

//! dipkit restores one picture by fitting an untrained convolutional network to it: the Deep Image
//! Prior of Ulyanov, Vedaldi and Lempitsky (arXiv 1711.10925).
//!
//! Start with [`session::Session`]: create it from [`options::Options`] and pictures imported with
//! [`pixels::import()`], step it, and read the published picture whenever you like.

#[cfg(all(feature = "capi", panic = "abort"))]
compile_error!("the C library must unwind to stop panics at its boundary: build with panic = \"unwind\"");

pub mod error;
pub mod options;
pub mod pixels;
pub mod session;

// Public for the tests and benches of this library, and for its command.
#[doc(hidden)]
pub mod capi;
#[doc(hidden)]
pub mod degradation;
#[doc(hidden)]
pub mod exec;
#[doc(hidden)]
pub mod fit;
#[doc(hidden)]
pub mod graph;
#[doc(hidden)]
pub mod nets;
#[doc(hidden)]
pub mod objective;
#[doc(hidden)]
pub mod rng;
#[doc(hidden)]
pub mod room;
#[doc(hidden)]
pub mod tasks;
#[doc(hidden)]
pub mod whole;

pub use error::{Error, Result};

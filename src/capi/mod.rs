//! The C interface: `dipkit.h` and what stands behind it. It converts, calls the session's public
//! functions and converts back; it takes no decision.

pub mod types;

// Public for the tests of this library only, which cannot plant a panic from C.
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod boundary;
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod handle;
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod sized;

#[cfg(feature = "capi")]
mod exports;
#[cfg(feature = "capi")]
mod hook;
#[cfg(feature = "capi")]
mod image;
#[cfg(feature = "capi")]
mod inputs;
#[cfg(feature = "capi")]
mod metrics;
#[cfg(feature = "capi")]
mod module;
#[cfg(feature = "capi")]
mod options;
#[cfg(feature = "capi")]
mod text;

//! The one error of the whole engine, with a variant for each cause that a caller can act on.
//! Texts are lower case, name the thing and both values, and end without a full stop.

use std::path::PathBuf;

/// What every fallible function of the engine returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Who sets the limit of a graphics card's memory, in [`Error::OutOfMemory`].
pub const CARD_MEMORY: &str = "the graphics card's free memory";

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A value is out of range, or sizes do not match; the text names both values.
    #[error("{0}")]
    InvalidArgument(String),
    /// This build or this machine does not have what is asked for.
    #[error("{0}")]
    Unsupported(String),
    /// The work would need more than the limit, the machine or the device has.
    #[error("needs {needed_bytes} bytes ({} MiB), but {limit} allows {limit_bytes} bytes ({} MiB)", needed_bytes >> 20, limit_bytes >> 20)]
    OutOfMemory {
        needed_bytes: u64,
        limit_bytes: u64,
        /// Who sets the limit: "memory_limit", "this machine".
        limit: &'static str,
    },
    /// The driver or the tensor library failed in the named op.
    #[error("{op} failed: {message}")]
    Device { op: &'static str, message: String },
    /// The loss left the finite range or stuck, and going back to a checkpoint did not help.
    #[error(
        "the fit diverged at iteration {iteration} (loss {loss}); the best picture so far is kept: try a smaller learning_rate or another seed"
    )]
    Diverged { iteration: u32, loss: f32 },
    /// A file could not be read, written or understood.
    #[error("{}: {message}", path.display())]
    Io { path: PathBuf, message: String },
    /// The engine has a bug.
    #[error("internal error: {0}")]
    Internal(String),
    /// The work was ended on request; the session can be stepped again.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// Makes an [`Error::InvalidArgument`] with this text.
    pub fn invalid(text: impl Into<String>) -> Self {
        Error::InvalidArgument(text.into())
    }
}

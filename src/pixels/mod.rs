//! Pictures as owned f32 planes, and the ways in from and out to a host's buffers.
//! Everything after the import sees display-encoded samples in 0..1.

pub mod export;
pub mod import;
pub mod jpeg;
pub mod layout;
pub mod metrics;
pub mod resize;
pub mod transfer;

mod fill;
mod grey;
mod picture;
mod region;
mod size;
mod surface;

pub use export::export;
pub(crate) use fill::fill_missing;
pub use fill::fill_smoothly;
pub use import::{Imported, Original, import, import_mask, original};
pub use layout::{Layout, Sample, Transfer};
pub use picture::Picture;
pub use region::Region;
pub use size::Size;

//! Convolution with its padding.

mod columns;
mod composed;
mod geometry;
mod kernel;

pub(super) use composed::Composed;
pub(super) use geometry::Geometry;
pub(super) use kernel::Kernel;

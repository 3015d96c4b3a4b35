//! Picture files: how each format is read into samples and metadata, and how these are written again.

pub mod decode;
pub mod decoded;
pub mod encode;
pub mod exr;
pub mod format;
pub mod header;
pub mod jpeg;
pub mod library;
pub mod limits;
pub mod mask;
pub mod metadata;
pub mod netpbm;
pub mod png;
pub mod range;
pub mod raster;
pub mod tiff;
pub mod webp;

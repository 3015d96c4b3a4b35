//! Picture files: how each format is read into samples and metadata, and how these are written again.

pub mod decode;
pub mod encode;
pub mod exif_block;
pub mod exr;
pub mod format;
pub mod header;
pub mod jpeg;
pub mod mask;
pub mod metadata;
pub mod png_chunks;
pub mod range;
pub mod raster;
pub mod tiff;
pub mod webp_chunks;

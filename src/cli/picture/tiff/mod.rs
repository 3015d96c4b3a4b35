//! TIFF files, read a page at a time and written with all their pages.

pub mod chunks;
pub mod directory;
pub mod read;
pub mod samples;
pub mod write;

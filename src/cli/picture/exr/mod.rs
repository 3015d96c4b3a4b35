//! OpenEXR files, read and written as linear 32-bit floating point.

pub mod read;
pub mod write;

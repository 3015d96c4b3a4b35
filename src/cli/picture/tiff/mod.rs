//! TIFF files, read a page at a time and written with all their pages.

mod chunks;
mod directory;
mod grid;
mod library;
mod metadata;
pub mod pages;
mod pixel_format;
mod predictor;
pub mod read;
mod samples;
mod tags;
mod unpack;
pub mod write;

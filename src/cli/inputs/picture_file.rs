//! A picture's file as it was read, whose pages are decoded one after the other.

use crate::failure::Result;
use crate::files;
use crate::picture::decode;
use crate::picture::decoded::Decoded;
use crate::picture::limits::Limits;
use crate::picture::tiff;
use std::path::Path;

/// The bytes of a picture's file, and its name.
#[derive(Debug)]
pub struct PictureFile<'a> {
    pub path: &'a Path,
    pub bytes: Vec<u8>,
}

impl<'a> PictureFile<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read; the message names it.
    pub fn read(path: &'a Path) -> Result<Self> {
        Ok(PictureFile { path, bytes: files::read(path)? })
    }

    /// The number of pixels of each page. The size of a lone page is not known yet, and 1 stands for it.
    pub fn pages(&self) -> Vec<u64> {
        let pages = tiff::pages::areas(&self.bytes);
        if pages.len() > 1 { pages } else { vec![1] }
    }

    /// Decodes a file that stands for one picture, with the file's own numbers.
    ///
    /// # Errors
    /// The picture cannot be decoded. The message does not name the file.
    pub fn decode_alone(&self, limits: &Limits) -> Result<Decoded> {
        decode::decode(&self.bytes, self.path, limits)
    }

    /// Decodes a page, with the file's own numbers.
    ///
    /// # Errors
    /// The page cannot be decoded. The message does not name the file.
    pub fn decode(&self, limits: &Limits, page: usize) -> Result<Decoded> {
        decode::decode_page(&self.bytes, self.path, limits, page)
    }
}

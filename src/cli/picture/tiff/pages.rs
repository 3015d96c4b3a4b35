//! Which directories of a TIFF file are pages, that is, pictures of their own.

use crate::failure::{Failure, Result};
use crate::picture::tiff::directory::Directory;
use crate::picture::tiff::tags::{DNG_VERSION, HEIGHT, OLD_SUBFILE_TYPE, SUBFILE_TYPE, SUBPAGES, WIDTH};

/// The bits of [`SUBFILE_TYPE`] for a smaller copy of another page and for a mask.
const REDUCED: u64 = 1;
const MASK: u64 = 4;

/// The number of pixels of each page.
pub fn areas(bytes: &[u8]) -> Vec<u64> {
    let all = Directory::all(bytes);
    let side = |page: usize, tag| all[page].number(tag).unwrap_or(0);
    pages(bytes).into_iter().map(|page| side(page, WIDTH).saturating_mul(side(page, HEIGHT))).collect()
}

/// The numbers of the directories that are pages.
pub fn pages(bytes: &[u8]) -> Vec<usize> {
    // Directories of thumbnails and of a camera's notes may stand among the pages, without a size.
    let is_picture = |page: &Directory| {
        page.has(WIDTH)
            && page.has(HEIGHT)
            && page.number(SUBFILE_TYPE).unwrap_or(0) & (REDUCED | MASK) == 0
            && page.number(OLD_SUBFILE_TYPE) != Some(2)
    };
    let all = Directory::all(bytes);
    let pictures: Vec<_> = all.iter().enumerate().filter(|(_, page)| is_picture(page)).map(|(i, _)| i).collect();
    // A lone page is the picture, whatever it says of itself.
    if pictures.is_empty() { (0..all.len().min(1)).collect() } else { pictures }
}

/// Refuses camera raw files: DNG by its tag, NEF and ARW by the reduced first page with sub-pages.
///
/// # Errors
/// The file is a camera raw file.
pub fn refuse_raw(page: &Directory) -> Result<()> {
    let is_thumbnail = page.number(SUBFILE_TYPE) == Some(REDUCED);
    if page.has(DNG_VERSION) || is_thumbnail && page.has(SUBPAGES) {
        return Err(Failure::wrong_input(
            "is a camera raw file, which is not read: develop it and export it as 16-bit TIFF first",
        ));
    }
    Ok(())
}

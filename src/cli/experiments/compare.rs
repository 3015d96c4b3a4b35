//! `compare`: PSNR and SSIM of two pictures.

use crate::console::{Console, number};
use crate::failure::{Failure, Result};
use crate::files;
use crate::inputs;
use crate::picture::limits::Limits;
use crate::picture::raster::Raster;
use dipkit::pixels::metrics as measures;
use serde_json::json;
use std::path::Path;

/// Prints PSNR and SSIM of two pictures.
///
/// # Errors
/// A file cannot be read, or the pictures differ in size or channels.
pub fn run(a: &Path, b: &Path, console: &Console) -> Result<()> {
    if files::is_pipe(a) && files::is_pipe(b) {
        return Err(Failure::wrong_input("\"-\" can stand for one file only: standard input is read once"));
    }
    let [first, second] = inputs::open_both([a, b], &Limits::new(0), console)?;
    let colour = |path: &Path, raster: &Raster| {
        if let Some(what) = raster.out_of_range()? {
            console.warn(
                &files::name(path),
                &format!("has {what}; they are compared as if they had been clipped or filled"),
            );
        }
        raster.colour()
    };
    let (first, second) = (colour(a, &first.raster)?, colour(b, &second.raster)?);
    if first.size != second.size {
        let text = format!("only pictures of the same size can be compared: A is {}, B is {}", first.size, second.size);
        return Err(Failure::wrong_input(text));
    }
    if first.channels != second.channels {
        return Err(Failure::wrong_input("one picture is grey and the other in colour: convert one of them"));
    }
    let (psnr, ssim) = (measures::psnr(&first, &second)?, measures::ssim(&first, &second)?);
    console.record(&json!({
        "size": first.size.to_string(),
        "psnr": number(psnr),
        "ssim": number(ssim),
        "is_identical": psnr.is_infinite(),
    }));
    let ssim = if ssim.is_nan() { "unknown (below 11 pixels a side)".into() } else { format!("{ssim:.4}") };
    let psnr = if psnr.is_infinite() { "infinite (the same samples)".into() } else { format!("{psnr:.2} dB") };
    console.answer(&format!("PSNR {psnr}, SSIM {ssim}"));
    Ok(())
}

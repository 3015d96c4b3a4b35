//! Picture file formats: which are read and written, told by their first bytes, and what is said about
//! those that are not.

use crate::failure::{Failure, Result};
use std::path::Path;

/// A format that is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
    Tiff,
    Exr,
    WebP,
    Bmp,
    /// PGM, which holds grey only.
    Pgm,
    /// PPM, which holds RGB only.
    Ppm,
    /// PNM, which holds grey or RGB.
    Pnm,
    /// PAM, which holds grey or RGB, with or without alpha.
    Pam,
}

/// The formats that are read, for messages.
pub const READABLE: &str = "PNG, JPEG, TIFF, EXR, WebP, BMP and PNM";

/// The extensions of the formats, in the order in which a mask of a picture's name is looked for.
pub const EXTENSIONS: &[(&str, Format)] = &[
    ("png", Format::Png),
    ("tif", Format::Tiff),
    ("tiff", Format::Tiff),
    ("jpg", Format::Jpeg),
    ("jpeg", Format::Jpeg),
    ("exr", Format::Exr),
    ("webp", Format::WebP),
    ("bmp", Format::Bmp),
    ("pgm", Format::Pgm),
    ("ppm", Format::Ppm),
    ("pnm", Format::Pnm),
    ("pam", Format::Pam),
    // These are read as black and white, and written as grey.
    ("pbm", Format::Pgm),
];

/// The extensions of camera raw files.
const RAW_EXTENSIONS: &[&str] = &[
    "dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "srf", "sr2", "raf", "orf", "rw2", "pef", "srw", "3fr", "iiq",
    "x3f", "raw",
];

impl Format {
    /// The format that a file name's extension stands for.
    pub fn from_extension(path: &Path) -> Option<Format> {
        let extension = extension(path)?;
        EXTENSIONS.iter().find(|(known, _)| *known == extension).map(|(_, format)| *format)
    }

    /// The format that a file's first bytes show, whatever the file is called.
    ///
    /// # Errors
    /// The file is not read; the message says what to do.
    pub fn from_content(bytes: &[u8], path: &Path) -> Result<Format> {
        if bytes.is_empty() {
            return Err(Failure::wrong_input("is empty"));
        }
        let format = signature(bytes);
        let is_raw_by_name = extension(path).is_some_and(|e| RAW_EXTENSIONS.contains(&e.as_str()));
        if is_raw(bytes) || is_raw_by_name && matches!(format, None | Some(Format::Tiff)) {
            return Err(Failure::wrong_input(
                "is a camera raw file, which is not read: develop it and export it as 16-bit TIFF first",
            ));
        }
        format.ok_or_else(|| Failure::wrong_input(refusal(bytes)))
    }

    /// The name of the format in messages.
    pub fn name(self) -> &'static str {
        match self {
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
            Format::Tiff => "TIFF",
            Format::Exr => "EXR",
            Format::WebP => "WebP",
            Format::Bmp => "BMP",
            Format::Pgm => "PGM",
            Format::Ppm => "PPM",
            Format::Pnm => "PNM",
            Format::Pam => "PAM",
        }
    }
}

/// The extension of a path in lower case, without the dot.
fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

fn signature(bytes: &[u8]) -> Option<Format> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    match () {
        _ if starts(b"\x89PNG\r\n\x1a\n") => Some(Format::Png),
        _ if starts(b"\xff\xd8\xff") => Some(Format::Jpeg),
        // The last two are BigTIFF.
        _ if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") => Some(Format::Tiff),
        _ if starts(b"\x76\x2f\x31\x01") => Some(Format::Exr),
        _ if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => Some(Format::WebP),
        _ if starts(b"BM") => Some(Format::Bmp),
        _ if starts(b"P7\n") => Some(Format::Pam),
        _ if bytes[0] == b'P' && bytes.get(1).is_some_and(|kind| (b'1'..=b'6').contains(kind)) => Some(Format::Pnm),
        _ => None,
    }
}

/// Whether a file is in a raw format with a signature of its own. DNG, NEF and ARW are TIFF files and are told there.
fn is_raw(bytes: &[u8]) -> bool {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let is_cr2 = starts(b"II*\0") && bytes.get(8..10) == Some(b"CR");
    let is_cr3 = bytes.get(4..12) == Some(b"ftypcrx ");
    let is_orf = starts(b"IIRO") || starts(b"IIRS") || starts(b"MMOR");
    is_cr2 || is_cr3 || is_orf || starts(b"FUJIFILMCCD-RAW") || starts(b"IIU\0") || starts(b"FOVb")
}

/// Why a file is not read, and what to do about it.
fn refusal(bytes: &[u8]) -> String {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let brand = bytes.get(4..8) == Some(b"ftyp");
    let name = match () {
        _ if starts(b"GIF8") => "a GIF",
        _ if starts(b"#?RADIANCE") || starts(b"#?RGBE") => "a Radiance HDR file",
        _ if brand && bytes.get(8..12).is_some_and(|b| b == b"avif" || b == b"avis") => "an AVIF file",
        _ if brand && bytes.get(8..11).is_some_and(|b| b == b"hei" || b == b"mif") => "a HEIC file",
        _ if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL ") => "a JPEG XL file",
        _ if starts(b"\0\0\0\x0cjP  ") => "a JPEG 2000 file",
        _ if starts(b"8BPS") => "a Photoshop file",
        _ if starts(b"gimp xcf") => "a GIMP file",
        _ if starts(b"%PDF") => "a PDF",
        _ => return format!("is not a picture; {READABLE} files are read"),
    };
    let advice = if starts(b"#?R") { "EXR" } else { "PNG or TIFF" };
    format!("is {name}, which is not read: save it as {advice} first")
}

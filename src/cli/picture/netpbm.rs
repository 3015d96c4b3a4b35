//! PGM, PPM and PAM out. The library reads them, but writes no PPM of 16 bits.

use crate::picture::format::Format;
use crate::picture::raster::Raster;
use dipkit::pixels::{Sample, Size};

/// The bytes of a whole file: a header and big-endian samples.
pub fn write(format: Format, raster: &Raster) -> Vec<u8> {
    let Size { width, height } = raster.size();
    let channels = raster.layout.channels;
    let maximum = if raster.layout.sample == Sample::U8 { 255 } else { 65535 };
    let header = match (format, channels) {
        (Format::Pam, _) => {
            let kind = ["GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"][channels - 1];
            let size = format!("WIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {maximum}");
            format!("P7\n{size}\nTUPLTYPE {kind}\nENDHDR\n")
        }
        (_, 1) => format!("P5\n{width} {height}\n{maximum}\n"),
        (_, _) => format!("P6\n{width} {height}\n{maximum}\n"),
    };
    let mut file = header.into_bytes();
    if raster.layout.sample == Sample::U8 {
        file.extend_from_slice(&raster.bytes);
    } else {
        let words = raster.bytes.chunks_exact(2).map(|word| u16::from_ne_bytes([word[0], word[1]]));
        file.extend(words.flat_map(u16::to_be_bytes));
    }
    file
}

//! What must be known of a JPEG before it is decoded: the decoder fills a cut-off file with grey and
//! turns CMYK into colours that are nearly right, and both would be restored faithfully.

use super::failure::{Failure, Result};

/// Refuses CMYK files, kinds that are not read, and those that end before their end mark.
///
/// # Errors
/// A sentence for each.
pub fn check(bytes: &[u8]) -> Result<()> {
    let cut_off = || Failure::wrong("is damaged: it is cut off in the middle; get a whole copy of it");
    // Behind SOI.
    let mut at = 2;
    loop {
        let marker = next_marker(bytes, at).ok_or_else(cut_off)?;
        let code = bytes[marker];
        if code == END_OF_IMAGE {
            return Ok(());
        }
        let length = bytes.get(marker + 1..marker + 3).ok_or_else(cut_off)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if is_frame(code) && bytes.get(marker + 8) == Some(&4) {
            return Err(Failure::wrong("is a CMYK picture: convert it to RGB first"));
        }
        if is_frame(code) && (!is_huffman(code) || bytes.get(marker + 3) != Some(&8)) {
            let text =
                "is of a kind of JPEG that is not read (lossless, arithmetic or not of 8 bits): save it as PNG first";
            return Err(Failure::wrong(text));
        }
        at = marker + 1 + length;
    }
}

const END_OF_IMAGE: u8 = 0xd9;

/// SOF0 to SOF15 without DHT, JPG and DAC, which share their range.
fn is_frame(code: u8) -> bool {
    matches!(code, 0xc0..=0xcf) && !matches!(code, 0xc4 | 0xc8 | 0xcc)
}

/// Baseline, extended or progressive, Huffman-coded.
fn is_huffman(code: u8) -> bool {
    matches!(code, 0xc0..=0xc2)
}

/// Index of the next marker's code: skips entropy-coded data, in which FF is followed by 0 or is a
/// restart mark, and fill bytes.
fn next_marker(bytes: &[u8], from: usize) -> Option<usize> {
    let pairs = bytes.get(from..)?.windows(2);
    let found = pairs.into_iter().position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff | 0xd0..=0xd7));
    found.map(|position| from + position + 1)
}

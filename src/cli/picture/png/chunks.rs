//! The chunks of a PNG: what is decoded, what comes with the picture, and what would unpack to more than it may.

use crate::failure::{Failure, Result};
use crate::picture::limits::Limits;
use crate::picture::metadata::density::{Density, METRES_PER_INCH, positive, ratio};
use flate2::read::ZlibDecoder;
use img_parts::Bytes;
use img_parts::png::PngChunk;
use std::io::Read;

/// The most bytes of a colour profile, more than any is known to have.
const MOST_PROFILE: u64 = 32 << 20;
/// The most bytes that a byte of deflated samples can stand for (RFC 1951: 258 bytes in two bits).
const MOST_PACKED: u64 = 1032;
const SIGNATURE: usize = 8;
/// The bytes before a chunk's contents, length and name, and those behind, the check sum.
const HEAD: usize = 8;
const CHECK: usize = 4;

/// The chunks that say what the samples mean, and those that hold comments.
const COLOUR: [[u8; 4]; 6] = [*b"cICP", *b"sRGB", *b"gAMA", *b"cHRM", *b"mDCV", *b"cLLI"];
const TEXT: [[u8; 4]; 3] = [*b"tEXt", *b"zTXt", *b"iTXt"];
/// What precedes XMP in its chunk: the keyword, that it is not packed, and no language.
pub const XMP_HEADER: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0";

/// The chunks of a file, by what they are for.
#[derive(Debug, Default)]
pub struct PngChunks {
    /// The file without the chunks that are read here.
    pub picture: Vec<u8>,
    pub colour: Vec<PngChunk>,
    /// The comments.
    pub text: Vec<PngChunk>,
    pub icc: Option<Vec<u8>>,
    pub xmp: Option<Vec<u8>>,
    pub exif: Option<Vec<u8>>,
    pub density: Option<Density>,
    pub warnings: Vec<String>,
    pub is_animated: bool,
}

impl PngChunks {
    /// Sorts the chunks of a file.
    ///
    /// # Errors
    /// The file is an iPhone's PNG, is too large, or declares more pixels than it can hold.
    pub fn new(bytes: &[u8], limits: &Limits) -> Result<PngChunks> {
        if bytes.get(SIGNATURE + 4..SIGNATURE + HEAD) == Some(b"CgBI") {
            return Err(Failure::wrong_input(
                "is an iPhone's PNG (CgBI), which is not read: open it on a Mac and save it as PNG, or run \
                 \"pngcrush -revert-iphone-optimizations\" on it",
            ));
        }
        let mut chunks = PngChunks { picture: bytes[..SIGNATURE].to_vec(), ..PngChunks::default() };
        let (mut rest, mut packed) = (&bytes[SIGNATURE..], 0);
        while let Some((name, contents, whole)) = next(rest) {
            packed += if name == *b"IDAT" { contents.len() as u64 } else { 0 };
            if !chunks.take(name, contents) {
                chunks.picture.extend_from_slice(whole);
            }
            rest = &rest[whole.len()..];
        }
        // It is for the decoder to find what is cut off.
        chunks.picture.extend_from_slice(rest);
        packed += rest.len() as u64;
        check_promise(bytes, packed, limits)?;
        Ok(chunks)
    }

    /// Takes a chunk unless it is for the decoder. Returns whether it was taken.
    fn take(&mut self, name: [u8; 4], contents: &[u8]) -> bool {
        let chunk = || PngChunk::new(name, Bytes::copy_from_slice(contents));
        match &name {
            b"iCCP" => self.take_profile(contents),
            b"eXIf" => self.exif = Some(contents.to_vec()),
            b"pHYs" => self.density = density(contents),
            b"iTXt" if contents.starts_with(XMP_HEADER) => self.xmp = Some(contents[XMP_HEADER.len()..].to_vec()),
            b"acTL" | b"fcTL" | b"fdAT" => self.is_animated = true,
            name if TEXT.contains(name) => self.text.push(chunk()),
            name if COLOUR.contains(name) => self.colour.push(chunk()),
            _ => return false,
        }
        true
    }

    /// Takes the contents of a colour profile's chunk: a name, a zero, the way of packing, and the packed profile.
    fn take_profile(&mut self, contents: &[u8]) {
        let packed = contents.iter().position(|byte| *byte == 0).and_then(|end| contents.get(end + 2..));
        let mut profile = Vec::new();
        let read = packed.map(|packed| ZlibDecoder::new(packed).take(MOST_PROFILE + 1).read_to_end(&mut profile));
        match read {
            Some(Ok(_)) if profile.len() as u64 <= MOST_PROFILE => self.icc = Some(profile),
            Some(Ok(_)) => {
                let most = MOST_PROFILE >> 20;
                self.warnings.push(format!("has a colour profile of more than {most} MiB; it is dropped"));
            }
            _ => self.warnings.push("has a colour profile that is damaged; it is dropped".into()),
        }
    }
}

/// The name and the contents of the next chunk, and all of its bytes.
fn next(rest: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
    let name = *rest.get(4..HEAD)?.first_chunk()?;
    let contents = rest.get(HEAD..HEAD.checked_add(length)?)?;
    Some((name, contents, rest.get(..HEAD + length + CHECK)?))
}

/// The resolution in a chunk `pHYs`, whose contents are the pixels a unit across and down, and whether that is the
/// metre.
fn density(contents: &[u8]) -> Option<Density> {
    let number = |at: usize| Some(f64::from(u32::from_be_bytes(*contents.get(at..at + 4)?.first_chunk()?)));
    let (x, y) = (number(0)?, number(4)?);
    if contents.get(8) == Some(&1) { positive(x * METRES_PER_INCH, y * METRES_PER_INCH) } else { ratio(x, y) }
}

/// Refuses a file whose first chunk declares more pixels than are read, or than `packed` bytes of samples can hold.
fn check_promise(bytes: &[u8], packed: u64, limits: &Limits) -> Result<()> {
    let Some(header) = bytes.get(SIGNATURE + HEAD..SIGNATURE + HEAD + 13) else { return Ok(()) };
    let number = |at: usize| u64::from(u32::from_be_bytes([0, 1, 2, 3].map(|i| header[at + i])));
    limits.check(number(0), number(4))?;
    let channels = match header[9] {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
    let row = (number(0) * channels * u64::from(header[8])).div_ceil(8);
    let unpacked = row.saturating_mul(number(4));
    if unpacked > MOST_PACKED * (packed + 1) {
        return Err(Failure::wrong_input(format!(
            "is damaged: it declares {}x{} pixels and holds far fewer; get a whole copy of it",
            number(0),
            number(4)
        )));
    }
    Ok(())
}

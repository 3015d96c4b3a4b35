//! WebP files: the library codes the samples, and the chunks beside them are read and written here.

use crate::failure::Result;
use crate::picture::decoded::{self, Decoded};
use crate::picture::format::Format;
use crate::picture::library;
use crate::picture::limits::Limits;
use crate::picture::metadata::Metadata;
use dipkit::pixels::Layout;

/// The bytes before the first chunk: "RIFF", the length of what follows, "WEBP".
const HEAD: usize = 12;
/// The flags of the extended header that there are XMP and alpha.
const HAS_XMP: u8 = 0x04;
const HAS_ALPHA: u8 = 0x10;
/// The length of the extended header.
const EXTENDED: usize = 10;

/// Decodes a file.
///
/// # Errors
/// The picture is too large, damaged, or of a kind that is not read.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let mut decoded = library::read(bytes, Format::WebP, limits)?;
    let chunk = |name| find(bytes, name).map(<[u8]>::to_vec);
    decoded.metadata = Metadata::new(Format::WebP, bytes, chunk(b"ICCP"), chunk(b"EXIF"));
    decoded.metadata.xmp = chunk(b"XMP ");
    let is_animated = find(bytes, b"ANIM").is_some();
    decoded.is_lossy = is_animated || find(bytes, b"VP8 ").is_some();
    decoded.warnings.extend(is_animated.then(decoded::animation));
    Ok(decoded)
}

/// The name and the contents of each chunk.
fn chunks(bytes: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let (mut rest, mut found) = (bytes.get(HEAD..).unwrap_or_default(), Vec::new());
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, l0, l1, l2, l3] = *head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let Some(contents) = behind.get(..length) else { break };
        found.push(([a, b, c, d], contents));
        // Contents are filled up to an even length.
        rest = behind.get(length + length % 2..).unwrap_or_default();
    }
    found
}

/// The contents of the first chunk with a name.
fn find<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    chunks(bytes).into_iter().find(|(found, _)| found == name).map(|(_, contents)| contents)
}

/// The file of a still picture with XMP added.
pub fn with_xmp(file: &[u8], xmp: &[u8], layout: &Layout) -> Vec<u8> {
    let given = chunks(file);
    let mut header = vec![if layout.has_alpha() { HAS_ALPHA } else { 0 }, 0, 0, 0];
    let [width, height] = [layout.size.width as u32, layout.size.height as u32];
    // Width and height are stored less 1, in 24 bits.
    header.extend_from_slice(&(width - 1).to_le_bytes()[..3]);
    header.extend_from_slice(&(height - 1).to_le_bytes()[..3]);
    if let Some((b"VP8X", contents)) = given.first().map(|(name, contents)| (name, *contents)) {
        header = contents.to_vec();
    }
    header.resize(EXTENDED, 0);
    header[0] |= HAS_XMP;
    let others = given.into_iter().filter(|(name, _)| name != b"VP8X" && name != b"XMP ");
    let all = [(*b"VP8X", &header[..])].into_iter().chain(others).chain([(*b"XMP ", xmp)]);
    let mut body = b"WEBP".to_vec();
    for (name, contents) in all {
        body.extend_from_slice(&name);
        body.extend_from_slice(&(contents.len() as u32).to_le_bytes());
        body.extend_from_slice(contents);
        body.extend(vec![0; contents.len() % 2]);
    }
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

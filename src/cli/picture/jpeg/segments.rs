//! What a JPEG carries beside its picture, in the segments that programs use as they like.

use super::colour::ColourSpace;
use super::frame::Component;

const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP13: u8 = 0xed;
const APP14: u8 = 0xee;
const COMMENT: u8 = 0xfe;

/// The signs by which the segments of programs are told apart.
const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// The most EXIF that a segment holds: 65,535 bytes without its length and the sign.
pub const LARGEST_EXIF: usize = 65_533 - EXIF.len();
/// The most XMP that a segment holds.
pub const LARGEST_XMP: usize = 65_533 - XMP.len();
const MORE_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const ICC: &[u8] = b"ICC_PROFILE\0";
const SEVERAL: &[u8] = b"MPF\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

/// The contents of the segments that are used, and what was seen of others.
#[derive(Debug, Default)]
pub struct Segments {
    /// EXIF as a TIFF structure.
    pub exif: Option<Vec<u8>>,
    pub xmp: Option<Vec<u8>>,
    /// The parts of the colour profile: their numbers in the sequence, and their contents.
    icc: Vec<(u8, Vec<u8>)>,
    has_jfif: bool,
    /// The colour transform that Adobe's segment states.
    adobe: Option<u8>,
    has_several_pictures: bool,
    has_iptc: bool,
    has_comment: bool,
    has_more_xmp: bool,
}

impl Segments {
    /// Takes what is used from a segment.
    pub fn add(&mut self, marker: u8, contents: &[u8]) {
        let behind = |sign: &[u8]| contents.strip_prefix(sign).map(<[u8]>::to_vec);
        match marker {
            APP0 => self.has_jfif |= contents.starts_with(b"JFIF\0"),
            APP1 => {
                self.exif = self.exif.take().or_else(|| behind(EXIF));
                self.xmp = self.xmp.take().or_else(|| behind(XMP));
                self.has_more_xmp |= contents.starts_with(MORE_XMP);
            }
            APP2 => {
                // The sequence's number and length come before the contents.
                self.icc.extend(behind(ICC).filter(|part| part.len() > 2).map(|part| (part[0], part[2..].to_vec())));
                self.has_several_pictures |= contents.starts_with(SEVERAL);
            }
            APP13 => self.has_iptc |= contents.starts_with(PHOTOSHOP) && has_iptc(contents),
            APP14 if contents.starts_with(b"Adobe") => self.adobe = contents.get(11).copied(),
            COMMENT => self.has_comment |= contents.iter().any(|byte| !matches!(byte, 0 | b' ')),
            _ => {}
        }
    }

    /// The colour profile, whose parts may come in any order.
    pub fn icc(&mut self) -> Option<Vec<u8>> {
        self.icc.sort_by_key(|(number, _)| *number);
        let profile: Vec<_> = self.icc.drain(..).flat_map(|(_, part)| part).collect();
        (!profile.is_empty()).then_some(profile)
    }

    /// What the three components are, as libjpeg guesses it.
    pub fn colour_space(&self, components: &[Component]) -> ColourSpace {
        let ids: Vec<_> = components.iter().map(|component| component.id).collect();
        match (self.has_jfif, self.adobe) {
            (true, _) => ColourSpace::YCbCr,
            (false, Some(0)) => ColourSpace::Rgb,
            (false, Some(_)) => ColourSpace::YCbCr,
            (false, None) if ids == *b"RGB" => ColourSpace::Rgb,
            (false, None) => ColourSpace::YCbCr,
        }
    }

    /// What is left out, each as the end of a sentence that begins with the file's name.
    pub fn warnings(&self) -> Vec<String> {
        let all = [
            (self.has_several_pictures, "holds several pictures; only the first is used"),
            (self.has_iptc, "has IPTC fields; they are dropped"),
            (self.has_comment, "has comments; they are dropped"),
            (self.has_more_xmp, "has XMP of more than one part; only the first is kept"),
        ];
        all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, text)| text.into()).collect()
    }
}

/// A whole file with XMP in a segment behind the start mark and the segment of JFIF.
pub fn with_xmp(mut file: Vec<u8>, xmp: &[u8]) -> Vec<u8> {
    let end = file.get(4..6).map_or(2, |length| 4 + usize::from(u16::from_be_bytes([length[0], length[1]])));
    let length = (2 + XMP.len() + xmp.len()) as u16;
    let segment = [&[0xff, APP1][..], &length.to_be_bytes(), XMP, xmp].concat();
    file.splice(end..end, segment);
    file
}

/// Whether Adobe's sequence of resources holds the fields of IPTC (1028).
fn has_iptc(contents: &[u8]) -> bool {
    contents.windows(6).any(|window| window == b"8BIM\x04\x04")
}

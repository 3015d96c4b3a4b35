//! What comes with a picture stays with it, or a warning names it; and what does not belong into memory stays out.

use super::pictures::{open, photo, rgb8, save};
use super::program::{restore, text};
use img_parts::Bytes;
use img_parts::png::{Png, PngChunk};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::tempdir;

const XMP: &[u8] =
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:Description tiff:Orientation=\"1\">Hello</rdf:Description></x:xmpmeta>";

/// A PNG with chunks behind its header.
fn png(folder: &Path, name: &str, chunks: &[([u8; 4], Vec<u8>)]) -> PathBuf {
    let path = photo(folder, name);
    let mut png = Png::from_bytes(fs::read(&path).unwrap().into()).unwrap();
    let chunks = chunks.iter().map(|(kind, contents)| PngChunk::new(*kind, Bytes::from(contents.clone())));
    png.chunks_mut().splice(1..1, chunks);
    fs::write(&path, png.encoder().bytes()).unwrap();
    path
}

fn xmp_chunk(xmp: &[u8]) -> ([u8; 4], Vec<u8>) {
    (*b"iTXt", [&b"XML:com.adobe.xmp\0\0\0\0\0"[..], xmp].concat())
}

/// A JPEG with segments behind its start mark.
fn jpeg(folder: &Path, segments: &[(u8, Vec<u8>)]) -> PathBuf {
    let path = save(&rgb8(24, 20), folder, "in.jpg");
    let mut bytes = fs::read(&path).unwrap();
    for (marker, contents) in segments {
        let segment = [&[0xff, *marker][..], &(contents.len() as u16 + 2).to_be_bytes(), contents].concat();
        bytes.splice(2..2, segment);
    }
    fs::write(&path, bytes).unwrap();
    path
}

fn holds(path: &Path, text: &[u8]) -> bool {
    fs::read(path).unwrap().windows(text.len()).any(|window| window == text)
}

#[test]
fn xmp_goes_through_every_format_that_holds_it() {
    let folder = tempdir().unwrap();
    let mut given = png(folder.path(), "in.png", &[xmp_chunk(XMP)]);
    for name in ["1.jpg", "2.tif", "3.webp", "4.png", "5.webp", "6.jpg"] {
        let output = folder.path().join(name);
        let said = restore("denoise", &given, &output, &[]).succeeds().stderr;
        assert!(!said.contains("XMP") && holds(&output, XMP), "{name}: {said}");
        if !name.ends_with("tif") {
            assert_eq!(open(&output).width(), 24, "{name}");
        }
        given = output;
    }
    let webp = image_webp_size(&folder.path().join("5.webp"));
    assert_eq!(webp, (24, 20));
    let said = restore("denoise", &given, &folder.path().join("out.bmp"), &[]).succeeds().stderr;
    assert!(said.contains("XMP"), "{said}");
}

/// The canvas that the extended header declares, and that it says that there is XMP.
fn image_webp_size(path: &Path) -> (u32, u32) {
    let bytes = fs::read(path).unwrap();
    assert_eq!((&bytes[12..16], bytes[20] & 4), (&b"VP8X"[..], 4));
    assert_eq!(u32::from_le_bytes(*bytes[4..].first_chunk().unwrap()) as usize, bytes.len() - 8);
    let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], 0]) + 1;
    (number(24), number(27))
}

#[test]
fn xmp_says_upright_once_the_picture_is() {
    let folder = tempdir().unwrap();
    // A TIFF structure with the orientation 6 alone.
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    let xmp = String::from_utf8(XMP.to_vec()).unwrap().replace("=\"1\"", "=\"6\"");
    let xmp = [&b"http://ns.adobe.com/xap/1.0/\0"[..], xmp.as_bytes()].concat();
    let given = jpeg(folder.path(), &[(0xe1, xmp), (0xe1, exif)]);
    let output = folder.path().join("out.jpg");
    restore("denoise", &given, &output, &[]).succeeds();
    assert_eq!(open(&output).width(), 20);
    assert!(holds(&output, XMP));
}

#[test]
fn a_small_copy_of_the_picture_in_xmp_is_dropped_with_a_warning() {
    let folder = tempdir().unwrap();
    let given = png(folder.path(), "in.png", &[xmp_chunk(b"<xmpGImg:image>AAAA</xmpGImg:image>")]);
    let output = folder.path().join("out.png");
    let said = restore("denoise", &given, &output, &[]).succeeds().stderr;
    assert!(said.contains("small copy of the unrestored picture") && !holds(&output, b"xmpGImg"), "{said}");
}

#[test]
fn what_is_dropped_of_a_jpeg_is_named() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.jpg");
    let cases = [
        ((0xed, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\0".to_vec()), "IPTC"),
        ((0xfe, b"written by hand".to_vec()), "comments"),
        ((0xe1, b"http://ns.adobe.com/xmp/extension/\0abc".to_vec()), "XMP of more than one part"),
        ((0xe2, b"MPF\0abc".to_vec()), "several pictures"),
    ];
    for (segment, words) in cases {
        let given = jpeg(folder.path(), &[segment]);
        let said = restore("denoise", &given, &output, &[]).succeeds().stderr;
        assert!(said.contains(words), "no {words} in {said}");
    }
}

#[test]
fn comments_and_colour_of_a_png_stay_and_are_named_where_they_cannot() {
    let folder = tempdir().unwrap();
    let chunks = [(*b"cICP", vec![9, 16, 0, 1]), (*b"tEXt", b"Comment\0by hand".to_vec())];
    let given = png(folder.path(), "in.png", &chunks);
    let [output, jpeg] = ["out.png", "out.jpg"].map(|name| folder.path().join(name));
    let said = restore("denoise", &given, &output, &[]).succeeds().stderr;
    assert!(!said.contains("warning") && holds(&output, b"by hand") && holds(&output, b"cICP\x09\x10\0\x01"), "{said}");
    let said = restore("denoise", &given, &jpeg, &[]).succeeds().stderr;
    assert!(said.contains("colour space") && said.contains("comments"), "{said}");
}

#[test]
fn the_ratio_of_pixels_sides_stays_and_is_named_where_it_cannot() {
    let folder = tempdir().unwrap();
    let ratio = [0, 0, 0, 2, 0, 0, 0, 1, 0];
    let mut given = png(folder.path(), "in.png", &[(*b"pHYs", ratio.to_vec())]);
    for name in ["1.jpg", "2.tif", "3.png"] {
        let output = folder.path().join(name);
        let said = restore("denoise", &given, &output, &[]).succeeds().stderr;
        assert!(!said.contains("warning"), "{name}: {said}");
        given = output;
    }
    assert!(holds(&given, &[&b"pHYs"[..], &ratio].concat()));
    let said = restore("denoise", &given, &folder.path().join("out.bmp"), &[]).succeeds().stderr;
    assert!(said.contains("ratio of pixels' sides"), "{said}");
}

#[test]
fn an_animation_behind_a_large_profile_is_named() {
    let folder = tempdir().unwrap();
    let profile = [b"x\0\0".to_vec(), deflated(&[7; 3000])].concat();
    let filler = (*b"tEXt", [b"Comment\0".to_vec(), vec![b'a'; 3000]].concat());
    let given = png(folder.path(), "in.png", &[(*b"iCCP", profile), filler, (*b"acTL", vec![0, 0, 0, 2, 0, 0, 0, 0])]);
    let said = restore("denoise", &given, &folder.path().join("out.png"), &[]).succeeds().stderr;
    assert!(said.contains("is an animation; only the first picture is used"), "{said}");
    // Three thousand bytes of 7 are no profile.
    assert!(said.contains("colour profile that is damaged"), "{said}");
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_profile_that_unpacks_beyond_any_is_dropped_before_it_takes_memory() {
    let folder = tempdir().unwrap();
    let profile = [b"x\0\0".to_vec(), deflated(&vec![0; 256 << 20])].concat();
    let comment = [b"Comment\0\0".to_vec(), deflated(&vec![0; 256 << 20])].concat();
    let given = png(folder.path(), "in.png", &[(*b"iCCP", profile), (*b"zTXt", comment)]);
    let (output, start) = (folder.path().join("out.png"), Instant::now());
    let ended = restore("denoise", &given, &output, &["--json"]).succeeds();
    assert!(ended.stderr.contains("profile of more than 32 MiB"), "{}", ended.stderr);
    assert!(start.elapsed() < Duration::from_secs(2));
    let peak = ended.json().last().unwrap()["peak_memory_bytes"].as_u64();
    assert!(peak.is_none_or(|bytes| bytes < 150 << 20), "{peak:?}");
}

#[test]
fn a_header_that_promises_more_than_the_file_can_hold_is_refused() {
    let folder = tempdir().unwrap();
    let path = photo(folder.path(), "in.png");
    let mut png = Png::from_bytes(fs::read(&path).unwrap().into()).unwrap();
    let mut header = png.chunks()[0].contents().to_vec();
    header[..8].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x0f]);
    png.chunks_mut()[0] = PngChunk::new(*b"IHDR", header.into());
    fs::write(&path, png.encoder().bytes()).unwrap();
    restore("denoise", &path, &folder.path().join("x.png"), &[]).fails(2, &["10000x9999", "far fewer"]);
}

#[test]
fn a_bmp_of_skipped_pixels_is_no_picture() {
    let folder = tempdir().unwrap();
    // 54 bytes of header, a palette of two colours, and run-length codes that end the picture at once.
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x3e\0\0\0\x28\0\0\0".to_vec();
    bmp.extend([10_000u32, 9_999].iter().flat_map(|side| side.to_le_bytes()));
    bmp.extend(b"\x01\0\x08\0\x01\0\0\0");
    bmp.extend([0u32, 0, 0, 2, 2].iter().flat_map(|number| number.to_le_bytes()));
    bmp.extend(b"\0\0\0\0\xff\xff\xff\0\0\x01");
    let path = folder.path().join("skipped.bmp");
    fs::write(&path, bmp).unwrap();
    restore("denoise", &path, &folder.path().join("x.png"), &[]).fails(2, &["10000x9999", "far fewer"]);
}

#[test]
fn an_iphones_png_is_called_what_it_is() {
    let folder = tempdir().unwrap();
    let mut bytes = fs::read(photo(folder.path(), "in.png")).unwrap();
    bytes.splice(8..8, *b"\0\0\0\x04CgBI\x50\0\x20\x02\x2b\xd5\xb3\x7f");
    let path = folder.path().join("phone.png");
    fs::write(&path, bytes).unwrap();
    let ended = restore("denoise", &path, &folder.path().join("x.png"), &[]);
    ended.fails(2, &[text(&path), "iPhone's PNG", "save it as PNG"]);
}

//! Colour profile, resolution and EXIF, read back from the written bytes.

use super::pictures::{open, rgb8};
use super::program::{data, restore};
use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::{GenericImageView, ImageDecoder, ImageReader};
use img_parts::png::Png;
use img_parts::{Bytes, ImageEXIF, ImageICC};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;
use tiff::tags::Tag;

/// The profile as an independent reader finds it.
fn icc(path: &Path) -> Option<Vec<u8>> {
    let bytes = Bytes::from(fs::read(path).unwrap());
    if path.extension().is_some_and(|extension| extension == "tif") {
        return tiff(path).get_tag_u8_vec(Tag::IccProfile).ok();
    }
    let image = img_parts::DynImage::from_bytes(bytes).unwrap().unwrap();
    image.icc_profile().map(|profile| profile.to_vec())
}

fn tiff(path: &Path) -> tiff::decoder::Decoder<fs::File> {
    tiff::decoder::Decoder::new(fs::File::open(path).unwrap()).unwrap()
}

#[test]
fn icc_profile_is_kept_by_every_format_that_holds_one() {
    let folder = tempdir().unwrap();
    let profile = icc(&data("icc_wide_gamut.png")).unwrap();
    assert_eq!(icc(&data("icc_wide_gamut.jpg")).unwrap(), profile);
    for source in ["icc_wide_gamut.png", "icc_wide_gamut.jpg"] {
        for name in ["out.png", "out.jpg", "out.tif", "out.webp"] {
            let output = folder.path().join(name);
            restore("denoise", &data(source), &output, &[]).succeeds();
            assert_eq!(icc(&output).as_ref(), Some(&profile), "{source} to {name}");
        }
    }
    // And on from there.
    let (tif, webp, last) =
        (folder.path().join("out.tif"), folder.path().join("out.webp"), folder.path().join("last.png"));
    for source in [tif, webp] {
        restore("denoise", &source, &last, &[]).succeeds();
        assert_eq!(icc(&last).as_ref(), Some(&profile), "{}", source.display());
    }
}

#[test]
fn formats_without_a_profile_say_that_it_is_dropped() {
    let folder = tempdir().unwrap();
    for name in ["out.bmp", "out.ppm", "out.exr"] {
        let ended = restore("denoise", &data("icc_wide_gamut.png"), &folder.path().join(name), &[]).succeeds();
        assert!(ended.stderr.contains("colour profile"), "{name}: {}", ended.stderr);
    }
}

/// A JPEG of 300x150 pixels an inch.
fn dense_jpeg(folder: &Path) -> PathBuf {
    let path = folder.join("dense.jpg");
    let mut encoder = JpegEncoder::new_with_quality(fs::File::create(&path).unwrap(), 90);
    encoder
        .set_pixel_density(PixelDensity { density: (300, 150), unit: image::codecs::jpeg::PixelDensityUnit::Inches });
    encoder.encode_image(&rgb8(24, 20)).unwrap();
    path
}

/// Pixels an inch, by each format's own field.
fn density(path: &Path) -> (f64, f64) {
    let bytes = fs::read(path).unwrap();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => {
            let png = Png::from_bytes(Bytes::from(bytes)).unwrap();
            let contents = png.chunk_by_type(*b"pHYs").unwrap().contents().clone();
            assert_eq!(contents[8], 1, "the unit is the metre");
            let number = |at: usize| f64::from(u32::from_be_bytes(contents[at..at + 4].try_into().unwrap())) * 0.0254;
            (number(0), number(4))
        }
        Some("jpg") => {
            assert_eq!((&bytes[6..11], bytes[13]), (&b"JFIF\0"[..], 1));
            let number = |at: usize| f64::from(u16::from_be_bytes(bytes[at..at + 2].try_into().unwrap()));
            (number(14), number(16))
        }
        Some("bmp") => {
            let number = |at: usize| f64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())) * 0.0254;
            (number(38), number(42))
        }
        _ => {
            let mut decoder = tiff(path);
            assert_eq!(decoder.get_tag_unsigned::<u16>(Tag::ResolutionUnit).unwrap(), 2, "the unit is the inch");
            let mut number = |tag| match decoder.get_tag(tag).unwrap() {
                tiff::decoder::ifd::Value::Rational(n, d) => f64::from(n) / f64::from(d),
                other => panic!("{other:?}"),
            };
            (number(Tag::XResolution), number(Tag::YResolution))
        }
    }
}

#[test]
fn resolution_survives_a_journey_through_the_formats() {
    let folder = tempdir().unwrap();
    let mut source = dense_jpeg(folder.path());
    for name in ["a.png", "b.tif", "c.bmp", "d.jpg", "e.tif", "f.png"] {
        let output = folder.path().join(name);
        restore("denoise", &source, &output, &[]).succeeds();
        let (x, y) = density(&output);
        // PNG and BMP count whole pixels a metre.
        assert!((x - 300.0).abs() < 0.02 && (y - 150.0).abs() < 0.02, "{name}: {x} x {y}");
        source = output;
    }
}

#[test]
fn the_oldest_bmp_has_no_resolution() {
    let folder = tempdir().unwrap();
    let (source, output) = (folder.path().join("in.bmp"), folder.path().join("out.png"));
    let side = 12u16;
    let mut bytes = b"BM".to_vec();
    bytes.extend([458u32, 0, 26, 12].iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend([side, side, 1, 24].iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend((0..3 * u32::from(side).pow(2)).map(|i| (i % 251) as u8));
    fs::write(&source, bytes).unwrap();
    restore("denoise", &source, &output, &[]).succeeds();
    let png = Png::from_bytes(Bytes::from(fs::read(&output).unwrap())).unwrap();
    assert!(png.chunk_by_type(*b"pHYs").is_none());
}

/// The EXIF block as an independent reader finds it.
fn exif(path: &Path) -> exif::Exif {
    exif::Reader::new().read_from_container(&mut std::io::BufReader::new(fs::File::open(path).unwrap())).unwrap()
}

/// Stands for a small picture of what was photographed.
const THUMBNAIL: &[u8] = b"secret thumbnail";

/// The test picture with more EXIF: a camera's name, and a field of the EXIF directory.
fn exif_jpeg(folder: &Path) -> PathBuf {
    use exif::{Field, In, Value};
    let fields = [
        Field { tag: exif::Tag::Orientation, ifd_num: In::PRIMARY, value: Value::Short(vec![6]) },
        Field { tag: exif::Tag::Model, ifd_num: In::PRIMARY, value: Value::Ascii(vec![b"Testcam 1".to_vec()]) },
        Field { tag: exif::Tag::PhotographicSensitivity, ifd_num: In::PRIMARY, value: Value::Short(vec![6400]) },
        Field { tag: exif::Tag::PixelXDimension, ifd_num: In::PRIMARY, value: Value::Long(vec![301]) },
        Field { tag: exif::Tag::PixelYDimension, ifd_num: In::PRIMARY, value: Value::Short(vec![200]) },
    ];
    let mut writer = exif::experimental::Writer::new();
    writer.set_jpeg(THUMBNAIL, In::THUMBNAIL);
    fields.iter().for_each(|field| writer.push_field(field));
    let mut block = std::io::Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    let bytes = Bytes::from(fs::read(data("exif_orientation6.jpg")).unwrap());
    let mut jpeg = img_parts::jpeg::Jpeg::from_bytes(bytes).unwrap();
    jpeg.set_exif(Some(Bytes::from(block.into_inner())));
    let path = folder.join("camera.jpg");
    fs::write(&path, jpeg.encoder().bytes()).unwrap();
    path
}

#[test]
fn exif_is_kept_with_its_orientation_applied() {
    let folder = tempdir().unwrap();
    let source = exif_jpeg(folder.path());
    for name in ["out.jpg", "out.png", "out.webp", "out.tif"] {
        let output = folder.path().join(name);
        restore("denoise", &source, &output, &[]).succeeds();
        // Stored 301x200 and lying on its side: upright it is 200x301.
        assert_eq!(open_size(&output), (200, 301), "{name}");
        let exif = exif(&output);
        let number = |tag| exif.get_field(tag, exif::In::PRIMARY).and_then(|field| field.value.get_uint(0));
        assert_eq!(number(exif::Tag::Orientation), Some(1), "{name}");
        assert_eq!(number(exif::Tag::PhotographicSensitivity), Some(6400), "{name}");
        assert_eq!(number(exif::Tag::PixelXDimension), Some(200), "{name}");
        assert_eq!(number(exif::Tag::PixelYDimension), Some(301), "{name}");
        let model = exif.get_field(exif::Tag::Model, exif::In::PRIMARY).unwrap().display_value().to_string();
        assert_eq!(model, "\"Testcam 1\"", "{name}");
    }
}

#[test]
fn thumbnail_of_the_unrestored_picture_is_dropped() {
    let folder = tempdir().unwrap();
    let source = exif_jpeg(folder.path());
    let holds_thumbnail =
        |path: &Path| fs::read(path).unwrap().windows(THUMBNAIL.len()).any(|bytes| bytes == THUMBNAIL);
    assert!(holds_thumbnail(&source));
    for name in ["out.jpg", "out.png", "out.webp", "out.tif"] {
        let output = folder.path().join(name);
        restore("denoise", &source, &output, &[]).succeeds();
        assert!(!holds_thumbnail(&output), "{name}");
        assert!(exif(&output).fields().all(|field| field.ifd_num == exif::In::PRIMARY), "{name}");
    }
}

fn open_size(path: &Path) -> (u32, u32) {
    if path.extension().is_some_and(|extension| extension == "tif") {
        return tiff(path).dimensions().unwrap();
    }
    open(path).dimensions()
}

#[test]
fn orientation_6_turns_the_picture_clockwise() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.png");
    restore("denoise", &data("exif_orientation6.jpg"), &output, &["--strength", "0"]).succeeds();
    let stored = open(&data("exif_orientation6.jpg"));
    let (found, expected) = (open(&output).to_rgb8(), stored.rotate90().to_rgb8());
    // The two decoders round differently.
    assert!(
        found.dimensions() == expected.dimensions()
            && found.iter().zip(expected.iter()).all(|(a, b)| a.abs_diff(*b) <= 4)
    );
}

/// Its EXIF is not read, and with it the orientation was lost.
#[test]
fn orientation_of_a_big_tiff_is_read() {
    let folder = tempdir().unwrap();
    let (picture, output) = (folder.path().join("big.tif"), folder.path().join("out.tif"));
    let mut encoder = tiff::encoder::TiffEncoder::new_big(fs::File::create(&picture).unwrap()).unwrap();
    let mut image = encoder.new_image::<tiff::encoder::colortype::Gray8>(3, 2).unwrap();
    image.encoder().write_tag(Tag::Orientation, 6u16).unwrap();
    image.encoder().write_tag(Tag::Make, "Cam").unwrap();
    image.write_data(&[10, 20, 30, 40, 50, 60]).unwrap();
    let ended = restore("denoise", &picture, &output, &["--strength", "0"]).succeeds();
    assert!(ended.stderr.contains("big.tif: has EXIF of a kind that is not read"), "{}", ended.stderr);
    assert_eq!(tiff(&output).dimensions().unwrap(), (2, 3));
    let tiff::decoder::DecodingResult::U8(samples) = tiff(&output).read_image().unwrap() else { panic!("8 bits") };
    assert_eq!(samples, [40, 10, 50, 20, 60, 30]);
    let ended = restore("denoise", &output, &folder.path().join("again.tif"), &[]).succeeds();
    assert!(!ended.stderr.contains("EXIF"), "what has none loses none: {}", ended.stderr);
}

/// One field that points nowhere took all others with it, without a word.
#[test]
fn damaged_exif_is_kept_as_far_as_it_can_be_read() {
    let folder = tempdir().unwrap();
    let source = exif_jpeg(folder.path());
    let mut jpeg = img_parts::jpeg::Jpeg::from_bytes(Bytes::from(fs::read(&source).unwrap())).unwrap();
    let mut block = jpeg.exif().unwrap().to_vec();
    // The camera's name: tag, type, count, and the offset that is to point beyond the block.
    let entry = block.windows(4).position(|bytes| bytes == [0x01, 0x10, 0, 2]).unwrap();
    block[entry + 8..entry + 12].copy_from_slice(&[0, 0x7f, 0xff, 0xff]);
    jpeg.set_exif(Some(Bytes::from(block)));
    fs::write(&source, jpeg.encoder().bytes()).unwrap();
    let output = folder.path().join("out.tif");
    let ended = restore("denoise", &source, &output, &[]).succeeds();
    assert!(ended.stderr.contains("damaged EXIF fields: dropped"), "{}", ended.stderr);
    let exif = exif(&output);
    let speed = exif.get_field(exif::Tag::PhotographicSensitivity, exif::In::PRIMARY).unwrap();
    assert_eq!(speed.value.get_uint(0), Some(6400));
}

#[test]
fn png_without_a_profile_keeps_its_colour_chunks() {
    let folder = tempdir().unwrap();
    let source = super::pictures::photo(folder.path(), "in.png");
    let mut png = Png::from_bytes(Bytes::from(fs::read(&source).unwrap())).unwrap();
    let gamma = img_parts::png::PngChunk::new(*b"gAMA", Bytes::from_static(&[0, 0, 0xb1, 0x8f]));
    png.chunks_mut().insert(1, gamma);
    fs::write(&source, png.encoder().bytes()).unwrap();
    let output = folder.path().join("out.png");
    restore("denoise", &source, &output, &[]).succeeds();
    let png = Png::from_bytes(Bytes::from(fs::read(&output).unwrap())).unwrap();
    assert_eq!(&png.chunk_by_type(*b"gAMA").unwrap().contents()[..], &[0, 0, 0xb1, 0x8f]);
}

#[test]
fn a_format_without_them_warns_of_lost_colour_chunks() {
    let folder = tempdir().unwrap();
    // Gamma 1 is linear light; 0.45455 is about what every file means.
    for (name, gamma, is_lost) in [("linear.png", &[0, 1, 0x86, 0xa0], true), ("plain.png", &[0, 0, 0xb1, 0x8f], false)]
    {
        let source = super::pictures::photo(folder.path(), name);
        let mut png = Png::from_bytes(Bytes::from(fs::read(&source).unwrap())).unwrap();
        png.chunks_mut().insert(1, img_parts::png::PngChunk::new(*b"gAMA", Bytes::from_static(gamma)));
        fs::write(&source, png.encoder().bytes()).unwrap();
        let ended = restore("denoise", &source, &folder.path().join("out.jpg"), &[]).succeeds();
        assert_eq!(ended.stderr.contains("colour space: dropped"), is_lost, "{name}: {}", ended.stderr);
    }
}

#[test]
fn jpeg_is_written_without_colour_subsampling() {
    let folder = tempdir().unwrap();
    let source = super::pictures::photo(folder.path(), "in.png");
    let output = folder.path().join("out.jpg");
    restore("denoise", &source, &output, &[]).succeeds();
    let jpeg = img_parts::jpeg::Jpeg::from_bytes(Bytes::from(fs::read(&output).unwrap())).unwrap();
    let frame = jpeg.segments().iter().find(|segment| segment.marker() == 0xc0).unwrap().contents().clone();
    let factors: Vec<u8> = (0..usize::from(frame[5])).map(|component| frame[7 + 3 * component]).collect();
    assert_eq!(factors, [0x11; 3]);
    let mut decoder = ImageReader::open(&output).unwrap().into_decoder().unwrap();
    assert!(decoder.icc_profile().unwrap().is_none());
}

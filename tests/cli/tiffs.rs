//! TIFF as the world writes it: files made by hand, in ways that the encoders at hand do not know, against the samples
//! that went into them.

use super::pictures::photo;
use super::program::{Ended, data, restore, run, text};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::encoder::{TiffEncoder, colortype};

const WIDTH: usize = 20;
const HEIGHT: usize = 12;

/// Tag and values; a value is a SHORT, or a LONG where it needs to be.
type Entry = (u16, Vec<u32>);

/// A little-endian file of one page whose pixels stand in the given parts.
fn file(entries: &[Entry], offsets_tag: u16, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"II*\0\0\0\0\0".to_vec();
    let offsets: Vec<_> = parts
        .iter()
        .map(|part| {
            let at = bytes.len() as u32;
            bytes.extend_from_slice(part);
            at
        })
        .collect();
    let lengths = parts.iter().map(|part| part.len() as u32).collect();
    // Counts of strips have the tag 279, of tiles 325.
    let lengths_tag = if offsets_tag == 273 { 279 } else { 325 };
    let mut entries = [entries, &[(offsets_tag, offsets), (lengths_tag, lengths)]].concat();
    entries.sort();
    let mut directory = (entries.len() as u16).to_le_bytes().to_vec();
    for (tag, values) in &entries {
        let inline = if let [value] = values.as_slice() {
            value.to_le_bytes()
        } else {
            let at = bytes.len() as u32;
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            at.to_le_bytes()
        };
        directory.extend(tag.to_le_bytes());
        directory.extend(4u16.to_le_bytes());
        directory.extend((values.len() as u32).to_le_bytes());
        directory.extend(inline);
    }
    let start = (bytes.len() as u32).to_le_bytes();
    bytes[4..8].copy_from_slice(&start);
    [bytes, directory, vec![0; 4]].concat()
}

/// What every page says: size, depth, packing, kind of colour, channels.
fn page(bits: u32, packing: u32, colour: u32, channels: u32) -> Vec<Entry> {
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    let numbers = [(256, width), (257, height), (258, bits), (259, packing), (262, colour), (277, channels)];
    numbers.into_iter().map(|(tag, number)| (tag, vec![number])).collect()
}

/// Entries of which some are others, or more.
fn with(mut entries: Vec<Entry>, others: &[Entry]) -> Vec<Entry> {
    entries.retain(|(tag, _)| others.iter().all(|(other, _)| other != tag));
    [&entries, others].concat()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// What comes out with strength 0, which is what was read.
fn read_back(given: &Path) -> (Ended, DecodingResult) {
    let output = given.with_extension("out.tif");
    let ended = restore("denoise", given, &output, &["--strength", "0"]).succeeds();
    (ended, Decoder::new(fs::File::open(&output).unwrap()).unwrap().read_image().unwrap())
}

#[track_caller]
fn reads_bytes_with(given: &Path, expected: &[u8], warning: &str) {
    let (ended, DecodingResult::U8(found)) = read_back(given) else { panic!("not 8 bits") };
    assert_eq!(found, expected);
    assert!(ended.stderr.contains(warning), "{}", ended.stderr);
}

#[track_caller]
fn reads_bytes(given: &Path, expected: &[u8]) {
    let (ended, DecodingResult::U8(found)) = read_back(given) else { panic!("not 8 bits") };
    assert_eq!(found, expected);
    assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);
}

fn grey() -> Vec<u8> {
    (0..WIDTH * HEIGHT).map(|i| (i * 37 % 251) as u8).collect()
}

/// Codes of 9 bits from the lowest bit on, and a clear code before the table makes them longer.
fn old_lzw(bytes: &[u8]) -> Vec<u8> {
    let codes = bytes
        .chunks(100)
        .flat_map(|chunk| [&[256], &chunk.iter().map(|b| u32::from(*b)).collect::<Vec<_>>()[..]].concat());
    let bits: Vec<_> = codes.chain([257]).flat_map(|code| (0..9).map(move |bit| code >> bit & 1)).collect();
    bits.chunks(8).map(|byte| byte.iter().enumerate().map(|(i, bit)| (*bit as u8) << i).sum()).collect()
}

#[test]
fn lzw_of_before_tiff_5_is_read() {
    let folder = tempdir().unwrap();
    let path = write(folder.path(), "old.tif", &file(&page(8, 5, 1, 1), 273, &[old_lzw(&grey())]));
    reads_bytes(&path, &grey());
}

#[test]
fn tiles_under_the_tags_of_strips_and_of_no_said_kind_are_read() {
    let folder = tempdir().unwrap();
    // 16x16 tiles, of which the right one and all lower rows are filled up.
    let tile = |left: usize| {
        let sample = |y: usize, x: usize| if y < HEIGHT && x < WIDTH { grey()[y * WIDTH + x] } else { 99 };
        (0..256).map(|i| sample(i / 16, left + i % 16)).collect::<Vec<_>>()
    };
    for offsets in [273, 324] {
        let entries = with(page(8, 1, 1, 1), &[(322, vec![16]), (323, vec![16]), (339, vec![4])]);
        let path = write(folder.path(), "tiles.tif", &file(&entries, offsets, &[tile(0), tile(16)]));
        reads_bytes(&path, &grey());
    }
}

#[test]
fn depths_between_bytes_are_spread_over_whole_ones() {
    let folder = tempdir().unwrap();
    for bits in [1, 2, 3, 4, 6, 7u32] {
        let most = (1u32 << bits) - 1;
        let samples: Vec<_> = grey().iter().map(|sample| u32::from(*sample) & most).collect();
        let row = |row: &[u32]| -> Vec<u8> {
            let bits: Vec<_> =
                row.iter().flat_map(|sample| (0..bits).rev().map(move |bit| sample >> bit & 1)).collect();
            bits.chunks(8).map(|byte| byte.iter().enumerate().map(|(i, bit)| (*bit as u8) << (7 - i)).sum()).collect()
        };
        let packed = samples.chunks(WIDTH).flat_map(row).collect();
        let path = write(folder.path(), "bits.tif", &file(&page(bits, 1, 1, 1), 273, &[packed]));
        let expected: Vec<_> =
            samples.iter().map(|sample| (f64::from(*sample) * 255.0 / f64::from(most)).round() as u8).collect();
        reads_bytes(&path, &expected);
    }
}

#[test]
fn fax_whose_bits_are_turned_round_is_read() {
    let (fax, truth) = (data("fax_bits_turned.tif"), data("fax_bits_turned.png"));
    let ended = run(&["compare", "--json", text(&fax), text(&truth)]).succeeds();
    assert_eq!(ended.json()[0]["is_identical"], true, "{}", ended.stdout_text());
}

#[test]
fn a_directory_without_a_size_is_no_page() {
    let folder = tempdir().unwrap();
    let input = folder.path().join("in.tif");
    let mut encoder = TiffEncoder::new(fs::File::create(&input).unwrap()).unwrap();
    let samples = grey();
    encoder.write_image::<colortype::Gray8>(WIDTH as u32, HEIGHT as u32, &samples).unwrap();
    let mut bytes = fs::read(&input).unwrap();
    // As cameras chain their thumbnail's directory: one entry, the orientation.
    let directory = u32::from_le_bytes(*bytes[4..].first_chunk().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes([bytes[directory], bytes[directory + 1]]));
    let (next, end) = (directory + 2 + 12 * count, bytes.len() as u32);
    bytes[next..next + 4].copy_from_slice(&end.to_le_bytes());
    bytes.extend(b"\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0");
    reads_bytes_with(&write(folder.path(), "in.tif", &bytes), &samples, "smaller copies");
}

#[test]
fn palettes_become_colours() {
    let folder = tempdir().unwrap();
    let map = (0..768).map(|i| (i * 83 % 256) * 257).collect::<Vec<u32>>();
    let entries = with(page(8, 1, 3, 1), &[(320, map.clone())]);
    let path = write(folder.path(), "palette.tif", &file(&entries, 273, &[grey()]));
    let colours = |index: &u8| [0, 256, 512].map(|start| (map[start + usize::from(*index)] >> 8) as u8);
    reads_bytes(&path, &grey().iter().flat_map(colours).collect::<Vec<_>>());
}

#[test]
fn jpeg_in_a_tiff_is_read_as_the_colours_it_stands_for() {
    let folder = tempdir().unwrap();
    let jpeg = fs::read(data("jpeg/odd_420_progressive.jpg")).unwrap();
    let entries = with(page(8, 7, 6, 3), &[(256, vec![33]), (257, vec![50])]);
    let path = write(folder.path(), "jpeg.tif", &file(&entries, 273, &[jpeg]));
    let truth = data("jpeg/odd_420_progressive.png");
    let ended = run(&["compare", "--json", text(&path), text(&truth)]).succeeds();
    assert_eq!(ended.json()[0]["is_identical"], true, "{}", ended.stdout_text());
}

#[test]
fn signed_16_bits_are_read_and_come_back_signed() {
    let folder = tempdir().unwrap();
    let samples: Vec<i16> = (0..(WIDTH * HEIGHT) as i16).map(|i| i * 13 - 1000).collect();
    let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let entries = with(page(16, 1, 1, 1), &[(339, vec![2])]);
    let path = write(folder.path(), "signed.tif", &file(&entries, 273, &[bytes]));
    let (ended, DecodingResult::I16(found)) = read_back(&path) else { panic!("not signed") };
    assert_eq!(found, samples);
    assert!(ended.stderr.contains("-1024 (black) to 4095 (white)"), "{}", ended.stderr);
}

#[test]
fn what_a_tiff_is_is_said_in_one_short_line() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.tif");
    let refused = |name: &str, bytes: &[u8], words: &[&str]| {
        let ended = restore("denoise", &write(folder.path(), name, bytes), &output, &[]).fails(2, words);
        let line = ended.stderr.lines().last().unwrap_or_default().replace(text(folder.path()), "");
        assert!(line.len() < 160, "{line}");
    };
    let whole = vec![vec![0; 4 * WIDTH * HEIGHT]];
    refused("lab.tif", &file(&page(8, 1, 8, 3), 273, &whole), &["Lab", "convert it to RGB"]);
    refused("long.tif", &file(&page(32, 1, 1, 1), 273, &whole), &["32-bit integers"]);
    // A hundred depths of one channel.
    let depths = with(page(8, 1, 1, 1), &[(258, vec![83; 100])]);
    refused("depths.tif", &file(&depths, 273, &whole), &["is damaged", "100 depths"]);
    refused("short.tif", &file(&page(8, 1, 1, 1), 273, &[vec![0; 100]]), &["is damaged", "whole copy"]);
    let huge = with(page(16, 8, 1, 1), &[(257, vec![60_000])]);
    refused("huge.tif", &file(&huge, 273, &[vec![0; 100]]), &["is damaged", "more samples than it can hold"]);
}

/// Pages of the given brightness, and a small copy of the first between them.
pub fn stack(path: &Path, levels: &[u8]) {
    let mut encoder = TiffEncoder::new(fs::File::create(path).unwrap()).unwrap();
    for (index, level) in levels.iter().enumerate() {
        let samples: Vec<_> = grey().iter().map(|sample| sample / 4 + level).collect();
        let image = encoder.new_image::<colortype::Gray8>(WIDTH as u32, HEIGHT as u32).unwrap();
        image.write_data(&samples).unwrap();
        if index == 0 {
            let mut small = encoder.new_image::<colortype::Gray8>(4, 4).unwrap();
            small.encoder().write_tag(tiff::tags::Tag::NewSubfileType, 1u32).unwrap();
            small.write_data(&[0; 16]).unwrap();
        }
    }
}

/// The samples of each.
pub fn pages(path: &Path) -> Vec<Vec<u8>> {
    let mut decoder = Decoder::new(fs::File::open(path).unwrap()).unwrap();
    let mut pages = Vec::new();
    loop {
        let DecodingResult::U8(samples) = decoder.read_image().unwrap() else { panic!("not 8 bits") };
        pages.push(samples);
        if !decoder.more_images() {
            return pages;
        }
        decoder.next_image().unwrap();
    }
}

#[test]
fn each_page_of_a_tiff_is_restored_into_a_file_of_as_many_pages() {
    let folder = tempdir().unwrap();
    let (input, output) = (folder.path().join("in.tif"), folder.path().join("out.tif"));
    let levels = [10, 90, 180];
    stack(&input, &levels);
    let ended = restore("denoise", &input, &output, &["--strength", "0", "--json"]).succeeds();
    let expected: Vec<Vec<u8>> = levels.iter().map(|level| grey().iter().map(|s| s / 4 + level).collect()).collect();
    assert_eq!(pages(&output), expected);
    assert!(ended.stderr.contains("page 2 of 3") && ended.stderr.contains("smaller copies"), "{}", ended.stderr);
    let records = ended.json();
    let progress: Vec<_> =
        records.iter().filter(|r| r["event"] == "progress").map(|r| r["progress"].as_f64().unwrap()).collect();
    assert!(progress.is_sorted() && progress.first() < Some(&0.34) && progress.last() > Some(&0.6), "{progress:?}");
    assert_eq!(records.iter().filter(|record| record["event"] == "page").count(), 3);
    assert_eq!((&records.last().unwrap()["event"], &records.last().unwrap()["pages"]), (&"done".into(), &3.into()));
    // A fit changes every page.
    restore("denoise", &input, &output, &[]).succeeds();
    let restored = pages(&output);
    assert!(restored.len() == 3 && restored.iter().zip(&expected).all(|(after, before)| after != before));
}

#[test]
fn pages_are_not_lost_where_a_format_holds_one() {
    let folder = tempdir().unwrap();
    let input = folder.path().join("in.tif");
    stack(&input, &[10, 90]);
    restore("denoise", &input, &folder.path().join("x.png"), &[]).fails(2, &["2 pages", "PNG holds one", ".tif"]);
    let truth = photo(folder.path(), "truth.png");
    restore("denoise", &input, &folder.path().join("x.tif"), &["--truth", text(&truth)])
        .fails(2, &["2 pages", "--truth"]);
    let ended = run(&["compare", text(&input), text(&input)]).succeeds();
    assert!(ended.stderr.contains("has 2 pages; only the first is used"), "{}", ended.stderr);
    let output = folder.path().join("x.tif");
    let args = ["denoise", text(&input), "-o", text(&output), "--estimate", "--json"];
    let estimate = run(&[&args[..], super::program::TINY].concat()).succeeds();
    assert_eq!(estimate.json()[0]["pages"], 2);
}

#[test]
fn a_later_page_that_cannot_be_read_is_found_before_the_first_fit() {
    let folder = tempdir().unwrap();
    let input = folder.path().join("in.tif");
    let mut encoder = TiffEncoder::new(fs::File::create(&input).unwrap()).unwrap();
    encoder.write_image::<colortype::Gray8>(8, 8, &[90; 64]).unwrap();
    encoder.write_image::<colortype::CMYK8>(8, 8, &[90; 256]).unwrap();
    let output = folder.path().join("x.tif");
    restore("denoise", &input, &output, &[]).fails(2, &["page 2", "CMYK"]);
    assert!(!output.exists());
}

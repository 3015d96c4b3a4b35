//! JPEG against libjpeg: each file in `jpeg/` has what libjpeg's `djpeg -pnm` makes of it beside it, as a PNG.

use super::pictures::open;
use super::program::{data, names, restore, run, text};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

fn jpeg(name: &str) -> PathBuf {
    data("jpeg").join(name)
}

#[test]
fn jpegs_of_all_subsamplings_and_scan_orders_decode_as_libjpeg_does() {
    let folder = data("jpeg");
    let files: Vec<_> = names(&folder).into_iter().filter(|name| name.ends_with(".jpg")).collect();
    assert_eq!(files.len(), 11);
    for name in files {
        let file = jpeg(&name);
        let ended = run(&["compare", "--json", text(&file), text(&file.with_extension("png"))]).succeeds();
        assert_eq!(ended.json()[0]["is_identical"], true, "{name}: {}", ended.stdout_text());
    }
}

#[test]
fn a_frame_of_motion_jpeg_has_the_usual_tables() {
    let folder = tempdir().unwrap();
    // cjpeg writes these tables into each file.
    let mut bytes = fs::read(jpeg("odd_411.jpg")).unwrap();
    while let Some(at) = bytes.windows(2).position(|pair| pair == b"\xff\xc4") {
        let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        bytes.drain(at..at + 2 + length);
    }
    let frame = write(folder.path(), &bytes);
    let ended = run(&["compare", "--json", text(&frame), text(&jpeg("odd_411.png"))]).succeeds();
    assert_eq!(ended.json()[0]["is_identical"], true, "{}", ended.stdout_text());
}

#[test]
fn damage_inside_a_jpeg_is_told_and_the_picture_still_restored() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.png");
    for (name, share) in [("cut_with_end_mark.jpg", "52 %"), ("damaged_middle.jpg", "2 %")] {
        let ended = restore("denoise", &jpeg(name), &output, &["--json"]).succeeds();
        let warning = ended.stderr.lines().find(|line| line.starts_with("warning: ")).unwrap_or_default();
        assert!(warning.contains("is damaged") && warning.contains(share), "{name}: {}", ended.stderr);
        assert_eq!(ended.json().last().unwrap()["is_damaged"], true, "{name}");
        assert_eq!(open(&output).width(), 171);
    }
    let ended = restore("denoise", &jpeg("odd_rgb.jpg"), &output, &["--json"]).succeeds();
    assert!(!ended.stderr.contains("damaged"), "{}", ended.stderr);
    assert_eq!(ended.json().last().unwrap()["is_damaged"], false);
}

#[test]
fn every_place_of_a_jpeg_may_be_damaged_without_silence_or_a_panic() {
    let folder = tempdir().unwrap();
    let whole = fs::read(jpeg("odd_420_restarts.jpg")).unwrap();
    let first = whole.windows(2).position(|pair| pair == b"\xff\xda").unwrap() + 14;
    let (mut told, mut all) = (0, 0);
    for at in (first..whole.len() - 2).step_by(23) {
        let mut damaged = whole.clone();
        // A marker where none may be.
        damaged[at..at + 2].copy_from_slice(b"\xff\x9f");
        let file = write(folder.path(), &damaged);
        let ended = run(&["compare", text(&file), text(&file)]).succeeds();
        told += usize::from(ended.stderr.contains("is damaged"));
        all += 1;
    }
    assert_eq!(told, all);
    assert!(all > 10, "{all}");
}

fn write(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("damaged.jpg");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn batch_says_which_results_come_from_damaged_files() {
    let folder = tempdir().unwrap();
    let given = folder.path().join("given");
    fs::create_dir(&given).unwrap();
    for name in ["damaged_middle.jpg", "odd_rgb.jpg"] {
        fs::copy(jpeg(name), given.join(name)).unwrap();
    }
    let output = folder.path().join("out");
    let args = ["denoise", text(&given), "--output-dir", text(&output), "--json"];
    let ended = run(&[&args[..], super::program::TINY].concat()).succeeds();
    assert!(ended.stderr.contains("2 restored (1 of them from a damaged file)"), "{}", ended.stderr);
    let records = ended.json();
    let summary = records.last().unwrap();
    assert_eq!((&summary["done"], &summary["damaged"]), (&2.into(), &1.into()));
}

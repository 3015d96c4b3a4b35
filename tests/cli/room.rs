//! Little memory, and files that would need much: told at once, and never the end of the program.
#![cfg(target_os = "linux")]

use super::pictures::{mask, photo, rgb8, save};
use super::program::{Ended, TINY, command, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::tempdir;

/// The program with so many addresses at most.
fn run_within(mebibytes: u32, args: &[&str]) -> Ended {
    let program = command(args);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", &(mebibytes * 1024).to_string()]);
    shell.arg(program.get_program()).args(program.get_args());
    Ended::new(shell.output().expect("a shell"))
}

fn denoise<'a>(picture: &'a Path, output: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let args = ["denoise", text(picture), "-o", text(output)];
    args.into_iter().chain(TINY.iter().copied()).chain(more.iter().copied()).collect()
}

/// 10000x9999 pixels in a few bytes: a BMP whose run-length code ends at once, and other files that end behind their
/// headers.
fn bombs(folder: &Path) -> Vec<PathBuf> {
    let (width, height) = (10_000u32, 9_999u32);
    let mut bmp = b"BM".to_vec();
    for number in [1082u32, 0, 1078, 40, width, height, 8 << 16 | 1, 1, 4, 0, 0, 256, 0] {
        bmp.extend(number.to_le_bytes());
    }
    bmp.extend([0; 4 * 256]);
    bmp.extend([0, 0, 0, 1]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    png.extend([8, 6, 0, 0, 0]);
    png.extend(crc32(&png[12..]).to_be_bytes());
    png.extend(b"\0\0\0\x01IDATx");
    png.extend(crc32(b"IDATx").to_be_bytes());
    let mut tiff = b"II*\0\x08\0\0\0\x09\0".to_vec();
    for (tag, kind, value) in [
        (256u16, 4u16, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 32773),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, 1),
    ] {
        tiff.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        tiff.extend([1u32.to_le_bytes(), value.to_le_bytes()].concat());
    }
    tiff.extend([0; 4]);
    let pgm = format!("P5\n{width} {height}\n255\n").into_bytes();
    let files = [("bomb.bmp", bmp), ("bomb.png", png), ("bomb.tif", tiff), ("bomb.pgm", pgm)];
    let write = |(name, bytes): (&str, Vec<u8>)| {
        fs::write(folder.join(name), bytes).unwrap();
        folder.join(name)
    };
    files.map(write).to_vec()
}

/// Of PNG's chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// Decoded and measured first, such a file took half a minute and 5 GiB.
#[test]
fn a_size_alone_is_refused_before_the_file_is_decoded() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.png");
    let small = photo(folder.path(), "small.png");
    for bomb in bombs(folder.path()) {
        let words = [
            bomb.file_name().unwrap().to_str().unwrap(),
            "--memory-limit allows 524288000 bytes",
            "nothing was written",
        ];
        let limited = |task, picture, more: &[&str]| {
            let mut args = denoise(picture, &output, &["--memory-limit", "500M"]);
            args[0] = task;
            args.extend(more);
            run_within(300, &args).fails(4, &words);
        };
        limited("denoise", &bomb, &[]);
        limited("denoise", &bomb, &["--estimate"]);
        limited("denoise", &small, &["--guide", text(&bomb)]);
        limited("inpaint", &small, &["--mask", text(&bomb)]);
    }
    assert!(!output.exists());
}

/// It ended by SIGABRT, or with "a bug in dipkit" for its threads.
#[test]
fn any_limit_on_addresses_ends_well_or_with_4() {
    let folder = tempdir().unwrap();
    let picture = save(&rgb8(300, 200), folder.path(), "in.png");
    let hole = save(&mask(300, 200), folder.path(), "mask.png");
    let output = folder.path().join("out.png");
    let mut succeeded = Vec::new();
    for mebibytes in [48, 64, 100, 140, 180, 220, 512] {
        for task in ["denoise", "dejpeg", "inpaint"] {
            let more: &[&str] = if task == "inpaint" { &["--mask", text(&hole)] } else { &[] };
            let mut args = denoise(&picture, &output, more);
            args[0] = task;
            args.extend(["--threads", "1024"]);
            let ended = run_within(mebibytes, &args);
            assert!(
                [0, 4].contains(&ended.status),
                "{task} within {mebibytes} MiB: {}, {}",
                ended.status,
                ended.stderr
            );
            if ended.status == 4 {
                ended.fails(4, &["in.png", "this process's limit"]);
            } else {
                succeeded.push(mebibytes);
            }
        }
    }
    assert!(succeeded.iter().filter(|mebibytes| **mebibytes == 512).count() == 3, "{succeeded:?}");
}

//! The programs of plugins/c and its Makefile, used as their readers would.

use crate::toolchain::{Link, library, program, repository, said, scratch, succeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SIDE: usize = 16;
const SMALL: [&str; 6] =
    ["iterations=4", "channels=4", "channels_deepest=4", "scales=2", "input_depth=4", "early_stop=0"];

fn folder(name: &str) -> PathBuf {
    let folder = scratch(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A binary PNM of SIDE x SIDE with `bytes` samples after the header.
fn write_pnm(path: &Path, kind: char, maximum: u32, samples: &[u8]) {
    let mut file = format!("P{kind}\n# a comment\n{SIDE} {SIDE}\n{maximum}\n").into_bytes();
    file.extend_from_slice(samples);
    fs::write(path, file).unwrap();
}

/// The samples of a PNM that such a program wrote.
fn read_pnm(path: &Path, kind: char, maximum: u32) -> Vec<u8> {
    let file = fs::read(path).unwrap();
    let header = format!("P{kind}\n{SIDE} {SIDE}\n{maximum}\n");
    assert!(file.starts_with(header.as_bytes()), "{:?}", &file[..header.len().min(file.len())]);
    file[header.len()..].to_vec()
}

fn samples(count: usize) -> Vec<u8> {
    (0..count).map(|i| (i * 37 % 251) as u8).collect()
}

#[test]
fn denoise_restores_8_and_16_bits() {
    let folder = folder("denoise");
    let (input, output) = (folder.join("in.pnm"), folder.join("out.pnm"));
    for (kind, maximum, bytes) in [('6', 255, 3), ('5', 255, 1), ('6', 65535, 6), ('5', 65535, 2)] {
        let given = samples(SIDE * SIDE * bytes);
        write_pnm(&input, kind, maximum, &given);
        let mut command = Command::new(program("plugins/c/denoise.c", Link::Library));
        let ran = succeed(command.arg(&input).arg(&output).args(SMALL));
        assert!(ran.stdout.is_empty() && said(&ran).contains("100 %, iteration 4"), "{}", said(&ran));
        let restored = read_pnm(&output, kind, maximum);
        assert_eq!(restored.len(), given.len());
        assert_ne!(restored, given);
        // Without strength the same bytes come back, in the same order.
        let mut command = Command::new(program("plugins/c/denoise.c", Link::Library));
        succeed(command.arg(&input).arg(&output).args(SMALL).arg("strength=0"));
        assert_eq!(read_pnm(&output, kind, maximum), given);
    }
}

#[test]
fn inpaint_fills_the_hole_and_keeps_the_rest() {
    let folder = folder("inpaint");
    let (input, mask, output) = (folder.join("in.ppm"), folder.join("mask.pgm"), folder.join("out.ppm"));
    let is_hole = |pixel: usize| pixel % SIDE == 5;
    let keep: Vec<u8> = (0..SIDE * SIDE).map(|pixel| if is_hole(pixel) { 0 } else { 255 }).collect();
    write_pnm(&mask, '5', 255, &keep);
    for (maximum, bytes) in [(255, 3), (65535, 6)] {
        let given = samples(SIDE * SIDE * bytes);
        write_pnm(&input, '6', maximum, &given);
        let mut command = Command::new(program("plugins/c/inpaint.cpp", Link::Library));
        succeed(command.arg(&input).arg(&mask).arg(&output).args(SMALL));
        let restored = read_pnm(&output, '6', maximum);
        let differs = |pixel: &usize| restored[pixel * bytes..][..bytes] != given[pixel * bytes..][..bytes];
        let changed: Vec<usize> = (0..SIDE * SIDE).filter(differs).collect();
        assert!(!changed.is_empty() && changed.iter().all(|&pixel| is_hole(pixel)), "{changed:?}");
    }
}

#[test]
fn mistakes_are_told_in_a_line() {
    let folder = folder("mistakes");
    let (input, mask, output) = (folder.join("in.ppm"), folder.join("mask.pgm"), folder.join("out.ppm"));
    write_pnm(&input, '6', 255, &samples(SIDE * SIDE * 3));
    fs::write(&mask, "P5\n4 4\n255\n0123456789abcdef").unwrap();
    let path = |path: &Path| path.display().to_string();
    let (denoise, inpaint) = ("plugins/c/denoise.c", "plugins/c/inpaint.cpp");
    for (source, arguments, words) in [
        (denoise, vec![], "usage"),
        (denoise, vec!["missing".into(), path(&output)], "missing: not a readable"),
        (denoise, vec![path(&input), path(&output), "tpyo=1".into()], "no option \"tpyo\""),
        (denoise, vec![path(&input), path(&output), "iterations".into()], "iterations is \"\""),
        (
            denoise,
            vec![path(&input), path(&folder.join("no/such")), SMALL[0].into(), "scales=1".into()],
            "cannot be written",
        ),
        (inpaint, vec![], "usage"),
        (inpaint, vec![path(&input), "missing".into(), path(&output)], "missing: not a readable"),
        (inpaint, vec![path(&input), path(&mask), path(&output)], "mask is 4x4, image is 16x16"),
    ] {
        let ran = Command::new(program(source, Link::Library)).args(&arguments).output().unwrap();
        assert_eq!(ran.status.code(), Some(1), "{arguments:?}");
        assert!(said(&ran).contains(words), "{arguments:?}: {}", said(&ran));
    }
    assert!(!output.exists());
}

/// Ctrl-C keeps the best so far.
#[test]
fn interrupted_denoise_writes_what_it_has() {
    let folder = folder("interrupt");
    let (input, output) = (folder.join("in.ppm"), folder.join("out.ppm"));
    write_pnm(&input, '6', 255, &samples(SIDE * SIDE * 3));
    let mut command = Command::new("timeout");
    command
        .args(["--foreground", "--preserve-status", "-s", "INT", "1"])
        .arg(program("plugins/c/denoise.c", Link::Library));
    command.arg(&input).arg(&output).args(SMALL).arg("iterations=1000000");
    let ran = command.output().unwrap();
    assert_eq!(ran.status.code(), Some(130), "{}", said(&ran));
    assert_eq!(read_pnm(&output, '6', 255).len(), SIDE * SIDE * 3);
}

#[test]
fn makefile_builds_the_programs() {
    let folder = folder("makefile");
    let mut make = Command::new("make");
    make.arg("-s").arg("-C").arg(repository("plugins/c")).arg("all");
    make.arg(format!("LIBRARY_DIR={}", library().parent().unwrap().display()));
    succeed(make.arg(format!("BUILD={}", folder.join("build").display())));
    for name in ["denoise", "inpaint"] {
        let usage = Command::new(folder.join("build").join(name)).output().unwrap();
        assert!(said(&usage).contains("usage"), "{}", said(&usage));
    }
}

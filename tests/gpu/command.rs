//! The command on a card, and what it says and leaves where a card fails.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::tempdir;

use super::pictures::{open, photo};
use super::program::{Ended, TINY, command, names, text};
use super::stand_in::StandIn;

/// The iterations of [`TINY`] are too few to fail between two of them.
const MORE: [&str; 2] = ["--iterations", "40"];

fn denoise(picture: &Path, output: &Path, device: &str) -> Command {
    let mut command = command(&["denoise", text(picture), "-o", text(output), "--device", device]);
    command.args(&TINY[2..]).args(MORE).args(["--input", "noise"]);
    command
}

/// The same with one of the stand-in's settings.
fn denoise_with(files: &Files, device: &str, setting: &str, value: &str) -> Ended {
    let mut command = denoise(&files.picture, &files.output, device);
    run(command.env(format!("DIPKIT_STAND_IN_{setting}"), value))
}

fn run(command: &mut Command) -> Ended {
    Ended::new(command.output().expect("the program starts"))
}

struct Files {
    folder: tempfile::TempDir,
    picture: PathBuf,
    output: PathBuf,
}

impl Files {
    fn new() -> Files {
        let folder = tempdir().unwrap();
        let picture = photo(folder.path(), "in.png");
        Files { output: folder.path().join("out.png"), picture, folder }
    }
}

#[test]
fn devices_names_the_card_or_why_there_is_none() {
    let Some(_stand_in) = StandIn::alone() else { return };
    let card = |setting: &str, value: &str| {
        let ended = run(command(&["devices"]).env(format!("DIPKIT_STAND_IN_{setting}"), value)).succeeds();
        assert_eq!(ended.stderr, "", "{setting}");
        let line = ended.stdout_text().lines().find(|line| line.starts_with("cuda 0")).unwrap().to_owned();
        assert!(ended.stdout_text().contains("cpu 0: available"), "{setting}");
        line
    };
    assert_eq!(card("DEVICES", "1"), "cuda 0: available: a CPU that runs CUDA kernels, 8.0 GiB");
    for (setting, value, words) in [
        ("DEVICES", "0", "there is no NVIDIA card"),
        ("DRIVER_VERSION", "11030", "of CUDA 11.3, is older than driver 470, of CUDA 11.4"),
        ("CAPABILITY", "61", "has compute capability 6.1, which is older than 7.5"),
        ("INIT_ERROR", "803", "803"),
    ] {
        let line = card(setting, value);
        assert!(line.starts_with("cuda 0: not available: ") && line.contains(words), "{line}");
    }
}

#[test]
fn without_a_driver_devices_says_so_and_a_fit_runs_on_the_cpu() {
    let Some(_stand_in) = StandIn::alone() else { return };
    let without = |command: &mut Command| run(command.env_remove("LD_LIBRARY_PATH"));
    let devices = without(&mut command(&["devices"])).succeeds();
    if devices.stdout_text().contains("cuda 0: available") {
        println!("nothing is tested, as this machine has a driver of its own");
        return;
    }
    assert!(devices.stdout_text().contains("cuda 0: not available: "), "{}", devices.stdout_text());
    assert!(devices.stdout_text().contains("the NVIDIA driver is not installed"), "{}", devices.stdout_text());
    assert_eq!(devices.stderr, "");
    let files = Files::new();
    let refused = without(&mut denoise(&files.picture, &files.output, "cuda"));
    refused.fails(2, &["in.png", "the NVIDIA driver is not installed"]);
    assert!(!files.output.exists());
    without(&mut denoise(&files.picture, &files.output, "auto")).succeeds();
    open(&files.output);
}

#[test]
fn a_fit_on_the_card_is_saved_and_its_device_reported() {
    let Some(_stand_in) = StandIn::alone() else { return };
    for device in ["cuda", "auto"] {
        let files = Files::new();
        let ended = run(denoise(&files.picture, &files.output, device).arg("--json")).succeeds();
        let done = ended.json().into_iter().find(|record| record["event"] == "done").unwrap();
        assert_eq!(done["device"], "cuda");
        open(&files.output);
    }
}

#[test]
fn too_little_memory_is_refused_with_both_numbers_and_what_to_do() {
    let Some(_stand_in) = StandIn::alone() else { return };
    let files = Files::new();
    let words =
        ["in.png", "needs ", "the graphics card's free memory allows 100000 bytes", "--tile-size", "--device cpu"];
    denoise_with(&files, "cuda", "MEMORY_BYTES", "100000").fails(4, &words);
    assert!(!files.output.exists());
    let ended = denoise_with(&files, "auto", "MEMORY_BYTES", "100000").succeeds();
    assert!(ended.stderr.contains("the graphics card is not used: "), "{}", ended.stderr);
    open(&files.output);
}

#[test]
fn kernels_that_the_driver_refuses_are_told() {
    let Some(_stand_in) = StandIn::alone() else { return };
    let files = Files::new();
    denoise_with(&files, "cuda", "PTX_ERROR", "218").fails(1, &["in.png", "kernels", "device cpu"]);
    let ended = denoise_with(&files, "auto", "PTX_ERROR", "218").succeeds();
    assert!(ended.stderr.contains("the graphics card is not used: "), "{}", ended.stderr);
}

/// As other failures in a fit do.
#[test]
fn a_card_that_fails_in_a_fit_leaves_the_best_picture_so_far() {
    let Some(_stand_in) = StandIn::alone() else { return };
    for (setting, value) in [("FAIL_REPLAY", "25"), ("LOST_AFTER", "1500")] {
        let files = Files::new();
        let ended = denoise_with(&files, "cuda", setting, value);
        let words =
            ["in.png", "on the graphics card", "--device cpu", "the best picture so far (iteration ", "out.png"];
        ended.fails(1, &words);
        open(&files.output);
    }
}

#[test]
fn a_card_that_fails_before_the_first_picture_leaves_nothing() {
    let Some(_stand_in) = StandIn::alone() else { return };
    for (setting, value) in [("FAIL_COPY", "1"), ("FAIL_WAIT", "1"), ("FAIL_LAUNCH", "3"), ("LOST_AFTER", "0")] {
        let files = Files::new();
        denoise_with(&files, "cuda", setting, value).fails(1, &["in.png", "--device cpu"]);
        assert_eq!(names(files.folder.path()), ["in.png"], "{setting}");
    }
}

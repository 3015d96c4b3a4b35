//! "-" is standard input and output.

use super::pictures::{mask, open, photo, save};
use super::program::{TINY, restore, run, run_with_stdin};
use std::fs;
use tempfile::tempdir;

#[test]
fn picture_goes_through_a_pipe() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let args = [&["denoise", "-", "-o", "-"][..], TINY].concat();
    let ended = run_with_stdin(&args, &fs::read(&picture).unwrap()).succeeds();
    let piped = image::load_from_memory_with_format(&ended.stdout, image::ImageFormat::Png).unwrap();
    // The same as with files, and nothing else on standard output.
    let output = folder.path().join("out.png");
    restore("denoise", &picture, &output, &[]).succeeds();
    assert_eq!(ended.stdout, fs::read(&output).unwrap());
    assert_eq!(piped, open(&output));
}

#[test]
fn json_and_picture_on_one_pipe_are_refused() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    run(&["denoise", picture.to_str().unwrap(), "-o", "-", "--json"]).fails(2, &["--json", "choose one"]);
}

#[test]
fn empty_pipe_is_refused() {
    let args = [&["denoise", "-", "-o", "-"][..], TINY].concat();
    run_with_stdin(&args, b"").fails(2, &["standard input", "empty"]);
}

#[test]
fn closed_pipe_does_not_panic() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let mut args = vec!["denoise", picture.to_str().unwrap(), "-o", "-"];
    args.extend(TINY);
    let mut child = super::program::command(&args).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(ended.status.code(), Some(2), "{stderr}");
}

#[test]
fn quiet_says_nothing() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let ended = restore("denoise", &picture, &folder.path().join("out.jpg"), &["--quiet"]).succeeds();
    assert!(ended.stdout.is_empty() && ended.stderr.is_empty(), "{}", ended.stderr);
}

/// Both were read twice, the second time to nothing.
#[test]
fn mask_and_guide_come_from_standard_input() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let mask = save(&mask(24, 20), folder.path(), "mask.png");
    for (task, flag, companion) in [("inpaint", "--mask", &mask), ("denoise", "--guide", &picture)] {
        let output = folder.path().join("out.png");
        let from = |source: &str| {
            let args = [task, picture.to_str().unwrap(), flag, source, "-o", output.to_str().unwrap()];
            [&args[..], TINY].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        run_with_stdin(&from("-"), &fs::read(companion).unwrap()).succeeds();
        let piped = fs::read(&output).unwrap();
        run(&from(companion.to_str().unwrap())).succeeds();
        assert!(piped == fs::read(&output).unwrap(), "{task}");
    }
}

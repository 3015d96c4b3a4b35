//! Fits that are interrupted and gone on with: their results are those of fits that never were.

use super::pictures::{mask, open, photo, rgb8, save};
use super::program::{Ended, TINY, command, names, restore, run, text};
use super::tiffs::{pages, stack};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};

/// One iteration a start, whatever the machine.
const SHORT: [&str; 3] = ["--resume", "--time-limit", "0.001"];

/// More iterations than [`TINY`] has.
const LONGER: [&str; 4] = ["--iterations", "5", "--early-stop", "0"];

/// [`TINY`] with other iterations; a flag may stand only once.
fn flags<'a>(iterations: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [iterations, &TINY[2..], more].concat()
}

fn fit(task: &str, picture: &Path, output: &Path, more: &[&str]) -> Ended {
    run(&[&[task, text(picture), "-o", text(output)], &flags(&LONGER, more)[..]].concat())
}

/// Starts until the result is finished, one iteration each time, and counts the starts.
#[track_caller]
fn fit_bit_by_bit(task: &str, picture: &Path, output: &Path, more: &[&str]) -> usize {
    let checkpoint = PathBuf::from(format!("{}.dipkit", text(output)));
    for start in 1..200 {
        fit(task, picture, output, &[&SHORT[..], more].concat()).succeeds();
        assert!(output.exists());
        if !checkpoint.exists() {
            return start;
        }
    }
    panic!("the fit does not end");
}

fn same(a: &Path, b: &Path) -> bool {
    fs::read(a).unwrap() == fs::read(b).unwrap()
}

/// A picture, the result of a fit that was not interrupted, and a place for another.
fn three(folder: &TempDir, task: &str, more: &[&str]) -> [PathBuf; 3] {
    let picture = save(&rgb8(24, 20), folder.path(), "in.png");
    let [whole, output] = ["whole.png", "out.png"].map(|name| folder.path().join(name));
    fit(task, &picture, &whole, more).succeeds();
    [picture, whole, output]
}

#[test]
fn time_limits_keep_the_fit_of_every_task() {
    for task in ["denoise", "dejpeg", "super-resolve", "inpaint"] {
        let folder = tempdir().unwrap();
        let holes = save(&mask(24, 20), folder.path(), "holes.png");
        let more = if task == "inpaint" { vec!["--mask", text(&holes)] } else { Vec::new() };
        let [picture, whole, output] = three(&folder, task, &more);
        assert!(fit_bit_by_bit(task, &picture, &output, &more) > 1, "{task}");
        assert!(same(&whole, &output), "{task}");
        assert_eq!(names(folder.path()), ["holes.png", "in.png", "out.png", "whole.png"], "{task}");
    }
}

#[test]
fn tiles_and_runs_go_on_to_the_same_bytes() {
    let folder = tempdir().unwrap();
    let picture = save(&rgb8(70, 40), folder.path(), "in.png");
    let [whole, output] = ["whole.png", "out.png"].map(|name| folder.path().join(name));
    let more = ["--tile-size", "64", "--runs", "2", "--noise-level", "8"];
    fit("denoise", &picture, &whole, &more).succeeds();
    let starts = fit_bit_by_bit("denoise", &picture, &output, &more);
    // Two tiles, two runs each.
    assert!(starts > 4, "{starts}");
    assert!(same(&whole, &output));
}

#[test]
fn pages_go_on_to_the_same_bytes() {
    let folder = tempdir().unwrap();
    let [picture, whole, output] = ["in.tif", "whole.tif", "out.tif"].map(|name| folder.path().join(name));
    stack(&picture, &[10, 90, 180]);
    fit("denoise", &picture, &whole, &["--noise-level", "8"]).succeeds();
    let first = fit("denoise", &picture, &output, &[&SHORT[..], &["--noise-level", "8", "--json"]].concat()).succeeds();
    assert_eq!(first.json().last().unwrap()["pages_done"], 0);
    // What no fit has reached is as it was given.
    assert_eq!(pages(&output)[2..], pages(&picture)[3..]);
    assert!(fit_bit_by_bit("denoise", &picture, &output, &["--noise-level", "8"]) > 3);
    assert!(same(&whole, &output));
    assert_eq!(names(folder.path()), ["in.tif", "out.tif", "whole.tif"]);
}

#[test]
fn a_fit_that_goes_on_says_so() {
    let folder = tempdir().unwrap();
    let (picture, output) = (photo(folder.path(), "in.png"), folder.path().join("out.png"));
    let first = fit("denoise", &picture, &output, &[&SHORT[..], &["--json"]].concat()).succeeds();
    let cut = first.json().pop().unwrap();
    assert_eq!((&cut["state"], &cut["is_resumed"]), (&"out of time".into(), &false.into()));
    assert!(first.stderr.contains("--resume goes on"), "{}", first.stderr);
    let second = fit("denoise", &picture, &output, &["--resume", "--json"]).succeeds();
    let records = second.json();
    assert_eq!(records[0]["event"], "resumed");
    for field in ["iterations", "seconds"] {
        let begun = if field == "iterations" { "iteration" } else { field };
        assert_eq!(records[0][begun], cut[field], "{field}");
    }
    let done = records.last().unwrap();
    assert_eq!((&done["state"], &done["is_resumed"]), (&"finished".into(), &true.into()));
    assert!(done["seconds"].as_f64() > cut["seconds"].as_f64());
    assert!(second.stderr.contains("out.png.dipkit, iteration"), "{}", second.stderr);
}

/// A script may give both flags always.
#[test]
fn resume_without_a_checkpoint_starts_and_a_checkpoint_without_resume_is_refused() {
    let folder = tempdir().unwrap();
    let [picture, whole, output] = three(&folder, "denoise", &[]);
    let kept = folder.path().join("fit.dipkit");
    let keeping = ["--checkpoint", text(&kept), "--checkpoint-every", "0"];
    fit("denoise", &picture, &output, &[&keeping[..], &["--resume"]].concat()).succeeds();
    assert!(same(&whole, &output) && !kept.exists());
    fs::remove_file(&output).unwrap();

    fit("denoise", &picture, &output, &[&keeping[..], &["--time-limit", "0.001"]].concat()).succeeds();
    let before = (fs::read(&kept).unwrap(), fs::read(&output).unwrap());
    fit("denoise", &picture, &output, &keeping).fails(2, &["fit.dipkit", "--resume", "remove it"]);
    assert_eq!((fs::read(&kept).unwrap(), fs::read(&output).unwrap()), before);
    fit("denoise", &picture, &output, &[&keeping[..], &["--resume"]].concat()).succeeds();
    assert!(same(&whole, &output) && !kept.exists());
}

#[test]
fn another_picture_option_or_task_is_refused_and_changes_nothing() {
    let folder = tempdir().unwrap();
    let [picture, _, output] = three(&folder, "denoise", &[]);
    let other = save(&rgb8(24, 20).brighten(9), folder.path(), "other.png");
    let kept = folder.path().join("fit.dipkit");
    let keeping = ["--checkpoint", text(&kept), "--resume"];
    fit("denoise", &picture, &output, &[&keeping[..], &["--time-limit", "0.001"]].concat()).succeeds();
    fs::remove_file(&output).unwrap();
    let before = fs::read(&kept).unwrap();
    fit("denoise", &other, &output, &keeping).fails(2, &["other.png", "fit.dipkit", "another image", "remove"]);
    let seed = [&keeping[..], &["--seed", "7"]].concat();
    fit("denoise", &picture, &output, &seed).fails(2, &["fit.dipkit", "seed 0, now 7", "remove"]);
    fit("dejpeg", &picture, &output, &keeping).fails(2, &["task denoise, now dejpeg"]);
    let level = [&keeping[..], &["--noise-level", "8"]].concat();
    fit("denoise", &picture, &output, &level).fails(2, &["--noise-level auto, now 8"]);
    assert_eq!(fs::read(&kept).unwrap(), before);
    assert!(!output.exists());
}

#[test]
fn strength_and_threads_may_be_others_when_a_fit_goes_on() {
    let folder = tempdir().unwrap();
    let [picture, whole, output] = three(&folder, "denoise", &["--strength", "0.5"]);
    fit("denoise", &picture, &output, &[&SHORT[..], &["--threads", "2"]].concat()).succeeds();
    fit("denoise", &picture, &output, &["--resume", "--threads", "1", "--strength", "0.5"]).succeeds();
    assert!(same(&whole, &output));
}

#[test]
fn a_damaged_checkpoint_is_refused_and_left_alone() {
    let folder = tempdir().unwrap();
    let [picture, _, output] = three(&folder, "denoise", &[]);
    let kept = folder.path().join("out.png.dipkit");
    fit("denoise", &picture, &output, &SHORT).succeeds();
    fs::remove_file(&output).unwrap();
    let whole = fs::read(&kept).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() - 9] ^= 4;
    for damaged in [&whole[..whole.len() / 2], &changed, b"", &fs::read(&picture).unwrap()] {
        fs::write(&kept, damaged).unwrap();
        fit("denoise", &picture, &output, &["--resume"])
            .fails(2, &["out.png.dipkit", "no whole saved session", "remove"]);
        assert_eq!(fs::read(&kept).unwrap(), damaged);
        assert!(!output.exists());
    }
}

#[test]
fn flags_that_make_no_sense_together_are_refused() {
    let folder = tempdir().unwrap();
    let (picture, output) = (photo(folder.path(), "in.png"), folder.path().join("out.png"));
    let missing = folder.path().join("missing/fit.dipkit");
    let refused: [(&[&str], &[&str]); 7] = [
        (&["--checkpoint-every", "5"], &["--checkpoint-every", "--resume or --checkpoint FILE"]),
        (&["--checkpoint", "-"], &["--checkpoint", "needs a file"]),
        (&["--checkpoint", text(&missing)], &["missing", "no such folder"]),
        (&["--checkpoint", text(folder.path())], &["is a folder"]),
        (&["--checkpoint", text(&picture), "--resume"], &["--checkpoint would write over what is read"]),
        (&["--checkpoint", text(&output), "--resume"], &["-o", "--checkpoint", "would both be written"]),
        (&["--resume", "--checkpoint-every", "often"], &["--checkpoint-every", "90s"]),
    ];
    for (more, words) in refused {
        restore("denoise", &picture, &output, more).fails(2, words);
    }
    run(&["denoise", text(&picture), "--output-dir", text(folder.path()), "--checkpoint", "x"])
        .fails(2, &["--checkpoint", "--resume alone"]);
    run(&["denoise", text(&picture), "-o", "-", "--resume"]).fails(2, &["--checkpoint FILE"]);
    assert_eq!(names(folder.path()), ["in.png"]);
}

/// Two pictures, of which a time limit leaves both unfinished.
#[test]
fn a_batch_goes_on_with_what_is_unfinished_and_skips_the_rest() {
    let folder = tempdir().unwrap();
    let [input, output, whole] = ["in", "out", "whole"].map(|name| folder.path().join(name));
    fs::create_dir(&input).unwrap();
    photo(&input, "a.png");
    save(&rgb8(20, 24), &input, "b.png");
    let batch = |output: &Path, more: &[&str]| {
        run(&[&["denoise", text(&input), "--output-dir", text(output)], &flags(&LONGER, more)[..]].concat()).succeeds()
    };
    batch(&whole, &[]);
    batch(&output, &SHORT);
    assert_eq!(names(&output), ["a.png", "a.png.dipkit", "b.png", "b.png.dipkit"]);
    // A finished one.
    fs::remove_file(output.join("b.png.dipkit")).unwrap();
    fs::copy(whole.join("b.png"), output.join("b.png")).unwrap();
    let ended = batch(&output, &["--resume", "--json"]);
    let summary = ended.json().pop().unwrap();
    assert_eq!((&summary["done"], &summary["skipped"]), (&1.into(), &1.into()));
    assert_eq!(names(&output), ["a.png", "b.png"]);
    assert!(["a.png", "b.png"].iter().all(|name| same(&output.join(name), &whole.join(name))));
}

#[cfg(unix)]
mod signals {
    use super::*;
    use crate::interrupts::signals::{send, wait};
    use std::io::{BufRead, BufReader};
    use std::time::{Duration, SystemTime};

    /// Long enough that a signal meets the fit.
    const LONG: [&str; 4] = ["--iterations", "2000", "--early-stop", "0"];

    /// Times and names of the checkpoints in a folder.
    fn checkpoints(folder: &Path) -> Vec<(Option<SystemTime>, String)> {
        let names = names(folder).into_iter().filter(|name| name.ends_with(".dipkit") && !name.starts_with('.'));
        // One may go while the others are listed.
        let time = |name: &String| fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
        names.map(|name| (time(&name), name)).collect()
    }

    /// Sends `signal` to a start that has written a checkpoint into `folder`, `pause` later.
    fn stop(args: &[&str], folder: &Path, signal: i32, pause: Duration) -> (Option<i32>, String) {
        let old = checkpoints(folder);
        let mut child = command(args).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && checkpoints(folder) == old {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(pause);
        if child.try_wait().unwrap().is_none() {
            send(&child, signal);
        }
        let (status, stderr) = wait(child);
        (status.code(), stderr)
    }

    /// Signals until the fit has been met `wanted` times; one that was quicker than its signal begins anew.
    fn stop_often(
        args: &[&str],
        [output, checkpoint]: [&Path; 2],
        signal: i32,
        wanted: usize,
    ) -> Vec<(Option<i32>, String)> {
        let folder = checkpoint.parent().unwrap();
        let mut met = Vec::new();
        for start in 0..20 {
            let ended = stop(args, folder, signal, Duration::from_millis(37 * (start % 4)));
            if output.exists() {
                fs::remove_file(output).unwrap();
                met.clear();
                continue;
            }
            assert!(checkpoint.exists(), "{}", ended.1);
            met.push(ended);
            if met.len() == wanted {
                return met;
            }
        }
        panic!("each of 20 fits was quicker than its signal");
    }

    fn killed_and_resumed(name: &str, given: impl Fn(&Path), more: &[&str], wanted: usize) {
        let folder = tempdir().unwrap();
        let picture = folder.path().join(format!("in.{name}"));
        given(&picture);
        let [whole, output] = ["whole", "out"].map(|stem| folder.path().join(format!("{stem}.{name}")));
        let checkpoint = PathBuf::from(format!("{}.dipkit", text(&output)));
        let more = flags(&LONG, more);
        run(&[&["denoise", text(&picture), "-o", text(&whole)], &more[..]].concat()).succeeds();
        let resuming = [&["denoise", text(&picture), "-o", text(&output), "--resume"], &more[..]].concat();
        let every = [&resuming[..], &["--checkpoint-every", "0"]].concat();
        stop_often(&every, [&output, &checkpoint], libc::SIGKILL, wanted);
        run(&resuming).succeeds();
        assert!(same(&whole, &output));
        assert!(!checkpoint.exists());
    }

    #[test]
    fn a_killed_fit_goes_on_to_the_same_bytes() {
        let given = |path: &Path| drop(save(&rgb8(24, 20), path.parent().unwrap(), "in.png"));
        killed_and_resumed("png", given, &["--runs", "2", "--noise-level", "8"], 3);
    }

    #[test]
    fn killed_pages_go_on_to_the_same_bytes() {
        killed_and_resumed("tif", |path| stack(path, &[10, 90]), &["--noise-level", "8"], 3);
    }

    /// The folder is renamed under the running fit.
    #[test]
    fn a_checkpoint_that_cannot_be_written_is_told_and_ctrl_c_saves_the_picture() {
        let folder = tempdir().unwrap();
        let (picture, output) = (photo(folder.path(), "in.png"), folder.path().join("out.png"));
        let [place, gone] = ["place", "gone"].map(|name| folder.path().join(name));
        fs::create_dir(&place).unwrap();
        let kept = place.join("fit.dipkit");
        let more = flags(&["--iterations", "1000000", "--early-stop", "0"], &["--checkpoint-every", "0"]);
        let args = ["denoise", text(&picture), "-o", text(&output), "--checkpoint", text(&kept)];
        let mut child = command(&[&args[..], &more].concat()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        while !kept.exists() {
            assert!(child.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(2));
        }
        fs::rename(&place, &gone).unwrap();
        let warning = lines.find(|line| line.starts_with("warning: checkpoint")).unwrap();
        assert!(warning.contains("fit.dipkit") && warning.contains("the fit goes on"), "{warning}");
        send(&child, libc::SIGINT);
        let error = lines.find(|line| line.starts_with("error: ")).unwrap();
        assert!(error.contains("the checkpoint is not written") && error.contains("out.png"), "{error}");
        assert_eq!(child.wait().unwrap().code(), Some(130));
        open(&output);
    }

    /// The checkpoint has the picture so far, so the result's name is left to the finished one.
    #[test]
    fn ctrl_c_and_schedulers_signals_write_the_checkpoint() {
        let folder = tempdir().unwrap();
        let [picture, whole, output] = ["in.png", "whole.png", "out.png"].map(|name| folder.path().join(name));
        photo(folder.path(), "in.png");
        let more = flags(&LONG, &["--noise-level", "8"]);
        run(&[&["denoise", text(&picture), "-o", text(&whole)], &more[..]].concat()).succeeds();
        let checkpoint = folder.path().join("fit.dipkit");
        let args = ["denoise", text(&picture), "-o", text(&output), "--checkpoint", text(&checkpoint), "--resume"];
        let args = [&args[..], &more].concat();
        for (signal, expected) in [(libc::SIGINT, 130), (libc::SIGTERM, 75), (libc::SIGUSR1, 75)] {
            let every = [&args[..], &["--checkpoint-every", "0.05"]].concat();
            let (status, said) = stop_often(&every, [&output, &checkpoint], signal, 1).pop().unwrap();
            assert_eq!(status, Some(expected), "{said}");
            assert!(said.contains("stopped at iteration"), "{said}");
            assert!(said.contains("--resume goes on from") && said.contains("fit.dipkit"), "{said}");
            assert_eq!(names(folder.path()), ["fit.dipkit", "in.png", "whole.png"]);
        }
        run(&args).succeeds();
        assert!(same(&whole, &output));
        assert_eq!(names(folder.path()), ["in.png", "out.png", "whole.png"]);
    }

    #[test]
    fn a_killed_batch_goes_on_in_the_midst_of_a_picture() {
        let folder = tempdir().unwrap();
        let [input, output, whole] = ["in", "out", "whole"].map(|name| folder.path().join(name));
        fs::create_dir(&input).unwrap();
        for name in ["a.png", "b.png"] {
            photo(&input, name);
        }
        let more = flags(&LONG, &["--noise-level", "8"]);
        let batch =
            |output: &Path| [&["denoise", text(&input), "--output-dir", text(output)], &more[..]].concat().join("\n");
        let (plain, resuming) = (batch(&whole), batch(&output));
        run(&plain.lines().collect::<Vec<_>>()).succeeds();
        let resuming = [resuming.lines().collect::<Vec<_>>(), vec!["--resume"]].concat();
        let every = [&resuming[..], &["--checkpoint-every", "0"]].concat();
        fs::create_dir(&output).unwrap();
        let [a, kept] = ["a.png", "a.png.dipkit"].map(|name| output.join(name));
        stop_often(&every, [&a, &kept], libc::SIGKILL, 1);
        let ended = run(&[&resuming[..], &["--json"]].concat()).succeeds();
        let resumed: Vec<_> = ended.json().into_iter().filter(|record| record["event"] == "resumed").collect();
        assert!(resumed[0]["input"].as_str().unwrap().ends_with("a.png"), "{resumed:?}");
        assert!(resumed[0]["iteration"].as_u64() > Some(0), "{resumed:?}");
        assert!(["a.png", "b.png"].iter().all(|name| same(&output.join(name), &whole.join(name))));
    }
}

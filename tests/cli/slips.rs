//! Slips that would cost somebody a file or a night: names used twice, and results that cannot be written.

use super::pictures::{mask, photo, save};
use super::program::{restore, run, text};
use std::fs;
use tempfile::tempdir;

#[test]
fn what_is_read_is_not_written_over() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let holes = save(&mask(24, 20), folder.path(), "mask.png");
    let before = [&picture, &holes].map(|path| fs::read(path).unwrap());
    let output = folder.path().join("out.png");
    restore("denoise", &picture, &output, &["--preview", text(&picture)])
        .fails(2, &["in.png: --preview would write over what is read (a picture)"]);
    restore("inpaint", &picture, &holes, &["--mask", text(&holes)])
        .fails(2, &["-o would write over what is read (the mask)"]);
    restore("denoise", &picture, &output, &["--truth", text(&picture), "--preview", text(&picture)])
        .fails(2, &["--preview would write over what is read"]);
    assert_eq!([&picture, &holes].map(|path| fs::read(path).unwrap()), before);
    assert!(!output.exists());
}

/// Only what the command line itself names was compared with what is written.
#[test]
fn pictures_and_masks_of_folders_are_not_written_over_either() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    ["in", "masks", "out"].into_iter().for_each(|name| fs::create_dir(at(name)).unwrap());
    let (one, two) = (photo(&at("in"), "a.png"), photo(&at("in"), "before_after.png"));
    let holes = ["a.png", "before_after.png"].map(|name| save(&mask(24, 20), &at("masks"), name));
    let truth = photo(&at("out"), "a.png");
    let all = [&one, &two, &holes[0], &holes[1], &truth];
    let before = all.map(|path| fs::read(path).unwrap());
    let [input, masks, output] = ["in", "masks", "out"].map(at);
    let [input, masks, output] = [&input, &masks, &output].map(|path| text(path));
    let inpaint = ["inpaint", text(&one), "--mask-dir", masks];
    let slips: [&[&str]; 8] = [
        &["denoise", input, "--output-dir", "x", "--preview", text(&one)],
        &["inpaint", input, "--mask-dir", masks, "--output-dir", "x", "--preview", text(&holes[0])],
        &[&inpaint[..], &["-o", text(&holes[0])]].concat(),
        &["inpaint", text(&one), "--mask", text(&holes[0]), "--output-dir", masks, "--overwrite"],
        &["denoise", text(&one), "--truth", text(&truth), "--output-dir", output, "--overwrite"],
        &["denoise", text(&one), "--guide", text(&truth), "--output-dir", output, "--overwrite"],
        &["denoise", text(&two), "-o", "x.png", "--report", input],
        &["denoise", input, "--output-dir", input, "--overwrite"],
    ];
    for slip in slips {
        run(slip).fails(2, &["would write over what is read"]);
    }
    // Skipped in the end, since there was a picture of its name.
    let preview = at("out").join("before_after.png");
    run(&["denoise", input, "--output-dir", output, "--preview", text(&preview)]).fails(2, &["would both be written"]);
    let no_prior = photo(&at("in"), "no_prior.png");
    run(&["curves", text(&no_prior), "-o", input, "--prior"]).fails(2, &["would write over what is read"]);
    assert_eq!(all.map(|path| fs::read(path).unwrap()), before);
    assert!(!folder.path().join("x").exists());
}

#[test]
fn standard_input_is_one_file() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("out.png");
    run(&["inpaint", "-", "--mask", "-", "-o", text(&output)]).fails(2, &["one file only"]);
    run(&["compare", "-", "-"]).fails(2, &["one file only"]);
}

#[test]
fn memory_is_given_in_any_usual_unit() {
    let folder = tempdir().unwrap();
    let (picture, output) = (photo(folder.path(), "in.png"), folder.path().join("out.png"));
    for unit in ["1T", "4GB", "4 GiB", "5e9"] {
        restore("denoise", &picture, &output, &["--memory-limit", unit]).succeeds();
    }
    restore("denoise", &picture, &output, &["--memory-limit", "4X"]).fails(2, &["--memory-limit", "K, M, G or T"]);
    restore("denoise", &picture, &output, &["--time-limit", "1h-30m"]).fails(2, &["--time-limit"]);
}

#[test]
fn a_comparison_says_what_it_cannot_show() {
    let folder = tempdir().unwrap();
    let flat = |value: f32| image::Rgb32FImage::from_pixel(32, 32, image::Rgb([value; 3]));
    let [bright, white, none] = [("bright.exr", 8.0), ("white.exr", 1.0), ("none.exr", f32::NAN)]
        .map(|(name, value)| save(&flat(value).into(), folder.path(), name));
    let said = |other| run(&["compare", text(other), text(&white)]).succeeds().stderr;
    assert!(said(&bright).contains("bright.exr: has samples beyond 0 to 1"));
    assert!(said(&none).contains("none.exr: has samples that are not numbers"));
    assert_eq!(said(&white), "");
    let output = folder.path().join("out.exr");
    let restored = restore("denoise", &none, &output, &[]).succeeds();
    assert!(restored.stderr.contains("3072 samples are not numbers"), "{}", restored.stderr);
}

#[test]
fn curves_that_did_not_start_leave_the_last_ones() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let curves = folder.path().join("losses.csv");
    fs::write(&curves, "of another day").unwrap();
    run(&["curves", text(&picture), "-o", text(folder.path()), "--memory-limit", "1K"]).fails(4, &["--memory-limit"]);
    assert_eq!(fs::read_to_string(&curves).unwrap(), "of another day");
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_not_replaced() {
    let folder = tempdir().unwrap();
    let (picture, link) = (photo(folder.path(), "in.png"), folder.path().join("out.png"));
    std::os::unix::fs::symlink("nowhere.png", &link).unwrap();
    restore("denoise", &picture, &link, &[]).fails(2, &["out.png: is a link to a file that is not there"]);
    assert!(link.is_symlink());
}

#[test]
fn folders_with_two_meanings_are_refused() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let done = folder.path().join("done");
    let args = ["denoise", text(&picture), "--output-dir", text(&done), "--report", text(&done)];
    run(&args).fails(2, &["--report and --output-dir name the same folder"]);
    let masks = folder.path().join("masks");
    fs::create_dir(&masks).unwrap();
    save(&mask(24, 20), &masks, "in.png");
    let args = ["inpaint", text(&picture), "--mask-dir", text(&masks), "--output-dir", text(&masks)];
    run(&args).fails(2, &["--output-dir would write over what is read (the mask)"]);
    let holes = masks.join("in.png");
    let args = ["inpaint", text(&picture), "--mask-dir", text(&masks), "--mask", text(&holes), "--output-dir", "x"];
    run(&args).fails(2, &["--mask and --mask-dir exclude each other"]);
}

#[test]
fn one_bright_sample_does_not_change_how_the_rest_compares() {
    let folder = tempdir().unwrap();
    let white = |peak: f32| {
        image::Rgb32FImage::from_fn(32, 32, |x, y| image::Rgb([if (x, y) == (3, 3) { peak } else { 1.0 }; 3]))
    };
    let [one, two] =
        [("one.exr", 1.0), ("two.exr", 1.01)].map(|(name, peak)| save(&white(peak).into(), folder.path(), name));
    let line = run(&["compare", text(&one), text(&two), "--json"]).succeeds().json().pop().unwrap();
    // But for rounding.
    assert!(line["psnr"].as_f64().is_none_or(|psnr| psnr > 100.0), "{line}");
}

#[test]
fn bench_says_when_it_had_no_time() {
    run(&["bench", "--size", "32", "--time-limit", "0.0001"]).fails(2, &["--time-limit", "give it more"]);
}

#[cfg(target_os = "linux")]
mod linux {
    use super::super::pictures::{photo, rgb8, save};
    use super::super::program::{TINY, command, names, text};
    use std::fs;
    use std::time::{Duration, Instant};
    use tempfile::tempdir;

    #[test]
    fn every_result_that_a_full_disk_refuses_is_kept() {
        let folder = tempdir().unwrap();
        let [input, full, rescue] = ["in", "full", "rescue"].map(|name| folder.path().join(name));
        [&input, &full, &rescue].into_iter().for_each(|path| fs::create_dir(path).unwrap());
        for name in ["a.png", "b.png"] {
            photo(&input, name);
            std::os::unix::fs::symlink("/dev/full", full.join(name)).unwrap();
        }
        let mut args = vec!["denoise", text(&input), "--output-dir", text(&full), "--overwrite"];
        args.extend(TINY);
        let ended = command(&args).env("TMPDIR", &rescue).output().unwrap();
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(3), "{stderr}");
        let kept = names(&rescue);
        assert_eq!(kept.len(), 2, "{stderr}");
        assert!(kept.iter().all(|name| stderr.contains(name)), "{kept:?}: {stderr}");
    }

    #[test]
    fn an_answer_that_cannot_be_written_is_a_failure() {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ended = command(&["devices"]).stdout(full).output().unwrap();
        assert_eq!(ended.status.code(), Some(6), "{}", String::from_utf8_lossy(&ended.stderr));
    }

    /// The signal for it ended the program, and with it the result.
    #[test]
    fn a_file_that_may_not_grow_keeps_what_was_there() {
        let folder = tempdir().unwrap();
        let picture = save(&rgb8(200, 160), folder.path(), "in.png");
        let output = folder.path().join("out.bmp");
        fs::write(&output, "of another day").unwrap();
        let script = "ulimit -f 8; exec \"$@\"";
        let args =
            [&["-c", script, "sh", env!("CARGO_BIN_EXE_dipkit"), "denoise", text(&picture), "-o", text(&output)], TINY];
        let ended = std::process::Command::new("sh").args(args.concat()).output().unwrap();
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(6), "{stderr}");
        assert!(stderr.contains("may not grow so large"), "{stderr}");
        assert_eq!(fs::read_to_string(&output).unwrap(), "of another day");
        assert_eq!(names(folder.path()), ["in.png", "out.bmp"]);
    }

    #[test]
    fn ctrl_c_ends_bench() {
        let args = ["bench", "--size", "48", "--iterations", "10000000", "--early-stop", "0"];
        let child = command(&args).spawn().unwrap();
        // Bit 1 is that of signal 2: from then on the program has it.
        let takes_it = || {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
            u64::from_str_radix(caught, 16).unwrap() & 2 > 0
        };
        let start = Instant::now();
        while !takes_it() {
            assert!(start.elapsed() < Duration::from_secs(30), "Ctrl-C is not taken");
            std::thread::sleep(Duration::from_millis(5));
        }
        // SAFETY: kill takes no pointers; the process is our child and not yet waited for.
        assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) }, 0);
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    }
}

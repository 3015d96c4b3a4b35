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
        .fails(2, &["--preview is the picture itself"]);
    restore("inpaint", &picture, &holes, &["--mask", text(&holes)]).fails(2, &["-o is a file that is read"]);
    restore("denoise", &picture, &output, &["--truth", text(&picture), "--preview", text(&picture)])
        .fails(2, &["--preview is a file that is read"]);
    assert_eq!([&picture, &holes].map(|path| fs::read(path).unwrap()), before);
    assert!(!output.exists());
}

#[test]
fn folders_with_two_meanings_are_refused() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let done = folder.path().join("done");
    let args = ["denoise", text(&picture), "--output-dir", text(&done), "--report", text(&done)];
    run(&args).fails(2, &["--report and --output-dir are one folder"]);
    let masks = folder.path().join("masks");
    fs::create_dir(&masks).unwrap();
    save(&mask(24, 20), &masks, "in.png");
    let args = ["inpaint", text(&picture), "--mask-dir", text(&masks), "--output-dir", text(&masks)];
    run(&args).fails(2, &["folder of the masks"]);
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
    use super::super::pictures::photo;
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

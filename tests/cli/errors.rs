//! Wrong input ends with 2 and one line that says what to do, before any work; other ends have their own
//! status and say what was kept.

use super::pictures::{open, photo};
use super::program::{data, names, restore, run};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::tempdir;

#[test]
fn values_out_of_range_are_refused_by_their_flag() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let output = folder.path().join("out.png");
    let cases: &[(&str, &str, &str)] = &[
        ("--factor", "9", "2 to 8"),
        ("--iterations", "0", "1 to"),
        ("--iterations", "1.5", "not whole"),
        ("--learning-rate", "NaN", "must be"),
        ("--learning-rate", "-1", "must be"),
        ("--strength", "2", "0 to 1"),
        ("--device", "quantum", "cpu"),
        ("--time-limit", "soon", "90s"),
        ("--time-limit", "-5", "--time-limit"),
        ("--memory-limit", "lots", "--memory-limit"),
        ("--quality", "best", "balanced"),
    ];
    for (flag, value, words) in cases {
        let args = ["super-resolve", picture.to_str().unwrap(), "-o", output.to_str().unwrap(), flag, value];
        run(&args).fails(2, &[flag, value, words]);
        assert!(!output.exists());
    }
}

#[test]
fn usage_errors_exit_with_2() {
    for args in [&["denoise"][..], &["denoise", "x.png", "--no-such-flag"], &["restore"], &[]] {
        assert_eq!(run(args).status, 2, "{args:?}");
    }
}

#[test]
fn help_says_what_the_qualities_mean() {
    for task in ["denoise", "dejpeg", "super-resolve", "inpaint"] {
        let help = run(&[task, "--help"]).succeeds().stdout_text();
        for words in ["Muon", "stops by itself", "third of the iterations", "--learning-rate", "--seed"] {
            assert!(help.contains(words), "{task}: no \"{words}\"");
        }
    }
}

#[test]
fn missing_files_are_named() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let output = folder.path().join("out.png");
    restore("denoise", &folder.path().join("none.png"), &output, &[]).fails(2, &["none.png", "no such file"]);
    let flags = ["--truth", "none.png"];
    restore("denoise", &picture, &output, &flags).fails(2, &["none.png", "no such file"]);
}

#[test]
fn truth_of_another_size_is_refused_before_the_fit() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let flags = ["--truth", data("icc_wide_gamut.png").to_str().unwrap()].map(String::from);
    let flags = flags.each_ref().map(String::as_str);
    let output = folder.path().join("out.png");
    restore("denoise", &picture, &output, &flags).fails(2, &["301x200", "24x20"]);
    assert_eq!(names(folder.path()), ["in.png"]);
}

/// The fit would take hours: that it ends at once shows that the target was tried first.
#[track_caller]
fn refused_at_once(picture: &Path, output: &Path, words: &[&str]) {
    let start = Instant::now();
    let args = ["denoise", picture.to_str().unwrap(), "-o", output.to_str().unwrap(), "--iterations", "1000000"];
    run(&args).fails(2, words);
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn targets_that_cannot_be_written_are_found_before_the_fit() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    refused_at_once(&picture, &folder.path().join("none/out.png"), &["none", "no such folder"]);
    refused_at_once(&picture, &picture.join("out.png"), &["in.png", "not a folder"]);
    refused_at_once(&picture, folder.path(), &["is a folder"]);
    refused_at_once(&picture, &folder.path().join("out.xyz"), &["out.xyz", "extension"]);
    assert_eq!(names(folder.path()), ["in.png"]);
}

#[test]
fn write_protected_target_is_refused() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let target = photo(folder.path(), "out.png");
    let before = fs::read(&target).unwrap();
    let mut permissions = fs::metadata(&target).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&target, permissions).unwrap();
    refused_at_once(&picture, &target, &["out.png", "write-protected"]);
    assert_eq!(fs::read(&target).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn folder_without_permission_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(closed.join("probe"), b"").is_ok() {
        eprintln!("skipped: this user writes into folders without permission");
        return;
    }
    refused_at_once(&picture, &closed.join("out.png"), &["closed", "permissions"]);
}

#[test]
fn device_file_is_written_and_not_replaced() {
    if !Path::new("/dev/null").exists() {
        eprintln!("skipped: no /dev/null here");
        return;
    }
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    restore("denoise", &picture, Path::new("/dev/null"), &[]).succeeds();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn existing_output_is_replaced_and_nothing_else_is_left() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let output = folder.path().join("out.png");
    fs::write(&output, b"old").unwrap();
    restore("denoise", &picture, &output, &[]).succeeds();
    open(&output);
    assert_eq!(names(folder.path()), ["in.png", "out.png"]);
}

#[cfg(unix)]
#[test]
fn link_to_the_output_stays_a_link() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let (file, link) = (folder.path().join("file.png"), folder.path().join("link.png"));
    fs::write(&file, b"old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    restore("denoise", &picture, &link, &[]).succeeds();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    open(&file);
}

#[test]
fn too_little_memory_exits_with_4_before_any_work() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let output = folder.path().join("out.png");
    let ended = restore("denoise", &picture, &output, &["--memory-limit", "100K"]);
    ended.fails(4, &["in.png", "--memory-limit", "nothing was written"]);
    assert!(!output.exists());
}

#[test]
fn divergence_exits_with_5_and_leaves_what_is_there_where_nothing_is_better() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let output = folder.path().join("out.png");
    fs::write(&output, "of another day").unwrap();
    let flags = ["--learning-rate", "100", "--iterations", "600"];
    let args =
        ["denoise", picture.to_str().unwrap(), "-o", output.to_str().unwrap(), "--channels", "4", "--scales", "2"];
    let ended = run(&[&args[..], &flags[..]].concat());
    ended.fails(5, &["diverged", "--learning-rate", "nothing was written"]);
    assert_eq!(fs::read_to_string(&output).unwrap(), "of another day");
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_exits_with_6_and_keeps_the_result_elsewhere() {
    let folder = tempdir().unwrap();
    let disk = folder.path().join("disk");
    let rescue = folder.path().join("rescue");
    fs::create_dir(&disk).unwrap();
    fs::create_dir(&rescue).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16k", "tmpfs", disk.to_str().unwrap()])
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    }
    let picture = super::pictures::save(&super::pictures::rgb8(200, 160), folder.path(), "in.png");
    // 32,000 pixels do not fit into 16 kB as BMP, which does not compress.
    let output = disk.join("out.bmp");
    let mut args = vec!["denoise", picture.to_str().unwrap(), "-o", output.to_str().unwrap()];
    args.extend(super::program::TINY);
    let ended = super::program::command(&args).env("TMPDIR", &rescue).output();
    let left = names(&disk);
    let _ = std::process::Command::new("umount").arg(&disk).status();
    let ended = ended.unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(6), "{stderr}");
    assert!(left.is_empty(), "{left:?}");
    let kept = names(&rescue);
    assert_eq!(kept.len(), 1);
    assert!(stderr.contains(&kept[0]), "{stderr}");
    open(&rescue.join(&kept[0]));
}

#[test]
fn compare_names_what_differs() {
    let folder = tempdir().unwrap();
    let small = photo(folder.path(), "small.png");
    let large = data("icc_wide_gamut.png");
    let args = |a: &Path, b: &Path| ["compare".into(), a.display().to_string(), b.display().to_string()];
    run(&args(&small, &large)).fails(2, &["24x20", "301x200"]);
    let grey = data("mask_gray8.png");
    run(&args(&grey, &large)).fails(2, &["grey", "colour"]);
}

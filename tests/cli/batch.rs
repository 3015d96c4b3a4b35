//! Folders and several pictures: names, masks, what is skipped, what goes on after a failure, and what a
//! killed run leaves.

use super::pictures::{mask, open, photo, rgb8, save};
use super::program::{Ended, TINY, command, data, names, run};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::{TempDir, tempdir};

fn batch(task: &str, input: &Path, output: &Path, more: &[&str]) -> Ended {
    let mut args = vec![task, input.to_str().unwrap(), "--output-dir", output.to_str().unwrap()];
    args.extend(TINY.iter().chain(more));
    run(&args)
}

/// A folder of ten pictures in several formats, the fifth one broken.
fn ten(folder: &TempDir) -> std::path::PathBuf {
    let pictures = folder.path().join("in");
    fs::create_dir(&pictures).unwrap();
    let extensions = ["png", "jpg", "tif", "bmp", "png", "webp", "ppm", "png", "png", "tif"];
    for (index, extension) in extensions.iter().enumerate() {
        let name = format!("p{index}.{extension}");
        if *extension == "tif" {
            fs::copy(data("two_pages.tif"), pictures.join(name)).unwrap();
        } else {
            save(&rgb8(24, 20), &pictures, &name);
        }
    }
    fs::write(pictures.join("p4.png"), b"not a picture").unwrap();
    pictures
}

#[test]
fn broken_and_read_only_ones_of_ten_do_not_stop_the_rest() {
    let folder = tempdir().unwrap();
    let (input, output) = (ten(&folder), folder.path().join("out"));
    fs::create_dir(&output).unwrap();
    let protected = photo(&output, "p7.png");
    let mut permissions = fs::metadata(&protected).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&protected, permissions).unwrap();

    let ended = batch("denoise", &input, &output, &["--overwrite"]);
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    let errors: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].contains("p4.png"), "{errors:?}");
    assert!(errors[1].contains("p7.png") && errors[1].contains("write-protected"), "{errors:?}");
    assert!(errors[2].contains("8 restored, 0 skipped, 2 failed"), "{errors:?}");
    let expected = ["p0.png", "p1.jpg", "p2.tif", "p3.bmp", "p5.webp", "p6.ppm", "p7.png", "p8.png", "p9.tif"];
    assert_eq!(names(&output), expected);
}

#[test]
fn existing_results_are_skipped_unless_overwritten() {
    let folder = tempdir().unwrap();
    let input = folder.path().join("in");
    fs::create_dir(&input).unwrap();
    photo(&input, "a.png");
    photo(&input, "b.png");
    let output = folder.path().join("new/out");
    fs::create_dir_all(&output).unwrap();
    fs::write(output.join("a.png"), b"kept").unwrap();
    let ended = batch("denoise", &input, &output, &[]).succeeds();
    assert!(ended.stderr.contains("1 restored, 1 skipped, 0 failed"), "{}", ended.stderr);
    assert_eq!(fs::read(output.join("a.png")).unwrap(), b"kept");
    open(&output.join("b.png"));
    let ended = batch("denoise", &input, &output, &["--overwrite"]).succeeds();
    assert!(ended.stderr.contains("2 restored"), "{}", ended.stderr);
    open(&output.join("a.png"));
}

#[test]
fn masks_are_found_by_name_whatever_their_format() {
    let folder = tempdir().unwrap();
    let (input, masks) = (folder.path().join("in"), folder.path().join("masks"));
    fs::create_dir(&input).unwrap();
    fs::create_dir(&masks).unwrap();
    photo(&input, "a.png");
    photo(&input, "b.jpg");
    photo(&input, "c.png");
    save(&mask(24, 20), &masks, "a.png");
    save(&mask(24, 20), &masks, "b.bmp");
    let output = folder.path().join("out");
    let ended = batch("inpaint", &input, &output, &["--mask-dir", masks.to_str().unwrap()]);
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("c.png: has no mask of its name"), "{}", ended.stderr);
    assert_eq!(names(&output), ["a.png", "b.jpg"]);
}

#[test]
fn several_pictures_need_a_folder() {
    let folder = tempdir().unwrap();
    let (a, b) = (photo(folder.path(), "a.png"), photo(folder.path(), "b.png"));
    let args = ["denoise", a.to_str().unwrap(), b.to_str().unwrap(), "-o", "out.png"];
    run(&args).fails(2, &["--output-dir"]);
}

#[test]
fn results_of_one_name_and_results_over_their_pictures_are_refused() {
    let folder = tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    fs::create_dir(&one).unwrap();
    fs::create_dir(&two).unwrap();
    let (a, b) = (photo(&one, "a.png"), photo(&two, "a.png"));
    let output = folder.path().join("out");
    let args = ["denoise", a.to_str().unwrap(), b.to_str().unwrap(), "--output-dir", output.to_str().unwrap()];
    run(&args).fails(2, &["would both become"]);
    batch("denoise", &one, &one, &["--overwrite"]).fails(2, &["--output-dir would write over what is read"]);
}

#[test]
fn folder_without_pictures_is_refused() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), b"x").unwrap();
    batch("denoise", folder.path(), &folder.path().join("out"), &[]).fails(2, &["no picture"]);
}

#[test]
fn killed_batch_does_only_what_is_left() {
    let folder = tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir(&input).unwrap();
    for name in ["a.png", "b.png", "c.png"] {
        photo(&input, name);
    }
    // Each takes half a second by the clock, whatever the machine.
    let args = ["denoise", input.to_str().unwrap(), "--output-dir", output.to_str().unwrap()];
    let endless =
        ["--iterations", "1000000", "--channels", "2", "--scales", "1", "--early-stop", "0", "--time-limit", "0.5"];
    let mut child = command(&[&args[..], &endless[..]].concat()).spawn().unwrap();
    let start = Instant::now();
    while !output.join("a.png").exists() && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let first = fs::read(output.join("a.png")).unwrap();
    open(&output.join("a.png"));

    let ended = batch("denoise", &input, &output, &[]).succeeds();
    assert!(ended.stderr.contains("skipped, 0 failed") && !ended.stderr.contains("3 restored"), "{}", ended.stderr);
    assert_eq!(fs::read(output.join("a.png")).unwrap(), first);
    for name in ["b.png", "c.png"] {
        open(&output.join(name));
    }
}

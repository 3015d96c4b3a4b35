//! JSON lines: one object each, with the fields that programs rely on.

use super::pictures::{photo, rgb8, save};
use super::program::{TINY, restore, run};
use tempfile::tempdir;

#[test]
fn last_line_reports_the_result() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let truth = photo(folder.path(), "truth.png");
    let output = folder.path().join("out.png");
    let flags = ["--json", "--truth", truth.to_str().unwrap()];
    let lines = restore("denoise", &picture, &output, &flags).succeeds().json();
    assert!(lines.len() >= 2);
    assert_eq!(lines[0]["event"], "progress");
    let last = lines.last().unwrap();
    assert_eq!(last["event"], "done");
    assert_eq!(last["task"], "denoise");
    assert_eq!(last["size"], "24x20");
    assert_eq!(last["iterations"], 2);
    assert_eq!(last["device"], "cpu");
    for field in ["best_iteration", "seconds", "seconds_per_iteration", "psnr_observed", "psnr", "ssim"] {
        assert!(last[field].is_number(), "{field}: {last}");
    }
    if cfg!(target_os = "linux") {
        let bytes = last["peak_memory_bytes"].as_u64().unwrap();
        assert!((1 << 20..1 << 32).contains(&bytes), "{bytes}");
    }
}

#[test]
fn without_a_truth_there_is_no_psnr() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let lines = restore("denoise", &picture, &folder.path().join("out.png"), &["--json"]).succeeds().json();
    let last = lines.last().unwrap();
    assert!(last.get("psnr").is_none() && last.get("ssim").is_none());
    // What is not known is null, not NaN.
    assert!(last["variance"].is_null() || last["variance"].is_number());
}

#[test]
fn reported_psnr_is_that_of_the_saved_file() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let truth = save(&rgb8(24, 20).brighten(9), folder.path(), "truth.png");
    let output = folder.path().join("out.png");
    let flags = ["--json", "--truth", truth.to_str().unwrap()];
    let told = restore("denoise", &picture, &output, &flags).succeeds().json().pop().unwrap();
    let args = ["compare", output.to_str().unwrap(), truth.to_str().unwrap(), "--json"];
    let compared = run(&args).succeeds().json().pop().unwrap();
    assert_eq!(told["psnr"], compared["psnr"]);
    assert_eq!(told["ssim"], compared["ssim"]);
}

#[test]
fn batch_ends_with_a_summary_and_reports_failures() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "a.png");
    let broken = folder.path().join("b.png");
    std::fs::write(&broken, b"x").unwrap();
    let output = folder.path().join("out");
    let mut args = vec!["denoise", picture.to_str().unwrap(), broken.to_str().unwrap()];
    args.extend(["--output-dir", output.to_str().unwrap(), "--json"]);
    args.extend(TINY);
    let ended = run(&args);
    assert_eq!(ended.status, 3);
    let lines = ended.json();
    let failed = lines.iter().find(|line| line["event"] == "failed").unwrap();
    assert_eq!(failed["status"], 2);
    let last = lines.last().unwrap();
    assert_eq!((&last["event"], &last["done"], &last["failed"]), (&"summary".into(), &1.into(), &1.into()));
}

#[test]
fn devices_are_listed() {
    let lines = run(&["devices", "--json"]).succeeds().json();
    let kinds: Vec<_> = lines.iter().filter_map(|line| line["device"].as_str()).collect();
    assert!(["cpu", "cuda", "metal"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    assert_eq!(lines[0]["is_available"], true);
    assert!(run(&["devices"]).succeeds().stdout_text().starts_with("cpu 0: available"));
}

#[test]
fn compare_tells_equal_pictures() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "a.png");
    let picture = picture.to_str().unwrap();
    let line = run(&["compare", picture, picture, "--json"]).succeeds().json().pop().unwrap();
    assert_eq!((&line["is_identical"], &line["ssim"]), (&true.into(), &1.0.into()));
    assert!(line["psnr"].is_null());
    assert!(run(&["compare", picture, picture]).succeeds().stdout_text().contains("infinite"));
}

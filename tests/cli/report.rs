//! Reports, previews and estimates.

use super::pictures::{open, photo, rgb8, save};
use super::program::{names, restore, run};
use image::GenericImageView;
use std::fs;
use tempfile::tempdir;

#[test]
fn report_has_curves_numbers_and_a_picture() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let truth = save(&rgb8(24, 20).brighten(9), folder.path(), "truth.png");
    let report = folder.path().join("new/report");
    let flags = ["--report", report.to_str().unwrap(), "--truth", truth.to_str().unwrap(), "--iterations", "30"];
    let args = [&["--channels", "2", "--scales", "1"][..], &flags].concat();
    let output = folder.path().join("out.png");
    let all = [&["denoise", picture.to_str().unwrap(), "-o", output.to_str().unwrap()][..], &args].concat();
    run(&all).succeeds();
    assert_eq!(names(&report), ["before_after.png", "metrics.csv", "metrics.svg"]);

    let csv = fs::read_to_string(report.join("metrics.csv")).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next().unwrap(), "iteration,loss,psnr_observed,variance,psnr,psnr_average");
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(rows.len() >= 3);
    let iterations: Vec<u32> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert!(iterations.is_sorted() && iterations.last() == Some(&30), "{iterations:?}");
    for row in &rows {
        assert!(row[1].parse::<f64>().unwrap() > 0.0 && row[4].parse::<f64>().unwrap() > 0.0, "{row:?}");
    }

    let svg = fs::read_to_string(report.join("metrics.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("delivered: iteration") && svg.contains("against the truth"));
    // Two halves and a gap.
    assert_eq!(open(&report.join("before_after.png")).dimensions(), (24 + 8 + 24, 20));
}

#[test]
fn report_of_super_resolution_shows_the_enlarged_input() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let report = folder.path().join("report");
    let flags = ["--factor", "2", "--report", report.to_str().unwrap()];
    restore("super-resolve", &picture, &folder.path().join("out.png"), &flags).succeeds();
    assert_eq!(open(&report.join("before_after.png")).dimensions(), (48 + 8 + 48, 40));
}

#[test]
fn preview_ends_as_the_result() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let (output, preview) = (folder.path().join("out.png"), folder.path().join("preview.png"));
    restore("denoise", &picture, &output, &["--preview", preview.to_str().unwrap()]).succeeds();
    assert_eq!(fs::read(&output).unwrap(), fs::read(&preview).unwrap());
    assert_eq!(names(folder.path()), ["in.png", "out.png", "preview.png"]);
}

#[test]
fn preview_and_report_places_are_checked_before_the_fit() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let output = folder.path().join("out.png");
    restore("denoise", &picture, &output, &["--preview", "/none/p.png"]).fails(2, &["/none"]);
    restore("denoise", &picture, &output, &["--preview", "p.xyz"]).fails(2, &["p.xyz", "extension"]);
    let flags = ["--report", picture.to_str().unwrap()];
    restore("denoise", &picture, &output, &flags).fails(2, &["in.png", "not a folder"]);
    assert!(!output.exists());
}

#[test]
fn estimate_prints_minutes_and_memory_and_writes_nothing() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let args =
        ["denoise", picture.to_str().unwrap(), "--estimate", "--channels", "2", "--scales", "1", "--noise-level", "5"];
    let text = run(&args).succeeds().stdout_text();
    assert!(text.contains("minutes") && text.contains("MiB"), "{text}");
    let line = run(&[&args[..], &["--json"]].concat()).succeeds().json().pop().unwrap();
    assert_eq!(line["event"], "estimate");
    assert!(line["seconds"].as_f64().unwrap() > 0.0 && line["memory_bytes"].as_u64().unwrap() > 0);
    assert_eq!(names(folder.path()), ["in.png"]);
}

#[test]
fn an_estimate_of_one_iteration_is_what_it_took() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let flags = ["--estimate", "--iterations", "1", "--runs", "1", "--json"];
    let args = [&["dejpeg", picture.to_str().unwrap()], &flags[..]].concat();
    let last = run(&args).succeeds().json().pop().unwrap();
    let [pace, seconds] = ["seconds_per_iteration", "seconds"].map(|key| last[key].as_f64().unwrap());
    assert!(pace > 0.0 && pace == seconds, "{last}");
}

#[test]
fn an_estimate_of_several_goes_on_after_a_failure_and_adds_up() {
    let folder = tempdir().unwrap();
    let good = ["a.png", "c.png"].map(|name| photo(folder.path(), name));
    let bad = folder.path().join("b.png");
    std::fs::write(&bad, b"no picture").unwrap();
    let args = ["denoise", folder.path().to_str().unwrap(), "--estimate", "--json", "--channels", "2", "--scales", "1"];
    let outcome = run(&args);
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    let errors: Vec<_> = outcome.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(errors.len() == 2 && errors[0].contains("b.png"), "{errors:?}");
    assert!(errors[1].contains("1 of 3 pictures failed"), "{errors:?}");
    let lines = outcome.json();
    let seconds = |event: &str| -> Vec<f64> {
        lines.iter().filter(|line| line["event"] == event).map(|line| line["seconds"].as_f64().unwrap()).collect()
    };
    let (each, sum) = (seconds("estimate"), seconds("estimate_sum"));
    assert_eq!((each.len(), sum.len()), (good.len(), 1));
    assert!((each[0] + each[1] - sum[0]).abs() < 1e-9, "{each:?} {sum:?}");
    let truth = ["--truth", good[0].to_str().unwrap()];
    run(&[&args[..], &truth].concat()).fails(2, &["--truth belong to one picture"]);
}

#[test]
fn an_estimate_knows_that_parts_differ_in_size() {
    let folder = tempdir().unwrap();
    let (picture, mask) = (folder.path().join("in.png"), folder.path().join("mask.png"));
    let size = 700;
    image::GrayImage::from_fn(size, size, |x, y| image::Luma([((x + 2 * y) % 200) as u8])).save(&picture).unwrap();
    // A speck above, and a frame below with its neighbourhood.
    let is_hole = |x: u32, y: u32| (x < 3 && y < 3) || ((100..600).contains(&x) && (300..305).contains(&y));
    let mask_of = |x, y| image::Luma([if is_hole(x, y) { 0 } else { 255 }]);
    image::GrayImage::from_fn(size, size, mask_of).save(&mask).unwrap();
    let [picture, mask] = [&picture, &mask].map(|path| path.to_str().unwrap());
    let args = ["inpaint", picture, "--mask", mask, "--estimate", "--json", "--channels", "2", "--scales", "1"];
    let line = run(&args).succeeds().json().pop().unwrap();
    let number = |name: &str| line[name].as_f64().unwrap();
    assert!(number("seconds") > 3.0 * number("seconds_per_iteration") * number("iterations"), "{line}");
}

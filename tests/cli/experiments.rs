//! `curves` and `bench`.

use super::pictures::{open, rgb8, save};
use super::program::{names, run};
use image::GenericImageView;
use std::fs;
use tempfile::tempdir;

const SMALL: [&str; 6] = ["--channels", "4", "--scales", "2", "--input-depth", "4"];

#[test]
fn picture_is_fitted_sooner_than_noise() {
    let folder = tempdir().unwrap();
    let picture = save(&rgb8(70, 50), folder.path(), "in.png");
    let output = folder.path().join("curves");
    let args =
        ["curves", picture.to_str().unwrap(), "-o", output.to_str().unwrap(), "--size", "32", "--iterations", "60"];
    let ended = run(&[&args[..], &SMALL].concat()).succeeds();
    assert!(ended.stderr.contains("cropped from 70x50 to 32x32"), "{}", ended.stderr);
    assert_eq!(names(&output), ["losses.csv", "losses.svg"]);
    let csv = fs::read_to_string(output.join("losses.csv")).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next().unwrap(), "iteration,picture,noisy,shuffled,noise");
    let rows: Vec<Vec<f64>> = lines.map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect();
    assert_eq!(rows.len(), 60);
    let last = rows.last().unwrap();
    assert_eq!(last[0], 60.0);
    assert!(last[1] < last[2] && last[2] < last[3] && last[3] < last[4], "{last:?}");
    let svg = fs::read_to_string(output.join("losses.svg")).unwrap();
    assert!(svg.contains("shuffled") && svg.contains("white noise"));
}

#[test]
fn prior_experiment_writes_three_pictures_and_their_psnr() {
    let folder = tempdir().unwrap();
    let picture = save(&rgb8(50, 34), folder.path(), "in.png");
    let output = folder.path().join("prior");
    let args = ["curves", picture.to_str().unwrap(), "-o", output.to_str().unwrap(), "--prior", "--iterations", "20"];
    run(&[&args[..], &SMALL[..2]].concat()).succeeds();
    let expected = ["deep_prior.png", "degraded.png", "no_prior.png", "psnr.csv", "psnr.svg", "total_variation.png"];
    assert_eq!(names(&output), expected);
    // Cropped to whole multiples of 4.
    assert_eq!(open(&output.join("deep_prior.png")).dimensions(), (48, 32));
    assert_eq!(open(&output.join("degraded.png")).dimensions(), (12, 8));
    let csv = fs::read_to_string(output.join("psnr.csv")).unwrap();
    assert!(csv.starts_with("iteration,no_prior,total_variation,deep_prior\n10,"), "{csv}");
}

#[test]
fn bench_times_every_task() {
    for task in ["denoise", "dejpeg", "super-resolve", "inpaint"] {
        let args = ["bench", "--task", task, "--size", "32", "--iterations", "3", "--quality", "fast", "--json"];
        let line = run(&[&args[..], &SMALL].concat()).succeeds().json().pop().unwrap();
        assert_eq!((&line["task"], &line["size"], &line["iterations"]), (&task.into(), &"32x32".into(), &3.into()));
        assert!(line["seconds_per_iteration"].as_f64().unwrap() > 0.0);
    }
    run(&["bench", "--task", "nothing"]).fails(2, &["--task", "denoise"]);
}

//! Sessions on disk: interrupted anywhere they go on to the bits of one that never was.

use super::{Shot, finish, inputs, open, result, scene, show, tiny};
use dipkit::options::{AUTO, DeviceKind, Input, Optimizer, Options, Quality, Task};
use dipkit::pixels::{Sample, Size};
use dipkit::rng::{Draws, Stream};
use dipkit::session::{Output, Session, key};
use std::fs;

/// Saves after so many iterations, goes on from the file, and gives the result.
fn interrupted(options: &Options, shot: &Shot, iterations: &[u32]) -> Shot {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fit");
    let mut session = open(options, shot);
    for count in iterations {
        session.step(*count).unwrap();
        let before = (session.metrics().iteration, show(&session, Output::Latest, shot));
        session.save(&path).unwrap();
        drop(session);
        session = Session::load(&path, inputs(options.task, shot)).unwrap();
        assert_eq!((session.metrics().iteration, show(&session, Output::Latest, shot)), before);
    }
    finish(&session);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left");
    result(&session, shot)
}

fn uninterrupted(options: &Options, shot: &Shot) -> Shot {
    let session = open(options, shot);
    finish(&session);
    result(&session, shot)
}

#[test]
fn every_task_goes_on_to_the_same_bytes() {
    for task in [Task::Denoise, Task::Dejpeg, Task::SuperResolve, Task::Inpaint] {
        let options = tiny(task);
        let shot = scene(Size::new(21, 17), 4, Sample::F32);
        assert_eq!(interrupted(&options, &shot, &[3, 4, 5]), uninterrupted(&options, &shot), "{task:?}");
    }
}

/// Parameters pass from tile to tile, run by run, and finished tiles are merged already.
#[test]
fn tiles_and_runs_go_on_to_the_same_bytes() {
    let options =
        Options { input: Input::Picture as u32, tile_size: 64, runs: 2, iterations: 12, ..tiny(Task::Denoise) };
    let options = Options { noise_level: 8.0, recorruption: 0.7, held_out: 0.1, ..options };
    let shot = scene(Size::new(100, 70), 3, Sample::U8);
    let wanted = uninterrupted(&options, &shot);
    for iterations in [&[12, 1][..], &[17, 9, 3], &[5, 30]] {
        assert_eq!(interrupted(&options, &shot, iterations), wanted, "{iterations:?}");
    }
}

/// What backtracking goes back to is saved as well, and how far the rate has fallen.
#[test]
fn a_fit_that_goes_back_goes_on_to_the_same_bytes() {
    let shot = scene(Size::new(16, 16), 1, Sample::U8);
    let wild = |seed| {
        let options = Options { seed, iterations: 120, scales: 4, ..tiny(Task::Denoise) };
        Options { optimizer: Optimizer::Muon as u32, matrix_learning_rate: 0.3, ..options }
    };
    let (options, at) = (0..10).map(wild).find_map(|options| Some((options, returned_at(&options, &shot)?))).unwrap();
    let wanted = uninterrupted(&options, &shot);
    for at in [at - 5, at, at + 4] {
        assert_eq!(interrupted(&options, &shot, &[at]), wanted, "{at}");
    }
}

/// The iterations after which a fit first went back.
fn returned_at(options: &Options, shot: &Shot) -> Option<u32> {
    let session = open(options, shot);
    let control_points = (0..options.iterations / 10).map(|_| session.step(10).unwrap());
    control_points.skip(1).find(|metrics| metrics.best_iteration < metrics.iteration).map(|metrics| metrics.iteration)
}

/// With a snapshot that early stopping has kept.
#[test]
fn early_stopping_goes_on_to_the_same_iteration() {
    let options = Options { iterations: 400, early_stop: 40, ..tiny(Task::Denoise) };
    let shot = scene(Size::new(16, 16), 3, Sample::U8);
    let wanted = uninterrupted(&options, &shot);
    for at in [80, 125] {
        assert_eq!(interrupted(&options, &shot, &[at]), wanted, "{at}");
    }
}

/// The limit decided over the tiles when the session was created.
#[test]
fn tiles_of_a_memory_limit_are_kept() {
    let shot = scene(Size::new(160, 64), 1, Sample::U8);
    let whole = Session::estimate_memory(&tiny(Task::Denoise), &inputs(Task::Denoise, &shot)).unwrap();
    let options = Options { memory_limit: whole - 1, tile_size: AUTO, iterations: 5, ..tiny(Task::Denoise) };
    assert!(open(&options, &shot).metrics().jobs_total > 1);
    assert_eq!(interrupted(&options, &shot, &[2, 6]), uninterrupted(&options, &shot));
}

#[test]
fn a_finished_session_keeps_its_result_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fit");
    let (options, shot) = (tiny(Task::SuperResolve), scene(Size::new(30, 20), 3, Sample::F32));
    let session = open(&options, &shot);
    session.step(1).unwrap();
    session.save(&path).unwrap();
    let running = fs::metadata(&path).unwrap().len();
    let metrics = finish(&session);
    session.save(&path).unwrap();
    let finished = fs::metadata(&path).unwrap().len();
    let picture = 4 * 3 * (4 * 30 * 20) as u64;
    assert!(finished < running && finished - picture < 4096, "{finished} of {running} bytes, {picture} of a picture");
    let loaded = Session::load(&path, inputs(options.task, &shot)).unwrap();
    assert_eq!(result(&loaded, &shot), result(&session, &shot));
    assert_eq!(loaded.metrics().loss.to_bits(), metrics.loss.to_bits());
    assert_eq!(loaded.size(), session.size());
}

#[test]
fn what_has_no_say_in_the_bits_may_be_another_when_a_session_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fit");
    let (options, shot) = (tiny(Task::Denoise), scene(Size::new(30, 20), 3, Sample::F32));
    let session = open(&options, &shot);
    session.step(2).unwrap();
    let weak = Options { strength: 0.25, threads: 1, time_limit: 1e6, ..options };
    for _ in 0..2 {
        session.save(&path).unwrap();
        let loaded = Session::load_with(&path, &weak, inputs(options.task, &shot)).unwrap();
        let now = loaded.options();
        assert_eq!((now.strength, now.time_limit), (weak.strength, weak.time_limit));
        finish(&loaded);
        assert_eq!(result(&loaded, &shot), uninterrupted(&weak, &shot));
        finish(&session);
    }
}

#[test]
fn other_options_are_named_with_both_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fit");
    let (options, shot) = (tiny(Task::Denoise), scene(Size::new(30, 20), 3, Sample::F32));
    open(&options, &shot).save(&path).unwrap();
    let other = Options { quality: Quality::Fast, seed: options.seed + 1, noise_level: 12.5, ..options };
    let error = Session::load_with(&path, &other, inputs(options.task, &shot)).err().unwrap().to_string();
    let seeds = format!("seed {}, now {}", options.seed, other.seed);
    for words in ["quality balanced, now fast", &seeds, "noise_level auto, now 12.5"] {
        assert!(error.contains(words), "{error}");
    }
    assert!(!error.contains("iterations"), "{error}");
}

/// Nothing was to do: the input is the result.
#[test]
fn a_session_without_a_job_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fit");
    let shot = scene(Size::new(8, 8), 3, Sample::U8);
    let mut whole = inputs(Task::Inpaint, &shot);
    whole.mask.iter_mut().for_each(|mask| mask.samples.fill(1.0));
    Session::create(&tiny(Task::Inpaint), whole.clone()).unwrap().save(&path).unwrap();
    let loaded = Session::load(&path, whole).unwrap();
    assert_eq!(result(&loaded, &shot), shot);
}

/// Whoever is killed while it saves leaves the old file.
#[test]
fn saving_over_a_file_replaces_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fit");
    let shot = scene(Size::new(16, 16), 3, Sample::U8);
    let session = open(&tiny(Task::Denoise), &shot);
    session.save(&path).unwrap();
    let old = fs::File::open(&path).unwrap();
    // Everybody may read it who may read any new file here.
    fs::write(folder.path().join("any"), "").unwrap();
    let [own, any] = [&path, &folder.path().join("any")].map(|path| fs::metadata(path).unwrap().permissions());
    assert_eq!(own, any);
    session.step(1).unwrap();
    session.save(&path).unwrap();
    // The old file is another one, which still is whole for those who have it open.
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut &old, &mut bytes).unwrap();
    fs::write(&path, bytes).unwrap();
    assert_eq!(Session::load(&path, inputs(Task::Denoise, &shot)).unwrap().metrics().iteration, 0);
}

/// Keys against results: whatever changes a bit has another key.
#[test]
fn what_changes_the_result_changes_the_key() {
    let shot = scene(Size::new(24, 20), 3, Sample::F32);
    let options = Options { iterations: 3, ..tiny(Task::Inpaint) };
    let given = inputs(Task::Inpaint, &shot);
    let key_of = |options: &Options| key(options, (&given).into()).unwrap();
    let mut picks = vec![0.0; 64];
    Draws::new(1, 0, Stream::Synthetic, 0).uniform(0, &mut picks);
    for (row, pick) in dipkit::options::rows().iter().zip(picks) {
        let mut other = options;
        let value = match row.name {
            "task" | "device" | "device_index" | "memory_limit" | "strength" | "time_limit" => continue,
            "threads" => 2.0,
            "learning_rate" | "matrix_learning_rate" => 0.015,
            "iterations" | "scales" | "runs" => 3.0 - f64::from(u8::from(row.name == "iterations")),
            "early_stop" | "tile_size" => 0.0,
            "input_noise" | "average_weight" | "tv_weight" => 0.25,
            "seed" | "hole" | "input" | "optimizer" | "downsample" => 1.0,
            "quality" => 2.0,
            "recorruption" | "noise_level" | "held_out" => continue,
            _ => (row.minimum + 1.0 + (4.0 * f64::from(pick)).floor()).min(row.maximum),
        };
        (row.set)(&mut other, value);
        let changes = uninterrupted(&other, &shot) != uninterrupted(&options, &shot);
        assert!(!changes || key_of(&other) != key_of(&options), "{}", row.name);
    }
    let reference = Options { quality: Quality::Reference, device: DeviceKind::Auto, ..options };
    assert_ne!(key_of(&reference), key_of(&options));
}

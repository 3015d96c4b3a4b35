//! Pictures that are cut: tiles, the neighbourhoods of holes, and runs that are averaged.

use super::{Shot, TASKS, finish, open, prepared, result, scene, show, tiny};
use dipkit::error::Error;
use dipkit::options::{Input, Options, Quality, Task};
use dipkit::pixels::{Picture, Sample, Size, import};
use dipkit::rng::{Draws, Stream};
use dipkit::session::{Inputs, Output, Session, State};

/// In two by two tiles.
const SIZE: Size = Size { width: 100, height: 90 };

fn tiled(task: Task) -> Options {
    Options { tile_size: if task == Task::SuperResolve { 128 } else { 64 }, ..tiny(task) }
}

/// Of 100 numbers: what tiles of the same fit make of it without a seam.
fn restored(options: &Options, picture: &Shot) -> Shot {
    let session = open(options, picture);
    finish(&session);
    result(&session, picture)
}

#[test]
fn tiles_are_jobs_and_leave_nothing_of_the_picture_out() {
    for task in TASKS {
        let picture = scene(SIZE, 3, Sample::F32);
        let session = open(&tiled(task), &picture);
        assert_eq!(session.metrics().jobs_total, 4, "{task:?}");
        let mut progress = 0.0;
        loop {
            let metrics = session.step(3).unwrap();
            assert!(metrics.progress >= progress && metrics.jobs_done <= 4, "{task:?}");
            progress = metrics.progress;
            if metrics.state != State::Running {
                break;
            }
        }
        let metrics = session.metrics();
        assert_eq!((metrics.jobs_done, metrics.progress), (4, 1.0), "{task:?}");
        let (shown, given) = (result(&session, &picture).samples(), show(&session, Output::Input, &picture).samples());
        // Inpainting keeps two of three pixels.
        let changed = shown.iter().zip(&given).filter(|(x, y)| x != y).count() as f64 / shown.len() as f64;
        assert!(changed > if task == Task::Inpaint { 0.3 } else { 0.99 }, "{task:?}: {changed}");
    }
}

#[test]
fn tiles_give_the_same_bytes_for_any_threads_and_steps() {
    let picture = scene(SIZE, 3, Sample::F32);
    for input in [Input::Noise, Input::Picture] {
        let options = Options { input: input as u32, ..tiled(Task::Inpaint) };
        let whole = restored(&options, &picture);
        assert!(restored(&Options { threads: 3, ..options }, &picture) == whole);
        let session = open(&options, &picture);
        while session.step(u32::MAX).unwrap().state == State::Running {}
        assert!(result(&session, &picture) == whole);
    }
}

/// Mean step between neighbours across column `x`, over the mean step anywhere.
fn seam(samples: &[f32], width: usize, x: usize) -> f32 {
    let step = |x: usize| {
        let rows = samples.chunks_exact(width);
        rows.clone().map(|row| (row[x] - row[x - 1]).abs()).sum::<f32>() / rows.len() as f32
    };
    step(x) / ((1..width).map(step).sum::<f32>() / (width - 1) as f32)
}

#[test]
fn no_seam_is_seen_on_a_slope_or_on_noise() {
    let size = Size::new(160, 64);
    let mut noise = vec![0.0; size.area()];
    Draws::new(5, 0, Stream::Synthetic, 0).normal(0, &mut noise);
    for (level, slope) in [(0.0, 1.0), (0.1, 1.0), (0.1, 0.0)] {
        let picture = Shot::of(size, 1, Sample::F32, |_, x, y| {
            let clean = 0.3 + slope * 0.4 * x as f32 / size.width as f32;
            clean + level * noise[y * size.width + x]
        });
        let options = Options {
            threads: 0,
            tile_size: 64,
            iterations: 120,
            runs: 1,
            input: Input::Picture as u32,
            noise_level: 255.0 * level,
            ..Options::new(Task::Denoise, Quality::Balanced)
        };
        let session = open(&options, &picture);
        let jobs = session.metrics().jobs_total;
        finish(&session);
        let shown = result(&session, &picture).samples();
        assert_eq!(jobs, 3);
        // Tiles of 64 start at 0, 48 and 96.
        for x in [48, 64, 96, 112] {
            let seam = seam(&shown, size.width, x);
            assert!(seam < 2.0, "level {level}, slope {slope}: {seam} at {x}");
        }
        // The colour of the whole is that of the picture.
        let mean = |samples: &[f32]| samples.iter().sum::<f32>() / samples.len() as f32;
        let distance = mean(&shown) - mean(&picture.samples());
        assert!(distance.abs() < 0.004, "level {level}, slope {slope}: mean off by {distance}");
    }
}

#[test]
fn a_tile_that_is_not_fitted_yet_shows_the_input() {
    let picture = scene(SIZE, 1, Sample::F32);
    let session = open(&tiled(Task::Dejpeg), &picture);
    session.step(5).unwrap();
    let (shown, given) = (result(&session, &picture).samples(), picture.samples());
    let at = |x: usize, y: usize| shown[y * SIZE.width + x] == given[y * SIZE.width + x];
    assert!(!at(3, 3) && at(98, 3) && at(3, 88) && at(98, 88));
}

#[test]
fn a_memory_limit_makes_tiles_where_nobody_chose_them() {
    let picture = scene(Size::new(256, 256), 3, Sample::U8);
    let whole = Options { tile_size: 0, ..tiny(Task::Denoise) };
    let inputs = |picture: &Shot| super::inputs(Task::Denoise, picture);
    let bytes = Session::estimate_memory(&whole, &inputs(&picture)).unwrap();
    let limited = Options { memory_limit: bytes * 2 / 3, ..tiny(Task::Denoise) };
    let session = prepared(&limited, inputs(&picture)).unwrap();
    assert!(session.metrics().jobs_total > 1 && session.options().tile_size < 256);
    assert!(Session::estimate_memory(&limited, &inputs(&picture)).unwrap() <= limited.memory_limit);
    let refused = prepared(&Options { memory_limit: bytes * 2 / 3, ..whole }, inputs(&picture)).err();
    assert!(matches!(refused, Some(Error::OutOfMemory { .. })));
    let tight = prepared(&Options { memory_limit: 1 << 20, ..tiny(Task::Denoise) }, inputs(&picture)).err();
    assert!(matches!(tight, Some(Error::OutOfMemory { .. })));
}

/// A mask with square holes of 5 pixels at these places.
fn holes_at(size: Size, places: &[(usize, usize)]) -> Picture {
    let is_hole =
        |x: usize, y: usize| places.iter().any(|(left, top)| (x.wrapping_sub(*left)) < 5 && y.wrapping_sub(*top) < 5);
    let samples = (0..size.area()).map(|i| f32::from(!is_hole(i % size.width, i / size.width))).collect();
    Picture { size, channels: 1, samples }
}

#[test]
fn only_the_neighbourhoods_of_holes_are_fitted() {
    let size = Size::new(900, 700);
    let picture = scene(size, 3, Sample::U8);
    // The last two are one neighbourhood.
    let places = [(0, 0), (450, 350), (880, 600), (870, 690)];
    let given = Inputs {
        image: import(&picture.layout, 0, &picture.bytes).unwrap(),
        mask: Some(holes_at(size, &places)),
        guide: None,
    };
    let options = Options { tile_size: 512, ..tiny(Task::Inpaint) };
    let whole = Session::estimate_memory(&Options { tile_size: 0, ..options }, &given).unwrap();
    assert!(Session::estimate_memory(&options, &given).unwrap() < whole / 2);
    let session = prepared(&options, given).unwrap();
    assert_eq!(session.metrics().jobs_total, 3);
    finish(&session);
    let (shown, given) = (result(&session, &picture).samples(), picture.samples());
    let mask = holes_at(size, &places).samples;
    let changed = |pixel: usize| (0..3).any(|channel| shown[3 * pixel + channel] != given[3 * pixel + channel]);
    assert!((0..size.area()).all(|pixel| mask[pixel] == 0.0 || !changed(pixel)));
    for (x, y) in places {
        assert!((0..25).any(|i| changed((y + i / 5) * size.width + x + i % 5)), "{x}, {y}");
    }
}

#[test]
fn what_was_under_a_hole_leaves_no_trace_where_tiles_meet() {
    // At 124 pixels a tile could reach the next but one.
    for width in [100, 124, 160] {
        let size = Size::new(width, 60);
        let restored = |under: f32| {
            let is_hole = |x: usize, y: usize| x % 5 < 2 && y > 9;
            let picture = Shot::of(size, 3, Sample::F32, |channel, x, y| match is_hole(x, y) {
                true => under,
                false => 0.3 + 0.002 * (x + 20 * channel) as f32,
            });
            let mask = (0..size.area()).map(|i| f32::from(!is_hole(i % width, i / width))).collect();
            let given = Inputs {
                image: import(&picture.layout, 0, &picture.bytes).unwrap(),
                mask: Some(Picture { size, channels: 1, samples: mask }),
                guide: None,
            };
            let session = prepared(&tiled(Task::Inpaint), given).unwrap();
            assert!(session.metrics().jobs_total > 1);
            finish(&session);
            result(&session, &picture).samples()
        };
        let distances = restored(0.0).into_iter().zip(restored(1.0)).map(|(x, y)| (x - y).abs());
        assert!(distances.fold(0.0, f32::max) < 1e-6, "{width}");
    }
}

#[test]
fn a_memory_limit_below_all_tiles_of_a_large_hole_is_an_error_not_a_loop() {
    let picture = scene(Size::new(256, 256), 3, Sample::U8);
    let is_hole = |i: usize| (48..208).contains(&(i % 256)) && (48..208).contains(&(i / 256));
    let mask = (0..256 * 256).map(|i| f32::from(!is_hole(i))).collect();
    let given = Inputs {
        image: import(&picture.layout, 0, &picture.bytes).unwrap(),
        mask: Some(Picture { size: Size::new(256, 256), channels: 1, samples: mask }),
        guide: None,
    };
    let options = Options { memory_limit: 1 << 20, ..tiny(Task::Inpaint) };
    assert!(matches!(prepared(&options, given).err(), Some(Error::OutOfMemory { .. })));
}

#[test]
fn around_a_hole_where_all_is_transparent_more_is_fitted() {
    let size = Size::new(300, 60);
    let is_hole = |x: usize| (220..240).contains(&x);
    let picture = Shot::of(size, 2, Sample::U8, |channel, x, _| if channel == 0 || x < 40 { 1.0 } else { 0.0 });
    let mask = (0..size.area()).map(|i| f32::from(!is_hole(i % size.width))).collect();
    let given = Inputs {
        image: import(&picture.layout, 0, &picture.bytes).unwrap(),
        mask: Some(Picture { size, channels: 1, samples: mask }),
        guide: None,
    };
    let bytes =
        |tile_size: u32| Session::estimate_memory(&Options { tile_size, ..tiny(Task::Inpaint) }, &given).unwrap();
    assert_eq!(bytes(512), bytes(0));
}

#[test]
fn holes_all_over_are_one_job() {
    let picture = scene(Size::new(300, 200), 3, Sample::U8);
    let session = open(&Options { tile_size: 512, ..tiny(Task::Inpaint) }, &picture);
    assert_eq!(session.metrics().jobs_total, 1);
}

#[test]
fn runs_are_averaged() {
    let picture = scene(Size::new(40, 30), 3, Sample::F32);
    let one = Options { early_stop: 0, ..tiny(Task::Denoise) };
    let session = open(&Options { runs: 2, ..one }, &picture);
    let first = restored(&one, &picture).samples();
    session.step(20).unwrap();
    assert_eq!(result(&session, &picture).samples(), first);
    let metrics = finish(&session);
    assert_eq!((metrics.iteration, metrics.jobs_total), (40, 2));
    // The mean of the first and of what the second shows by itself.
    let (mean, second) = (result(&session, &picture).samples(), show(&session, Output::Average, &picture).samples());
    let distance = |i: usize| (mean[i] - (first[i] + second[i]) / 2.0).abs();
    assert!((0..mean.len()).all(|i| distance(i) < 1e-6) && first != second);
}

#[test]
fn the_time_limit_is_shared_among_jobs() {
    let picture = scene(SIZE, 3, Sample::F32);
    let options = Options { time_limit: 1.0, iterations: 10_000_000, ..tiled(Task::Denoise) };
    let session = open(&options, &picture);
    let metrics = finish(&session);
    assert_eq!((metrics.state, metrics.jobs_done), (State::TimedOut, 4));
    assert!(result(&session, &picture).is_finite());
}

/// Tiles that had no time stayed in the result as a network's first output.
#[test]
fn tiles_that_time_does_not_reach_stay_as_given() {
    let picture = scene(SIZE, 3, Sample::F32);
    for runs in [1, 2] {
        let options = Options { time_limit: 1e-6, runs, ..tiled(Task::Denoise) };
        let session = open(&options, &picture);
        let metrics = finish(&session);
        assert_eq!((metrics.state, metrics.jobs_done, metrics.jobs_total), (State::TimedOut, 1, 4 * runs));
        let shown = result(&session, &picture).samples();
        let given = picture.samples();
        // Beyond the first of the tiles of 64.
        let beyond = |i: usize| i / 3 % SIZE.width >= 64 || i / 3 / SIZE.width >= 64;
        assert!((0..given.len()).filter(|i| beyond(*i)).all(|i| shown[i] == given[i]), "{runs} runs");
    }
}

/// What is bright everywhere is explained by no network's first output.
#[test]
fn a_fit_that_came_to_nothing_is_no_result() {
    let picture = Shot::of(Size::new(32, 32), 3, Sample::F32, |_, x, y| 0.9 + 0.05 * ((x + y) % 2) as f32);
    for task in TASKS {
        let options = Options { time_limit: 1e-6, ..tiny(task) };
        let session = open(&options, &picture);
        assert_eq!(finish(&session).state, State::TimedOut);
        let [shown, given] = [Output::Result, Output::Input].map(|output| show(&session, output, &picture).samples());
        // A hole is filled by whatever there is.
        assert_eq!(shown == given, task != Task::Inpaint, "{task:?}");
    }
}

#[test]
fn what_came_to_nothing_has_no_best_iteration() {
    let picture = Shot::of(Size::new(32, 32), 3, Sample::F32, |_, x, y| 0.9 + 0.05 * ((x + y) % 2) as f32);
    let options = Options { time_limit: 1e-6, runs: 3, ..tiny(Task::Denoise) };
    let session = open(&options, &picture);
    let metrics = finish(&session);
    assert_eq!((metrics.state, metrics.best_iteration), (State::TimedOut, 0));
}

/// A run showed half of its first output until it had caught up.
#[test]
fn a_second_run_that_is_under_way_does_not_spoil_the_first() {
    let picture = scene(Size::new(24, 24), 3, Sample::F32);
    let one = Options { iterations: 30, ..tiny(Task::Denoise) };
    let first = restored(&one, &picture).samples();
    let session = open(&Options { runs: 2, ..one }, &picture);
    session.step(31).unwrap();
    assert_eq!(session.metrics().jobs_done, 1);
    assert_eq!(result(&session, &picture).samples(), first);
    finish(&session);
    assert!(result(&session, &picture).samples() != first);
}

#[test]
fn tiles_without_a_visible_pixel_are_left_out() {
    let size = Size::new(200, 64);
    let picture = Shot::of(size, 4, Sample::U8, |channel, x, y| match channel {
        3 => f32::from(x < 60),
        _ => ((x + y) % 7) as f32 / 7.0,
    });
    let session = open(&tiled(Task::Denoise), &picture);
    assert_eq!(session.metrics().jobs_total, 2);
    finish(&session);
    let (shown, given) = (result(&session, &picture), &picture);
    assert_eq!(shown.channel(3), given.channel(3));
}

//! Limits of time and memory.

use std::time::{Duration, Instant};

use super::{Shot, TASKS, finish, inputs, open, prepared, result, scene, tiny};
use dipkit::error::Error;
use dipkit::options::{Options, Task};
use dipkit::pixels::{Sample, Size};
use dipkit::session::{Session, State};

#[test]
fn a_fit_out_of_time_is_finished_like_any_other() {
    let picture = scene(Size::new(20, 16), 3, Sample::F32);
    let restored = |options: Options| {
        let session = open(&options, &picture);
        let state = finish(&session).state;
        let shown = result(&session, &picture);
        (state, shown)
    };
    let late = restored(Options { time_limit: 1e-6, ..tiny(Task::SuperResolve) });
    let one = restored(Options { iterations: 1, ..tiny(Task::SuperResolve) });
    assert_eq!((late.0, one.0), (State::TimedOut, State::Finished));
    assert!(late.1 == one.1);
}

#[test]
fn a_time_limit_ends_the_work_with_a_picture() {
    let picture = scene(Size::new(24, 24), 3, Sample::F32);
    let options = Options { iterations: 10_000_000, time_limit: 0.2, ..tiny(Task::Denoise) };
    let (session, start) = (open(&options, &picture), Instant::now());
    let metrics = session.step(u32::MAX).unwrap();
    assert_eq!((metrics.state, metrics.progress, metrics.seconds_left), (State::TimedOut, 1.0, 0.0));
    assert!(metrics.iteration > 0 && metrics.seconds >= 0.2);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let shown = result(&session, &picture);
    assert!(shown.is_finite() && shown != picture);
    assert_eq!(session.step(5).unwrap().iteration, metrics.iteration, "nothing runs after the limit");
    assert!(result(&session, &picture) == shown);
}

#[test]
fn a_time_limit_that_is_over_at_once_still_gives_a_picture() {
    let picture = scene(Size::new(24, 24), 3, Sample::F32);
    let session = open(&Options { time_limit: 1e-9, ..tiny(Task::Inpaint) }, &picture);
    let metrics = session.step(20).unwrap();
    assert_eq!((metrics.state, metrics.iteration), (State::TimedOut, 1));
    assert!(result(&session, &picture) != picture);
}

/// Between two tiles the new fit has no iteration yet, and the last one's numbers are all there are.
#[test]
fn a_time_limit_that_ends_between_tiles_leaves_the_last_numbers() {
    let picture = scene(Size::new(160, 160), 1, Sample::F32);
    let options = Options { tile_size: 64, iterations: 2, ..tiny(Task::Denoise) };
    let all = finish(&open(&options, &picture)).seconds;
    for part in 1..24 {
        let time_limit = all as f32 * part as f32 / 24.0;
        let metrics = finish(&open(&Options { time_limit, ..options }, &picture));
        assert!(metrics.iteration > 0 && metrics.loss.is_finite() && metrics.psnr_observed.is_finite(), "{metrics:?}");
    }
}

#[test]
fn time_between_steps_does_not_count() {
    let picture = scene(Size::new(8, 8), 1, Sample::F32);
    let session = open(&Options { time_limit: 5.0, ..tiny(Task::Denoise) }, &picture);
    session.step(1).unwrap();
    std::thread::sleep(Duration::from_millis(120));
    assert!(session.step(1).unwrap().seconds < 0.1);
}

#[test]
fn a_memory_limit_below_the_estimate_refuses_before_any_work() {
    let picture = scene(Size::new(40, 30), 3, Sample::F32);
    for task in TASKS {
        let needed = Session::estimate_memory(&tiny(task), &inputs(task, &picture)).unwrap();
        let limited = |memory_limit| prepared(&Options { memory_limit, ..tiny(task) }, inputs(task, &picture));
        let error = limited(needed - 1).err().unwrap();
        let is_right = matches!(error, Error::OutOfMemory { needed_bytes, limit_bytes, limit: "memory_limit" }
            if needed_bytes == needed && limit_bytes == needed - 1);
        assert!(is_right, "{task:?}: {error}");
        assert_eq!(finish(&limited(needed).unwrap()).state, State::Finished, "{task:?} at its estimate");
    }
}

/// Each thread needs room of its own: for more of them the picture was cut smaller, which gives other bytes.
#[test]
fn tiles_for_a_memory_limit_do_not_depend_on_the_number_of_threads() {
    let picture = scene(Size::new(192, 160), 3, Sample::F32);
    let options = Options { iterations: 3, ..tiny(Task::Denoise) };
    let needed = Session::estimate_memory(&Options { threads: 8, ..options }, &inputs(Task::Denoise, &picture));
    let needed = needed.unwrap() as f64;
    let mut tiles = Vec::new();
    for part in [0.85, 0.95, 1.0, 1.05] {
        let memory_limit = (part * needed) as u64;
        let restored = |threads| {
            let session = open(&Options { memory_limit, threads, ..options }, &picture);
            finish(&session);
            (session.options().tile_size, session.memory_bytes() <= memory_limit, result(&session, &picture))
        };
        let (one, many) = (restored(1), restored(32));
        assert!(one.1 && many.1 && one == many, "{part}: tiles of {} and {}", one.0, many.0);
        tiles.push(one.0);
    }
    assert!(tiles[0] < tiles[3], "{tiles:?}");
}

/// Whatever was found in it, a picture without a job has its copies.
#[test]
fn a_picture_without_a_job_counts_too() {
    let given = scene(Size::new(50, 40), 4, Sample::F32);
    let empty = Shot::of(given.layout.size, 4, Sample::F32, |channel, _, _| if channel == 3 { 0.0 } else { 0.5 });
    let options = tiny(Task::Denoise);
    let needed = Session::estimate_memory(&options, &inputs(Task::Denoise, &empty)).unwrap();
    assert!(needed > 50 * 40 * 3 * 4);
    let limited = Options { memory_limit: needed - 1, ..options };
    let refused = prepared(&limited, inputs(Task::Denoise, &empty)).err().unwrap();
    assert!(matches!(refused, Error::OutOfMemory { needed_bytes, .. } if needed_bytes == needed));
}

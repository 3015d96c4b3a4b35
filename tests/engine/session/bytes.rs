//! Same seed, same bytes, whatever the threads and however the steps are grouped or cut short.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Shot, TASKS, finish, open, result, scene, tiny};
use dipkit::error::Error;
use dipkit::options::{Options, Task};
use dipkit::pixels::{Sample, Size};
use dipkit::session::{Session, State};

fn picture() -> Shot {
    scene(Size::new(21, 18), 3, Sample::F32)
}

fn restored(options: &Options) -> Shot {
    let session = open(options, &picture());
    finish(&session);
    result(&session, &picture())
}

/// Runs to the end in steps of these sizes, over and over.
fn in_steps(options: &Options, steps: &[u32]) -> Shot {
    let session = open(options, &picture());
    for iterations in steps.iter().cycle() {
        if session.step(*iterations).unwrap().state != State::Running {
            break;
        }
    }
    result(&session, &picture())
}

#[test]
fn same_seed_gives_the_same_bytes_for_any_number_of_threads() {
    for task in TASKS {
        let one = restored(&tiny(task));
        for threads in [1, 2, 3] {
            assert!(restored(&Options { threads, ..tiny(task) }) == one, "{task:?} with {threads} threads");
        }
        assert!(restored(&Options { seed: 8, ..tiny(task) }) != one, "{task:?} ignores the seed");
    }
}

#[test]
fn grouping_of_steps_does_not_change_a_byte() {
    for task in TASKS {
        let whole = in_steps(&tiny(task), &[20]);
        for steps in [&[10][..], &[1], &[3], &[9, 1, 10], &[u32::MAX]] {
            assert!(in_steps(&tiny(task), steps) == whole, "{task:?} in steps of {steps:?}");
        }
    }
}

#[test]
fn previews_and_metrics_in_between_do_not_change_a_byte() {
    let options = tiny(Task::Denoise);
    let session = open(&options, &picture());
    while session.step(1).unwrap().state == State::Running {
        result(&session, &picture());
        session.metrics();
    }
    assert!(result(&session, &picture()) == restored(&options));
}

#[test]
fn a_cancel_before_a_step_ends_it_once_and_leaves_no_trace() {
    for task in TASKS {
        let session = open(&tiny(task), &picture());
        for done in [0, 13] {
            session.step(done).unwrap();
            session.cancel();
            assert!(matches!(session.step(5), Err(Error::Cancelled)));
            assert_eq!(session.metrics().iteration, done, "{task:?}");
        }
        finish(&session);
        assert!(result(&session, &picture()) == restored(&tiny(task)), "{task:?}");
    }
}

/// Cancels again and again until the work is done; gives the number of steps that were cancelled.
fn cancelled_to_the_end(session: &Session) -> u32 {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(2));
                session.cancel();
            }
        });
        let mut cancelled = 0;
        while session.metrics().state == State::Running {
            match session.step(u32::MAX) {
                Err(Error::Cancelled) => cancelled += 1,
                other => drop(other.unwrap()),
            }
        }
        is_done.store(true, Ordering::SeqCst);
        cancelled
    })
}

#[test]
fn a_cancel_from_another_thread_leaves_no_trace() {
    for task in TASKS {
        let options = Options { iterations: 60, ..tiny(task) };
        let session = open(&options, &picture());
        let cancelled = cancelled_to_the_end(&session);
        assert!(cancelled > 0, "{task:?} was never cancelled");
        assert!(result(&session, &picture()) == restored(&options), "{task:?}, cancelled {cancelled} times");
    }
}

#[test]
fn a_cancel_is_answered_at_once() {
    let session = open(&Options { iterations: 10_000_000, ..tiny(Task::Denoise) }, &picture());
    let answered = std::thread::scope(|scope| {
        let step = scope.spawn(|| (session.step(u32::MAX), std::time::Instant::now()));
        std::thread::sleep(Duration::from_millis(30));
        let asked = std::time::Instant::now();
        session.cancel();
        let (outcome, at) = step.join().unwrap();
        assert!(matches!(outcome, Err(Error::Cancelled)));
        at.duration_since(asked)
    });
    // The promise of the C interface.
    assert!(answered < Duration::from_millis(250), "{answered:?}");
    assert!(result(&session, &picture()).is_finite());
}

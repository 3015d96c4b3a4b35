//! What a session says of itself is true.

use super::{TASKS, finish, holes, inputs, open, prepared, scene, show, tiny};
use dipkit::Error;
use dipkit::options::{AUTO, DeviceKind, Hole, Input, Options, Quality, Task, rows};
use dipkit::pixels::{Picture, Sample, Size};
use dipkit::session::{Inputs, Metrics, Output, Session, State};

fn session(options: &Options) -> Session {
    open(options, &scene(Size::new(16, 16), 3, Sample::F32))
}

/// The metrics after each iteration, those before the first among them.
fn all(session: &Session) -> Vec<Metrics> {
    let mut all = vec![session.metrics()];
    while all[all.len() - 1].state == State::Running {
        all.push(session.step(1).unwrap());
    }
    all
}

#[test]
fn progress_rises_and_is_1_only_at_the_end() {
    for options in [tiny(Task::Denoise), Options { time_limit: 60.0, ..tiny(Task::Inpaint) }] {
        let all = all(&session(&options));
        assert!(all.windows(2).all(|pair| pair[0].progress <= pair[1].progress));
        assert!(all.iter().all(|metrics| (metrics.progress == 1.0) == (metrics.state != State::Running)));
        assert_eq!((all[0].progress, all.len()), (0.0, 21));
    }
}

#[test]
fn counts_and_times_add_up() {
    let all = all(&session(&tiny(Task::SuperResolve)));
    assert!(all.iter().enumerate().all(|(i, metrics)| metrics.iteration == i as u32));
    assert!(all.windows(2).all(|pair| pair[0].seconds < pair[1].seconds));
    assert!(all[0].seconds_left.is_nan() && all[0].loss.is_nan() && all[0].psnr_observed.is_nan());
    let last = all[20];
    assert_eq!((last.state, last.seconds_left, last.iterations_total), (State::Finished, 0.0, 20));
    assert!(all[1..20].iter().all(|metrics| metrics.seconds_left > 0.0 && metrics.loss > 0.0));
    assert!(
        all.iter().all(|metrics| metrics.jobs_total == 1 && metrics.jobs_done == u32::from(metrics.progress == 1.0))
    );
    assert!(all.iter().all(|metrics| metrics.device == DeviceKind::Cpu && metrics.risk.is_nan()));
    let half = all[10];
    let expected = half.seconds / 10.0 * 10.0;
    assert!((half.seconds_left - expected).abs() < 1e-9, "{} and {expected}", half.seconds_left);
}

#[test]
fn observed_psnr_is_that_of_the_loss() {
    for metrics in &all(&session(&tiny(Task::Denoise)))[1..] {
        assert!((metrics.psnr_observed + 10.0 * metrics.loss.log10()).abs() < 1e-9);
    }
    // Over the observed samples only: two thirds of them.
    let picture = scene(Size::new(16, 16), 1, Sample::F32);
    let metrics = open(&tiny(Task::Inpaint), &picture).step(5).unwrap();
    assert!((metrics.psnr_observed + 10.0 * (1.5 * metrics.loss).log10()).abs() < 0.2);
}

#[test]
fn early_stopping_keeps_an_earlier_iteration() {
    let options = Options { iterations: 3000, early_stop: 40, learning_rate: 0.03, ..tiny(Task::Denoise) };
    let session = session(&options);
    let metrics = finish(&session);
    assert_eq!((metrics.state, metrics.iterations_total), (State::StoppedEarly, 3000));
    assert_eq!(metrics.best_iteration, metrics.iteration - 40);
    assert_eq!((metrics.progress, metrics.seconds_left), (1.0, 0.0));
    assert!(metrics.variance > 0.0);
    let again = session.step(10).unwrap();
    assert_eq!(
        (again.iteration, again.seconds),
        (metrics.iteration, metrics.seconds),
        "a step after the end runs nothing"
    );
}

#[test]
fn without_early_stopping_the_last_iteration_is_delivered() {
    let metrics = finish(&session(&Options { early_stop: 0, ..tiny(Task::Denoise) }));
    assert_eq!((metrics.best_iteration, metrics.iteration), (20, 20));
}

#[test]
fn the_hole_in_use_is_named() {
    let picture = scene(Size::new(48, 48), 1, Sample::F32);
    let hole = |options: &Options, mask: Picture| {
        let session = prepared(options, Inputs { mask: Some(mask), ..inputs(Task::Inpaint, &picture) }).unwrap();
        (session.metrics().hole, session.options().hole)
    };
    let block = |x: usize, y: usize| f32::from(!((4..40).contains(&x) && (4..40).contains(&y)));
    let region =
        Picture { samples: (0..48 * 48).map(|i| block(i % 48, i / 48)).collect(), ..holes(picture.layout.size) };
    let open = tiny(Task::Inpaint);
    assert_eq!(hole(&open, region.clone()), (Some(Hole::Region), Hole::Region as u32));
    assert_eq!(hole(&Options { hole: Hole::Text as u32, ..open }, region), (Some(Hole::Text), Hole::Text as u32));
    assert_eq!(session(&tiny(Task::Denoise)).metrics().hole, None);
}

#[test]
fn options_come_back_resolved() {
    for task in TASKS {
        let few = Options { channels: 4, iterations: 1, device: DeviceKind::Cpu, ..Options::new(task, Quality::Fast) };
        let resolved = session(&few).options();
        // Noise that is not white has no level, and only inpainting has holes.
        let may_be_open = |name: &str| name == "noise_level" || (name == "hole" && task != Task::Inpaint);
        for row in rows().iter().filter(|row| !may_be_open(row.name)) {
            assert!(!(row.get)(&resolved).is_nan(), "{task:?}: {} is open", row.name);
        }
        assert_eq!((resolved.channels, resolved.strength), (4, 1.0));
    }
    let session = session(&Options { strength: 0.3, input: Input::Picture as u32, ..tiny(Task::Denoise) });
    assert_eq!((session.options().strength, session.options().input), (0.3, Input::Picture as u32));
    session.set_strength(0.7).unwrap();
    assert_eq!(session.options().strength, 0.7);
}

#[test]
fn the_first_step_measures_the_picture_and_creating_does_not() {
    let shot = scene(Size::new(32, 32), 3, Sample::U8);
    let options = Options { noise_level: f32::NAN, ..tiny(Task::Denoise) };
    let session = Session::create(&options, inputs(Task::Denoise, &shot)).unwrap();
    let before = session.metrics();
    assert_eq!((before.state, before.jobs_total, before.iterations_total), (State::Running, 0, 0));
    assert!(before.progress == 0.0 && before.seconds_left.is_nan());
    assert_eq!(session.options().early_stop, options.early_stop);
    let after = session.prepare().unwrap();
    assert_eq!((after.state, after.jobs_total, after.iteration), (State::Running, 1, 0));
    assert!(session.options().runs != AUTO);
}

#[test]
fn cancel_before_the_first_step_ends_it_and_changes_nothing() {
    let shot = scene(Size::new(32, 32), 3, Sample::U8);
    let options = tiny(Task::Denoise);
    let session = Session::create(&options, inputs(Task::Denoise, &shot)).unwrap();
    session.cancel();
    assert!(matches!(session.step(1), Err(Error::Cancelled)));
    assert_eq!(session.metrics().jobs_total, 0);
    finish(&session);
    let other = open(&options, &shot);
    finish(&other);
    assert_eq!(session.metrics().iteration, other.metrics().iteration);
    assert!(show(&session, Output::Result, &shot) == show(&other, Output::Result, &shot));
}

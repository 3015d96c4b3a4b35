//! Learning rates far too high, and pictures that look like a fit gone wrong but are none.

use super::{Shot, TASKS, open, result, scene, tiny};
use dipkit::error::Error;
use dipkit::options::{Options, Quality, Task};
use dipkit::pixels::{Sample, Size};
use dipkit::session::{Metrics, Session, State};

const SIZE: Size = Size { width: 24, height: 20 };

/// [`scene`] times `light`, beginning at `dark`.
fn lit(light: f32, dark: f32) -> Shot {
    let given = scene(SIZE, 3, Sample::F32).samples();
    Shot::of(SIZE, 3, Sample::F32, |channel, x, y| dark + light * given[3 * (SIZE.width * y + x) + channel])
}

/// Mean squared distance of `shown`, and of the mean colour, from `given`.
fn distances(shown: &Shot, given: &Shot) -> (f32, f32) {
    let (shown, given) = (shown.samples(), given.samples());
    let mean_square = |other: &dyn Fn(usize) -> f32| {
        (0..given.len()).map(|i| (other(i) - given[i]).powi(2)).sum::<f32>() / given.len() as f32
    };
    let mean = |channel: usize| given.iter().skip(channel).step_by(3).sum::<f32>() / (given.len() / 3) as f32;
    let means = [mean(0), mean(1), mean(2)];
    (mean_square(&|i| shown[i]), mean_square(&|i| means[i % 3]))
}

fn run(session: &Session) -> Result<Metrics, Error> {
    loop {
        let metrics = session.step(7)?;
        if metrics.state != State::Running {
            return Ok(metrics);
        }
    }
}

#[test]
fn a_rate_far_too_high_is_never_a_bad_picture_with_success() {
    for (light, task) in [1.0, 0.25].into_iter().flat_map(|light| TASKS.map(|task| (light, task))) {
        let picture = lit(light, 0.0);
        for (rate, iterations) in [10.0, 100.0].into_iter().flat_map(|rate| [1, 3, 20, 25, 60, 300].map(|n| (rate, n)))
        {
            let options = Options { learning_rate: rate, iterations, ..tiny(task) };
            let session = open(&options, &picture);
            let outcome = run(&session);
            let what = format!("{task:?}, rate {rate}, {iterations} iterations, light {light}: {outcome:?}");
            let (distance, flat) = distances(&picture, &picture);
            let (shown, flat) = match &outcome {
                Ok(metrics) if task == Task::SuperResolve => (metrics.loss as f32, flat),
                Ok(_) => distances(&result(&session, &picture), &picture),
                Err(Error::Diverged { .. }) => (distance, flat),
                Err(_) => panic!("{what}"),
            };
            assert!(shown < 1.5 * flat, "{what}: {shown}, the mean colour {flat}");
        }
    }
}

#[test]
fn a_diverged_fit_keeps_its_best_picture_and_stays_diverged() {
    let picture = lit(1.0, 0.0);
    let session = open(&Options { learning_rate: 100.0, iterations: 300, ..tiny(Task::Denoise) }, &picture);
    assert!(matches!(run(&session), Err(Error::Diverged { .. })));
    let metrics = session.metrics();
    assert!(metrics.state == State::Running && metrics.progress < 1.0, "it did not end well");
    // It never made a picture better than what it was given.
    assert_eq!(metrics.best_iteration, 0);
    assert!(result(&session, &picture) == picture);
    assert!(matches!(session.step(1), Err(Error::Diverged { .. })));
    session.set_strength(0.5).unwrap();
    assert!(result(&session, &picture) == picture);
}

#[test]
fn black_white_and_plain_pictures_are_not_called_diverged() {
    let flat = |level: f32| lit(0.0, level);
    let pictures = [lit(0.05, 0.0), lit(0.05, 0.95), flat(0.0), flat(1.0), flat(0.5), flat(0.2)];
    for (index, picture) in pictures.iter().enumerate() {
        for (task, iterations) in TASKS.into_iter().flat_map(|task| [10, 100].map(|n| (task, n))) {
            let session = open(&Options { iterations, ..tiny(task) }, picture);
            assert_eq!(run(&session).unwrap().state, State::Finished, "picture {index}, {task:?}, {iterations}");
        }
    }
}

/// An untrained network hits a pixel by luck, and loses it again with its first steps.
#[test]
fn a_fit_of_few_pixels_is_not_called_diverged() {
    let sizes = [(1, 1), (1, 3), (2, 2), (4, 1)].map(|(width, height)| Size::new(width, height));
    let qualities = [Quality::Reference, Quality::Balanced];
    let kinds = TASKS.into_iter().flat_map(|task| qualities.map(|quality| (task, quality)));
    for ((task, quality), size) in kinds.flat_map(|kind| sizes.map(|size| (kind, size))) {
        for (level, iterations) in
            [0.1, 0.5, 0.9].into_iter().flat_map(|level| [1, 2, 3, 12, 25, 60].map(|n| (level, n)))
        {
            let slope = |channel, x, y| level + 0.02 * ((channel + 2 * x + 3 * y) % 4) as f32;
            let picture = Shot::of(size, 3, Sample::F32, slope);
            for seed in 0..3 {
                let session = open(&Options { iterations, seed, quality, ..tiny(task) }, &picture);
                let what = format!("{size}, {task:?}, {quality:?}, {level}, {iterations}");
                assert_eq!(run(&session).expect(&what).state, State::Finished, "{what}");
            }
        }
    }
}

#[test]
fn a_short_fit_is_not_called_diverged() {
    let picture = lit(1.0, 0.0);
    for (task, quality) in TASKS.into_iter().flat_map(|task| [Quality::Reference, Quality::Balanced].map(|q| (task, q)))
    {
        for (iterations, seed) in [1, 2, 3, 5, 9, 10, 11, 20, 29, 30].into_iter().flat_map(|n| [0, 1].map(|s| (n, s))) {
            let session = open(&Options { iterations, seed, quality, ..tiny(task) }, &picture);
            assert_eq!(run(&session).unwrap().iteration, iterations, "{task:?}, {quality:?}");
        }
    }
}

//! Any size of picture, every task and quality.

use super::{QUALITIES, TASKS, finish, open, result, scene, show, tiny};
use crate::ops::slow;
use dipkit::degradation::lanczos2_filter;
use dipkit::options::{AUTO, Options, Task};
use dipkit::pixels::{Sample, Size};
use dipkit::session::{Output, State};

const SIZES: [(usize, usize); 8] = [(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (31, 33), (33, 31), (65, 2)];

#[test]
fn every_size_task_and_quality_gives_a_finite_picture_of_the_given_size() {
    for (width, height) in SIZES {
        for quality in QUALITIES {
            for task in TASKS {
                let picture = scene(Size::new(width, height), 3, Sample::F32);
                let options = Options { quality, iterations: 2, scales: AUTO, ..tiny(task) };
                let session = open(&options, &picture);
                let metrics = finish(&session);
                let what = format!("{task:?}, {quality:?}, {width}x{height}");
                let factor = if task == Task::SuperResolve { 2 } else { 1 };
                assert_eq!(session.size(), Size::new(width * factor, height * factor), "{what}");
                assert!(result(&session, &picture).is_finite(), "{what}");
                assert_eq!((metrics.state, metrics.iteration), (State::Finished, 2), "{what}");
            }
        }
    }
}

#[test]
fn every_factor_enlarges_every_size() {
    for factor in 2..=8 {
        for (width, height) in [(1, 1), (1, 5), (9, 7)] {
            let picture = scene(Size::new(width, height), 1, Sample::U8);
            let options = Options { factor, iterations: 1, ..tiny(Task::SuperResolve) };
            let session = open(&options, &picture);
            finish(&session);
            assert_eq!(session.size(), Size::new(width * factor as usize, height * factor as usize));
            assert!(result(&session, &picture).is_finite());
        }
    }
}

#[test]
fn every_number_of_channels_and_scales_fits() {
    for channels in 1..=4 {
        for scales in 0..=3 {
            for task in TASKS {
                let picture = scene(Size::new(11, 6), channels, Sample::U16);
                let session = open(&Options { iterations: 3, scales, ..tiny(task) }, &picture);
                finish(&session);
                assert!(result(&session, &picture).is_finite(), "{task:?}, {channels} channels, {scales} scales");
            }
        }
    }
}

#[test]
fn a_picture_exists_before_the_first_step_and_after_one_iteration() {
    for task in TASKS {
        let picture = scene(Size::new(12, 9), 3, Sample::F32);
        let session = open(&tiny(task), &picture);
        let before = result(&session, &picture);
        assert!(before == super::show(&session, Output::Input, &picture), "{task:?}");
        assert!(task == Task::SuperResolve || before == picture, "{task:?} does not show the input");
        session.step(1).unwrap();
        assert!(result(&session, &picture) != before, "{task:?} shows nothing new after an iteration");
        let shows = |output| super::show(&session, output, &picture);
        assert!(shows(Output::Average) == shows(Output::Latest), "the average of one is it");
        assert!(shows(Output::Input) == before);
    }
}

#[test]
fn the_preview_of_super_resolution_before_the_first_step_is_the_input_enlarged() {
    let picture = scene(Size::new(12, 9), 1, Sample::F32);
    let session = open(&Options { factor: 3, ..tiny(Task::SuperResolve) }, &picture);
    let (large, small) = (result(&session, &picture).samples(), picture.samples());
    let mean = |samples: &[f32]| samples.iter().sum::<f32>() / samples.len() as f32;
    assert!((mean(&large) - mean(&small)).abs() < 0.01);
    // Nine samples about the middle of each given one follow it.
    let near = |i: usize| large[(i / 12 * 3 + 1) * 36 + i % 12 * 3 + 1];
    assert!((0..small.len()).all(|i| (near(i) - small[i]).abs() < 0.1));
}

#[test]
fn a_finished_enlargement_made_small_is_nearer_to_the_given_picture_than_the_average() {
    let picture = scene(Size::new(32, 32), 1, Sample::F32);
    let session = open(&tiny(Task::SuperResolve), &picture);
    finish(&session);
    let down = lanczos2_filter(64, 64, 2);
    let distance = |output| {
        let large: Vec<f64> = show(&session, output, &picture).samples().iter().map(|x| f64::from(*x)).collect();
        let small = slow::resample(&down, 1, &large);
        small.iter().zip(picture.samples()).map(|(a, b)| (a - f64::from(b)).powi(2)).sum::<f64>()
    };
    let [result, average] = [Output::Result, Output::Average].map(distance);
    assert!(result < 0.1 * average, "{result}, {average}");
}

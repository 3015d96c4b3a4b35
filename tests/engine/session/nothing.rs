//! Pictures that leave nothing to do come back as they are.

use super::{Shot, TASKS, holes, inputs, prepared, result, scene, tiny};
use dipkit::options::{Options, Task};
use dipkit::pixels::{Picture, Sample, Size};
use dipkit::session::{Inputs, Session, State};

const SIZE: Size = Size { width: 9, height: 7 };

/// Opens, and finds it finished without an iteration.
fn idle(options: &Options, inputs: Inputs) -> Session {
    let session = prepared(options, inputs).unwrap();
    let metrics = session.metrics();
    assert_eq!((metrics.state, metrics.progress, metrics.iteration), (State::Finished, 1.0, 0));
    assert_eq!((metrics.iterations_total, metrics.best_iteration, metrics.seconds_left), (0, 0, 0.0));
    assert_eq!(session.step(5).unwrap().state, State::Finished);
    session
}

#[test]
fn an_empty_frame_comes_back_as_it_is() {
    let empty = Shot::of(SIZE, 4, Sample::F32, |_, _, _| 0.0);
    let hidden = Shot::of(SIZE, 4, Sample::U8, |channel, x, _| if channel == 3 { 0.0 } else { x as f32 / 9.0 });
    for task in TASKS {
        for mut picture in [empty.clone(), hidden.clone()] {
            for premultiplied in [false, true] {
                picture.layout.premultiplied = premultiplied;
                let session = idle(&tiny(task), inputs(task, &picture));
                let mut shown = Shot { bytes: vec![9; 4 * picture.bytes.len()], ..picture.clone() };
                shown.layout = dipkit::pixels::Layout { premultiplied, ..result(&session, &picture).layout };
                let length = session.size().area() * shown.layout.pixel_stride as usize;
                session.preview(dipkit::session::Output::Result, &shown.layout, 0, &mut shown.bytes[..length]).unwrap();
                shown.bytes.truncate(length);
                let is_same = task == Task::SuperResolve || premultiplied || shown.bytes == picture.bytes;
                assert!(is_same && shown.is_finite(), "{task:?}");
            }
        }
    }
}

#[test]
fn a_picture_without_a_number_comes_back_finite() {
    let nothing = Shot::of(SIZE, 3, Sample::F32, |_, _, _| f32::NAN);
    for task in [Task::Denoise, Task::Dejpeg, Task::SuperResolve] {
        let session = idle(&tiny(task), inputs(task, &nothing));
        assert!(result(&session, &nothing).is_finite(), "{task:?}");
    }
    let error = prepared(&tiny(Task::Inpaint), inputs(Task::Inpaint, &nothing)).err().unwrap();
    assert_eq!(error.to_string(), "every pixel is missing: the mask must keep some of the image");
}

#[test]
fn a_channel_without_a_number_does_not_stop_the_others() {
    for task in TASKS {
        let blind =
            Shot::of(SIZE, 3, Sample::F32, |channel, x, _| if channel == 0 { f32::NAN } else { x as f32 / 9.0 });
        let session = prepared(&tiny(task), inputs(task, &blind)).unwrap();
        assert_eq!(super::finish(&session).iteration, 20, "{task:?}");
        assert!(result(&session, &blind).is_finite(), "{task:?}");
    }
}

#[test]
fn a_mask_without_a_hole_gives_the_input_at_once() {
    let full = Picture { samples: vec![1.0; SIZE.area()], ..holes(SIZE) };
    for channels in 1..=4 {
        let picture = scene(SIZE, channels, Sample::U16);
        let given = Inputs { mask: Some(full.clone()), ..inputs(Task::Inpaint, &picture) };
        assert!(result(&idle(&tiny(Task::Inpaint), given), &picture) == picture);
    }
}

#[test]
fn a_mask_without_a_hole_still_fills_what_is_no_number() {
    let full = Picture { samples: vec![1.0; SIZE.area()], ..holes(SIZE) };
    let mut picture = scene(SIZE, 1, Sample::F32);
    picture.set(20, f32::NAN);
    let given = Inputs { mask: Some(full), ..inputs(Task::Inpaint, &picture) };
    let session = prepared(&tiny(Task::Inpaint), given).unwrap();
    assert_eq!(super::finish(&session).iteration, 20);
    let (given, shown) = (picture.samples(), result(&session, &picture).samples());
    assert!((0..given.len()).all(|i| if i == 20 { shown[i].is_finite() } else { shown[i] == given[i] }));
}

#[test]
fn a_mask_that_keeps_nothing_is_refused() {
    let picture = scene(SIZE, 3, Sample::U8);
    let none = Picture { samples: vec![0.0; SIZE.area()], ..holes(SIZE) };
    let given = Inputs { mask: Some(none), ..inputs(Task::Inpaint, &picture) };
    let error = prepared(&tiny(Task::Inpaint), given).err().unwrap();
    assert_eq!(error.to_string(), "every pixel is missing: the mask must keep some of the image");
}

/// What was never a JPEG file was fitted all the same, and came back at 19 to 39 dB.
#[test]
fn a_picture_that_was_no_jpeg_is_not_unblocked() {
    let picture = super::noise::clean(Sample::U8);
    let options = Options { threads: 1, ..Options::new(Task::Dejpeg, dipkit::options::Quality::Fast) };
    let session = idle(&options, inputs(Task::Dejpeg, &picture));
    assert_eq!(result(&session, &picture).bytes, picture.bytes);
    let asked = Options { iterations: 20, ..options };
    assert!(prepared(&asked, inputs(Task::Dejpeg, &picture)).unwrap().metrics().jobs_total > 0);
}

//! Which samples come back untouched, and what becomes of the others.

use super::{Shot, TASKS, finish, holes, inputs, open, prepared, result, scene, show, tiny};
use dipkit::options::{Options, Task};
use dipkit::pixels::{Picture, Sample, Size};
use dipkit::session::{Inputs, Output, Session};

const SIZE: Size = Size { width: 14, height: 11 };
const DEPTHS: [Sample; 3] = [Sample::U8, Sample::U16, Sample::F32];

fn inpainted(options: &Options, shot: &Shot, mask: Picture) -> Session {
    let session = prepared(options, Inputs { mask: Some(mask), ..inputs(Task::Inpaint, shot) }).unwrap();
    finish(&session);
    session
}

#[test]
fn alpha_comes_back_bit_for_bit() {
    for task in [Task::Denoise, Task::Dejpeg, Task::Inpaint] {
        for (channels, depth) in [2, 4].into_iter().flat_map(|channels| DEPTHS.map(|depth| (channels, depth))) {
            let picture = scene(SIZE, channels, depth);
            let session = open(&Options { iterations: 3, ..tiny(task) }, &picture);
            finish(&session);
            let result = result(&session, &picture);
            assert!(result.channel(channels - 1) == picture.channel(channels - 1), "{task:?}, {channels}, {depth:?}");
            assert!(result != picture, "{task:?} changed nothing");
        }
    }
}

#[test]
fn alpha_is_resized_for_super_resolution() {
    let half = Shot::of(SIZE, 4, Sample::F32, |channel, x, _| if channel == 3 { f32::from(x >= 7) } else { 0.5 });
    let session = open(&Options { iterations: 3, ..tiny(Task::SuperResolve) }, &half);
    finish(&session);
    let alpha: Vec<f32> = result(&session, &half).samples().into_iter().skip(3).step_by(4).collect();
    let at = |x: usize| alpha[10 * 28 + x];
    assert_eq!((alpha.len(), at(2), at(25)), (4 * SIZE.area(), 0.0, 1.0));
    assert!(alpha.iter().all(|alpha| (0.0..=1.0).contains(alpha)));
}

#[test]
fn inpainting_keeps_observed_samples_bit_for_bit() {
    for (channels, depth) in [1, 2, 3, 4].into_iter().flat_map(|channels| DEPTHS.map(|depth| (channels, depth))) {
        let picture = scene(SIZE, channels, depth);
        let session = inpainted(&tiny(Task::Inpaint), &picture, holes(SIZE));
        let (given, shown) = (picture.samples(), result(&session, &picture).samples());
        let is_hole = |i: usize| i / channels % 3 == 1;
        assert!((0..given.len()).all(|i| is_hole(i) || given[i] == shown[i]), "{channels}, {depth:?}");
        assert!((0..given.len()).any(|i| is_hole(i) && given[i] != shown[i]), "{channels}, {depth:?}");
    }
}

#[test]
fn a_soft_mask_blends_input_and_network() {
    let picture = scene(SIZE, 3, Sample::F32);
    let soft = Picture { samples: (0..SIZE.area()).map(|i| (i % 5) as f32 / 4.0).collect(), ..holes(SIZE) };
    let session = inpainted(&tiny(Task::Inpaint), &picture, soft);
    let (given, shown) = (picture.samples(), result(&session, &picture).samples());
    let network = show(&session, Output::Average, &picture).samples();
    for i in 0..given.len() {
        let weight = (i / 3 % 5) as f32 / 4.0;
        let expected = weight * given[i] + (1.0 - weight) * network[i];
        assert!((shown[i] - expected).abs() < 1e-6, "sample {i}, weight {weight}");
        assert!(weight < 1.0 || shown[i] == given[i]);
    }
}

#[test]
fn samples_that_are_no_numbers_are_filled_by_the_network() {
    for task in TASKS {
        let mut picture = scene(SIZE, 3, Sample::F32);
        for (i, bad) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into_iter().enumerate() {
            picture.set(3 * (6 * SIZE.width + 2 + 3 * i), bad);
        }
        let session = open(&tiny(task), &picture);
        assert!(result(&session, &picture).is_finite(), "{task:?} before the first step");
        finish(&session);
        let shown = result(&session, &picture);
        assert!(shown.is_finite(), "{task:?}");
        if task == Task::Inpaint {
            // The mask calls all three observed.
            let network = show(&session, Output::Average, &picture).samples();
            let at = 3 * (6 * SIZE.width + 2);
            assert_eq!((6 * SIZE.width + 2) % 3, 2);
            assert_eq!(shown.samples()[at], network[at]);
            assert_eq!(shown.samples()[at + 1], picture.samples()[at + 1]);
        }
    }
}

#[test]
fn any_float_gives_a_finite_picture() {
    let odd = [1e38, -1e38, 1e-40, -0.0, f32::MAX, f32::MIN, -3.0, 7.0];
    for task in TASKS {
        let wild = Shot::of(SIZE, 4, Sample::F32, |channel, x, y| odd[(x + 3 * y + channel) % odd.len()]);
        let session = open(&tiny(task), &wild);
        finish(&session);
        for output in [Output::Result, Output::Average, Output::Latest, Output::Input] {
            assert!(show(&session, output, &wild).is_finite(), "{task:?}, {output:?}");
        }
    }
}

/// A window of 60.0 in a room.
fn bright(mask: Option<&Picture>) -> (Shot, impl Fn(usize) -> bool) {
    let size = mask.map_or(Size::new(32, 32), |mask| mask.size);
    let is_window = move |i: usize| (10..22).contains(&(i % size.width)) && (10..22).contains(&(i / size.width));
    let at = |x: usize, y: usize| if is_window(y * size.width + x) { 60.0 } else { 0.2 + 0.01 * x as f32 };
    (Shot::of(size, 1, Sample::F32, |_, x, y| at(x, y)), is_window)
}

#[test]
fn a_highlight_survives_the_fit() {
    let (picture, is_window) = bright(None);
    let session = open(&Options { iterations: 300, channels: 8, input_noise: 0.0, ..tiny(Task::Denoise) }, &picture);
    finish(&session);
    let shown = result(&session, &picture).samples();
    let median = |inside: bool| {
        let mut of: Vec<f32> = (0..1024).filter(|i| is_window(*i) == inside).map(|i| shown[i]).collect();
        of.sort_by(f32::total_cmp);
        of[of.len() / 2]
    };
    assert!((10.0..360.0).contains(&median(true)), "the window is {}", median(true));
    assert!((0.2..0.5).contains(&median(false)), "the room is {}", median(false));
}

#[test]
fn a_highlight_that_is_kept_is_exact() {
    let mask = holes(Size::new(32, 32));
    let (picture, is_window) = bright(Some(&mask));
    let shown = result(&inpainted(&tiny(Task::Inpaint), &picture, mask.clone()), &picture).samples();
    let is_kept = |i: &usize| is_window(*i) && mask.samples[*i] == 1.0;
    assert!((0..1024).filter(is_kept).all(|i| shown[i] == 60.0));
}

/// Fire and glows have colour without any alpha.
#[test]
fn colour_that_is_premultiplied_stays_where_alpha_is_0() {
    let mut picture = Shot::of(Size::new(24, 20), 4, Sample::F32, |channel, x, y| match channel {
        3 => f32::from(x > 9),
        _ => 0.3 + 0.01 * (x + y) as f32,
    });
    picture.layout.premultiplied = true;
    picture.set(8, f32::NAN);
    let session = open(&tiny(Task::Denoise), &picture);
    finish(&session);
    let mut shown = picture.clone();
    session.preview(Output::Result, &picture.layout, 0, &mut shown.bytes).unwrap();
    let (shown, given) = (shown.samples(), picture.samples());
    let hidden = (0..24 * 20).filter(|pixel| pixel % 24 <= 9);
    for i in hidden.flat_map(|pixel| 4 * pixel..4 * pixel + 4) {
        // What is no number does not stay.
        let wanted = if i == 8 { 0.0 } else { given[i] };
        assert!(shown[i] == wanted, "sample {i} was {} and is {}", given[i], shown[i]);
    }
    assert!(shown != given);
}

#[test]
fn strength_blends_from_the_input_to_the_result() {
    for task in TASKS {
        for depth in DEPTHS {
            let picture = scene(SIZE, 4, depth);
            let session = open(&Options { strength: 0.0, ..tiny(task) }, &picture);
            finish(&session);
            let none = result(&session, &picture);
            assert!(none == show(&session, Output::Input, &picture), "{task:?}, {depth:?}");
            assert!(task == Task::SuperResolve || none == picture, "{task:?}, {depth:?}: the input bit for bit");
            session.set_strength(1.0).unwrap();
            let all = result(&session, &picture).samples();
            session.set_strength(0.5).unwrap();
            let middle = result(&session, &picture).samples();
            let step = if depth == Sample::U8 { 1.0 / 255.0 } else { 2e-5 };
            let is_middle = |i: usize| (middle[i] - 0.5 * (all[i] + none.samples()[i])).abs() <= step;
            assert!((0..middle.len()).all(is_middle), "{task:?}, {depth:?}");
        }
    }
}

#[test]
fn a_strength_out_of_range_is_refused() {
    let session = open(&tiny(Task::Denoise), &scene(SIZE, 1, Sample::U8));
    for strength in [-0.1, 1.1, f32::NAN, f32::INFINITY] {
        assert!(session.set_strength(strength).is_err(), "{strength}");
    }
    assert_eq!(session.options().strength, 1.0);
}

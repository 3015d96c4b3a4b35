//! A fill that meets what is known around it.

use dipkit::pixels::{Picture, Size};
use dipkit::tasks::finish::border::Border;
use dipkit::tasks::finish::{FinishingStep, FitProgress};

const SIDE: usize = 48;

const END: FitProgress = FitProgress { is_last: true, risk: f64::NAN, early_risk: f64::NAN, iteration: 1 };

fn picture(sample: impl Fn(usize, usize) -> f32) -> Picture {
    let samples = (0..SIDE * SIDE).map(|i| sample(i % SIDE, i / SIDE)).collect();
    Picture { size: Size::new(SIDE, SIDE), channels: 1, samples }
}

/// Laplace's equation is solved by every plane: a fill that is off by one is brought back exactly.
#[test]
fn a_fill_of_another_brightness_meets_its_border() {
    let is_hole = |x: usize, y: usize| (12..30).contains(&x) && (8..40).contains(&y);
    let truth = |x: usize, y: usize| 0.4 + 0.1 * (0.5 * x as f32).sin() * (0.3 * y as f32).cos();
    let given = picture(|x, y| if is_hole(x, y) { 0.0 } else { truth(x, y) });
    let weight = picture(|x, y| if is_hole(x, y) { 0.0 } else { 1.0 });
    let border = Border::of(&given, &weight).unwrap();
    let mut restored = picture(|x, y| truth(x, y) + 0.1 + 0.002 * x as f32 - 0.001 * y as f32);
    border.apply(&mut restored, &END).unwrap();
    for i in (0..SIDE * SIDE).filter(|i| is_hole(i % SIDE, i / SIDE)) {
        let expected = truth(i % SIDE, i / SIDE);
        assert!((restored.samples[i] - expected).abs() < 0.01, "{} at {i}, not {expected}", restored.samples[i]);
    }
}

#[test]
fn a_hole_that_touches_the_sides_meets_what_there_is() {
    let is_hole = |x: usize, y: usize| (20..28).contains(&x) || (20..28).contains(&y);
    let given = picture(|x, y| if is_hole(x, y) { 0.0 } else { 0.5 });
    let weight = picture(|x, y| if is_hole(x, y) { 0.0 } else { 1.0 });
    let mut restored = picture(|_, _| 0.7);
    Border::of(&given, &weight).unwrap().apply(&mut restored, &END).unwrap();
    let of_holes = (0..SIDE * SIDE).filter(|i| is_hole(i % SIDE, i / SIDE)).map(|i| restored.samples[i]);
    assert!(of_holes.clone().all(|x| (x - 0.5).abs() < 0.01), "{:?}", of_holes.fold(0.0, f32::max));
}

/// It was filled with levels of 1 to 3.
#[test]
fn a_hole_in_black_is_filled_with_black() {
    let weight = picture(|x, y| if x > 20 && y > 20 { 0.0 } else { 1.0 });
    let mut restored = picture(|x, y| 0.01 + 0.0001 * (x * y % 7) as f32);
    Border::of(&picture(|_, _| 0.0), &weight).unwrap().apply(&mut restored, &END).unwrap();
    assert!((0..SIDE * SIDE).filter(|i| weight.samples[*i] == 0.0).all(|i| restored.samples[i] == 0.0));
}

#[test]
fn where_nothing_is_missing_there_is_no_border() {
    let whole = picture(|_, _| 1.0);
    assert!(Border::of(&whole, &whole).is_none());
}

//! A network's fill of holes in the mean with the smoothest surface.

use dipkit::options::{Hole, Input, Measured, Options, Quality, ResolvedOptions, Task, resolve};
use dipkit::pixels::{Picture, Size};
use dipkit::tasks::PaddingFrame;
use dipkit::tasks::finish::surface::Surface;
use dipkit::tasks::finish::{FinishingStep, FitProgress};

const SIDE: usize = 64;

fn picture(sample: impl Fn(usize, usize) -> f32) -> Picture {
    let samples = (0..SIDE * SIDE).map(|i| sample(i % SIDE, i / SIDE)).collect();
    Picture { size: Size::new(SIDE, SIDE), channels: 1, samples }
}

fn is_hole(x: usize, y: usize) -> bool {
    (24..36).contains(&x) && (20..34).contains(&y)
}

fn weight() -> Picture {
    picture(|x, y| if is_hole(x, y) { 0.0 } else { 1.0 })
}

/// Copies of holes are hidden from the network.
fn options() -> ResolvedOptions {
    let mut options = Options::new(Task::Inpaint, Quality::Fast);
    (options.hole, options.input, options.held_out) = (Hole::Text as u32, Input::Picture as u32, 0.15);
    resolve(&options, &Measured::plain())
}

fn smooth(x: usize, y: usize) -> f32 {
    0.5 + 0.3 * (0.05 * x as f32).sin() * (0.04 * y as f32).cos()
}

/// Stripes of two pixels.
fn striped(x: usize, y: usize) -> f32 {
    if (x + y) % 4 < 2 { 0.2 } else { 0.8 }
}

/// Mean squared error in the holes, of what is blended from a fill with that error of its own.
fn error(truth: impl Fn(usize, usize) -> f32 + Copy, own: f32, risk: f64) -> f64 {
    let given = picture(|x, y| if is_hole(x, y) { 0.0 } else { truth(x, y) });
    // Signs that no surface explains.
    let sign = |x: usize, y: usize| if (3 * x + 5 * y) % 7 < 3 { own } else { -own };
    let mut restored = picture(|x, y| truth(x, y) + if is_hole(x, y) { sign(x, y) } else { 0.0 });
    let frame = PaddingFrame::new(Size::new(SIDE, SIDE), 32, 1);
    let surface = Surface::of(&options(), &frame, [&given, &weight()], 0).unwrap();
    surface
        .apply(&mut restored, &FitProgress { is_last: true, risk: f64::NAN, early_risk: risk, iteration: 100 })
        .unwrap();
    let holes = (0..SIDE * SIDE).filter(|i| is_hole(i % SIDE, i / SIDE));
    let square = |i: usize| f64::from(restored.samples[i] - truth(i % SIDE, i / SIDE)).powi(2);
    holes.clone().map(square).sum::<f64>() / holes.count() as f64
}

#[test]
fn in_a_smooth_picture_the_surface_makes_it_better() {
    let own = 0.05f64.powi(2);
    assert!(error(smooth, 0.05, own) < 0.35 * own, "{}", error(smooth, 0.05, own) / own);
}

#[test]
fn in_stripes_the_network_stays() {
    let own = 0.05f64.powi(2);
    assert!((error(striped, 0.05, own) / own - 1.0).abs() < 0.01, "{}", error(striped, 0.05, own) / own);
}

#[test]
fn a_fit_that_has_learnt_nothing_leaves_the_surface() {
    let own = 0.3f64.powi(2);
    assert!(error(smooth, 0.3, own) < 0.02 * own, "{}", error(smooth, 0.3, own) / own);
}

#[test]
fn without_a_risk_the_network_stays() {
    let own = 0.05f64.powi(2);
    assert!((error(smooth, 0.05, f64::NAN) / own - 1.0).abs() < 1e-3);
}

#[test]
fn where_single_pixels_are_hidden_there_is_no_surface() {
    let mut options = options();
    options.hole = Some(Hole::Sparse);
    let frame = PaddingFrame::new(Size::new(SIDE, SIDE), 32, 1);
    assert!(Surface::of(&options, &frame, [&picture(smooth), &weight()], 0).is_none());
}

//! The noise that is found in pictures, and what a recorrupted fit makes of it.

use dipkit::graph::{Op, Shape};
use dipkit::options::{Measured, MeasuredNoise, NoiseKind, Options, Quality, Task, resolve};
use dipkit::pixels::{Picture, Size};
use dipkit::rng::{Draws, Stream};
use dipkit::tasks::finish::FitProgress;
use dipkit::tasks::{Recipe, Subject, impute_clipped, measure, recipe};

/// Waves of several directions, an edge and a flat part, in 0..1.
pub fn photograph(side: usize) -> Picture {
    let mut picture = Picture::filled(Size::new(side, side), 3, 0.0);
    for channel in 0..3 {
        for (i, sample) in picture.plane_mut(channel).iter_mut().enumerate() {
            let (x, y) = ((i % side) as f32, (i / side) as f32);
            let wave = (0.31 * x + 0.17 * y).sin() + (0.11 * x - 0.23 * y + channel as f32).sin();
            let edge = if x + y > side as f32 { 0.2 } else { -0.1 };
            *sample = 0.45 + edge + if y > 0.6 * side as f32 { 0.0 } else { 0.1 * wave };
        }
    }
    picture
}

/// Makes some of the samples white, by chance.
fn hit(image: &mut Picture) {
    let mut uniform = vec![0.0; image.samples.len()];
    Draws::new(4, 0, Stream::Synthetic, 0).uniform(0, &mut uniform);
    image.samples.iter_mut().zip(uniform).filter(|(_, u)| *u < 0.05).for_each(|(sample, _)| *sample = 1.0);
}

/// What is found in a picture with this noise.
fn found_in(clean: &Picture, noise: impl Fn(f32, f32) -> f32) -> MeasuredNoise {
    found_by(Task::Denoise, clean, noise)
}

fn found(noise: impl Fn(f32, f32) -> f32) -> MeasuredNoise {
    found_in(&photograph(160), noise)
}

fn found_by(task: Task, clean: &Picture, noise: impl Fn(f32, f32) -> f32) -> MeasuredNoise {
    let mut normals = vec![0.0; clean.samples.len()];
    Draws::new(3, 0, Stream::Synthetic, 0).normal(0, &mut normals);
    let samples = clean.samples.iter().zip(&normals).map(|(x, n)| (x + noise(*x, *n)).clamp(0.0, 1.0)).collect();
    let weight = Picture::filled(clean.size, 3, 1.0);
    let image = Picture { samples, ..*clean };
    measure(task, &Subject { image, weight, guide: None }, &|| Ok(())).unwrap().noise
}

/// Which is looked at in parts.
#[test]
fn the_level_in_a_large_picture_is_found() {
    let clean = photograph(160);
    let size = Size::new(2400, 700);
    let sample = |i: usize| {
        let (channel, x, y) = (i / size.area(), i % size.width, i / size.width % size.height);
        clean.plane(channel)[y % 160 * 160 + x % 160]
    };
    let large = Picture { size, channels: 3, samples: (0..3 * size.area()).map(sample).collect() };
    let noise = found_in(&large, |_, n| n * 20.0 / 255.0);
    assert_eq!(noise.kind, NoiseKind::White);
    assert!((noise.level / 20.0 - 1.0).abs() < 0.05, "{}", noise.level);
}

#[test]
fn the_level_of_white_noise_is_found() {
    for level in [3.0, 10.0, 25.0, 40.0, 60.0] {
        let noise = found(|_, n| n * level / 255.0);
        assert_eq!(noise.kind, NoiseKind::White, "{level}");
        assert!((noise.level / level - 1.0).abs() < 0.06, "{} instead of {level}", noise.level);
    }
}

#[test]
fn noise_that_grows_with_brightness_is_found() {
    let noise = found(|x, n| n * (x / 60.0).sqrt());
    assert_eq!(noise.kind, NoiseKind::Brightness);
    assert!(noise.growth > 2.0, "{}", noise.growth);
}

/// A small picture is reproduced up to this.
#[test]
fn super_resolution_knows_the_level_of_white_noise_only() {
    let measured = |noise: fn(f32, f32) -> f32| found_by(Task::SuperResolve, &photograph(160), noise);
    let white = measured(|_, n| n * 8.0 / 255.0);
    assert!(white.kind == NoiseKind::White && (white.level - 8.0).abs() < 0.4, "{white:?}");
    let impulses = measured(|_, n| if n > 1.5 { 1.0 } else { 0.0 });
    assert!(impulses.kind == NoiseKind::Unknown && impulses.level.is_nan(), "{impulses:?}");
}

#[test]
fn smooth_noise_has_no_level() {
    let clean = photograph(160);
    let mut normals = vec![0.0; clean.samples.len()];
    Draws::new(3, 0, Stream::Synthetic, 0).normal(0, &mut normals);
    let mut image = clean.clone();
    for (i, sample) in image.samples.iter_mut().enumerate() {
        let around: f32 = (0..9).map(|k| normals[(i + k / 3 * 160 + k % 3) % normals.len()]).sum();
        *sample += around / 60.0;
    }
    let weight = Picture::filled(clean.size, 3, 1.0);
    let noise = measure(Task::Denoise, &Subject { image, weight, guide: None }, &|| Ok(())).unwrap().noise;
    assert_eq!(noise.kind, NoiseKind::Correlated);
    // The sum of nine deviates three times as much as one; a surface of the second degree follows a little of it.
    let deviation = 255.0 * 3.0 / 60.0;
    assert!((0.7..1.0).contains(&(noise.smoothest / deviation)), "{} for {deviation}", noise.smoothest);
}

/// Whether each sample stays as it was given, whatever a fit makes of it.
fn kept_samples(recipe: &Recipe) -> Vec<bool> {
    let nothing = vec![f32::NAN; recipe.graph.shape(recipe.graph.restored).samples()];
    let progress = FitProgress { is_last: false, risk: f64::NAN, early_risk: f64::NAN, iteration: 1 };
    let finished = recipe.finish.companion(nothing, &progress).unwrap();
    finished.samples.iter().map(|sample| sample.is_finite()).collect()
}

#[test]
fn reference_takes_impulses_as_they_are() {
    let mut image = photograph(64);
    hit(&mut image);
    let subject = Subject { weight: Picture::filled(image.size, 3, 1.0), image, guide: None };
    let measured = measure(Task::Denoise, &subject, &|| Ok(())).unwrap();
    assert_eq!(measured.noise.kind, NoiseKind::Impulse);
    let of = |quality| {
        let recipe =
            recipe(&resolve(&Options::new(Task::Denoise, quality), &measured), &measured, &subject, None, 0).unwrap();
        (kept_samples(&recipe).contains(&true), recipe.calibration.observed_share)
    };
    assert_eq!(of(Quality::Reference), (false, 1.0));
    assert!(of(Quality::Balanced).0);
}

#[test]
fn salt_and_pepper_are_impulses_and_a_bright_sky_is_not() {
    let noise = found(|x, n| if n.abs() > 2.0 { if n > 0.0 { 1.0 - x } else { -x } } else { 0.0 });
    assert_eq!(noise.kind, NoiseKind::Impulse);
    let mut bright = photograph(64);
    bright.samples.iter_mut().for_each(|sample| *sample = (*sample * 1.8).min(1.0));
    let weight = Picture::filled(bright.size, 3, 1.0);
    let noise = measure(Task::Denoise, &Subject { image: bright, weight, guide: None }, &|| Ok(())).unwrap().noise;
    assert_ne!(noise.kind, NoiseKind::Impulse);
}

/// What is missing is often black, and is no pepper.
#[test]
fn missing_samples_are_no_impulses() {
    let mut image = photograph(64);
    let mut weight = Picture::filled(image.size, 3, 1.0);
    let clean = image.samples.clone();
    hit(&mut image);
    for (i, clean) in clean.into_iter().enumerate() {
        if image.samples[i] != clean {
            (image.samples[i], weight.samples[i]) = (0.0, 0.0);
        }
    }
    let kind = |weight: &Picture| {
        let subject = Subject { image: image.clone(), weight: weight.clone(), guide: None };
        measure(Task::Denoise, &subject, &|| Ok(())).unwrap().noise.kind
    };
    assert_eq!(kind(&Picture::filled(image.size, 3, 1.0)), NoiseKind::Impulse);
    assert_ne!(kind(&weight), NoiseKind::Impulse);
}

#[test]
fn a_line_that_is_black_in_one_channel_is_kept_where_impulses_hit_all() {
    let mut image = photograph(64);
    for pixel in (5..64 * 64).step_by(19) {
        (0..3).for_each(|channel| image.plane_mut(channel)[pixel] = (pixel % 2) as f32);
    }
    image.plane_mut(1)[..64].fill(0.0);
    let subject = Subject { weight: Picture::filled(image.size, 3, 1.0), image, guide: None };
    let measured = measure(Task::Denoise, &subject, &|| Ok(())).unwrap();
    let options = resolve(&Options::new(Task::Denoise, Quality::Balanced), &measured);
    let kept = kept_samples(&recipe(&options, &measured, &subject, None, 0).unwrap());
    let is_kept = |channel: usize, pixel: usize| kept[channel * 64 * 64 + pixel];
    assert!((0..64).filter(|pixel| pixel % 19 != 5).all(|pixel| is_kept(1, pixel)));
    let hit = (64..64 * 64).filter(|pixel| pixel % 19 == 5);
    let found = hit.clone().filter(|pixel| (0..3).all(|channel| !is_kept(channel, *pixel))).count();
    assert!(found as f64 > 0.98 * hit.count() as f64);
}

#[test]
fn photons_of_a_dim_picture_are_noise_that_grows() {
    // 30 at white; near enough to a normal distribution.
    let noise = found(|x, n| n * (x / 30.0).max(0.0).sqrt());
    assert_eq!(noise.kind, NoiseKind::Brightness);
    let mean = f64::from(noise.brightness);
    for brightness in [0.2, 0.5, 0.8] {
        let growth = f64::from(noise.growth);
        let relative = (1.0 + growth * brightness) / (1.0 + growth * mean);
        let variance = (f64::from(noise.level) / 255.0).powi(2) * relative;
        assert!((variance * 30.0 / brightness - 1.0).abs() < 0.15, "{brightness}: {variance}");
    }
}

#[test]
fn noise_above_a_black_level_is_not_taken_for_photons() {
    // Nothing below 0.4, then growing fast.
    let noise = found(|x, n| n * ((x - 0.4).max(0.0) / 20.0).sqrt() + n * 0.01);
    assert_eq!(noise.kind, NoiseKind::Brightness);
    assert!(noise.level.is_nan() && !noise.is_white());
}

#[test]
fn a_dark_tile_has_less_of_a_noise_that_grows() {
    let mut measured = Measured::plain();
    measured.noise =
        MeasuredNoise { kind: NoiseKind::Brightness, level: 20.0, growth: 9.0, ..MeasuredNoise::unknown() };
    let options = resolve(&Options::new(Task::Denoise, Quality::Balanced), &measured);
    let variance = |brightness: f32| {
        let image = Picture::filled(Size::new(64, 64), 3, brightness);
        let subject = Subject { weight: Picture::filled(image.size, 3, 1.0), image, guide: None };
        let graph = recipe(&options, &measured, &subject, None, 0).unwrap().graph;
        // The only number that the graph has beside its planes is what the risk takes off.
        let number = graph.constants.iter().find(|constant| constant.shape == Shape::SCALAR).unwrap();
        f64::from(number.samples()[0])
    };
    let whole = (20.0f64 / 255.0).powi(2);
    for (brightness, share) in [(0.1, 1.9 / 5.5), (0.5, 1.0), (0.9, 9.1 / 5.5)] {
        assert!((variance(brightness) / whole - share).abs() < 1e-4, "{brightness}");
    }
}

/// A flat picture with noise that is drawn, and clipped.
fn clipped(brightness: f32, sigma: f32) -> Picture {
    let mut samples = vec![0.0; 40_000];
    Draws::new(9, 0, Stream::Synthetic, 0).normal(0, &mut samples);
    samples.iter_mut().for_each(|n| *n = (brightness + sigma * *n).clamp(0.0, 1.0));
    // Anything clipped shows that all may be.
    (samples[0], samples[1]) = (0.0, 1.0);
    Picture { size: Size::new(200, 200), channels: 1, samples }
}

#[test]
fn what_clipping_cut_off_comes_back() {
    let sigma = 0.15;
    for brightness in [0.02, 0.1, 0.5, 0.85, 0.97] {
        let given = clipped(brightness, sigma);
        let (y, level) = impute_clipped(&given, |_| sigma, Draws::new(1, 0, Stream::Clipped, 0));
        let count = y.samples.len() as f32;
        let mean = y.samples.iter().sum::<f32>() / count;
        let deviation = (y.samples.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count).sqrt();
        assert!((mean - brightness).abs() < 0.01, "{brightness}: {mean}");
        assert!((deviation - sigma).abs() < 0.05 * sigma, "{brightness}: {deviation}");
        assert!(level.iter().all(|level| *level == sigma));
        for (y, given) in y.samples.iter().zip(&given.samples) {
            match *given {
                0.0 => assert!(*y <= 0.0),
                1.0 => assert!(*y >= 1.0),
                _ => assert!(y == given),
            }
        }
    }
}

/// A sample that is white beside others that are not, and noise too weak to have made it so.
#[test]
fn clipping_needs_noise() {
    let mut given = Picture::filled(Size::new(16, 16), 1, 0.3);
    given.samples[100] = 1.0;
    let (y, _) = impute_clipped(&given, |_| 0.002, Draws::new(1, 0, Stream::Clipped, 0));
    assert!((y.samples[100] - 1.0).abs() < 1e-6, "{}", y.samples[100]);
}

/// As where every sample is held out.
#[test]
fn what_counts_is_finite_where_nothing_is_fitted() {
    let mut measured = Measured::plain();
    measured.noise = MeasuredNoise { kind: NoiseKind::White, level: 20.0, ..MeasuredNoise::unknown() };
    let options = resolve(&Options::new(Task::Denoise, Quality::Balanced), &measured);
    let size = Size::new(32, 32);
    let subject = Subject { image: Picture::filled(size, 1, 0.5), weight: Picture::filled(size, 1, 0.0), guide: None };
    let recipe = recipe(&options, &measured, &subject, None, 0).unwrap();
    assert!(
        recipe.calibration.target_variance == 0.0
            && recipe.graph.constants.iter().all(|c| c.samples().iter().all(|x| x.is_finite()))
    );
}

/// Of a picture that is dark on the left and bright on the right, with noise that grows.
fn recipe_of_halves() -> Recipe {
    let mut measured = Measured::plain();
    measured.noise =
        MeasuredNoise { kind: NoiseKind::Brightness, level: 20.0, growth: 9.0, ..MeasuredNoise::unknown() };
    let options = resolve(&Options::new(Task::Denoise, Quality::Balanced), &measured);
    let size = Size::new(64, 64);
    let samples = (0..size.area()).map(|i| if i % 64 < 32 { 0.1 } else { 0.9 }).collect();
    let image = Picture { size, channels: 1, samples };
    let subject = Subject { weight: Picture::filled(size, 1, 1.0), image, guide: None };
    recipe(&options, &measured, &subject, None, 0).unwrap()
}

/// The noise that the loss sees in the target, which an observed PSNR leaves out.
#[test]
fn noise_of_the_target_is_weighed_like_the_loss() {
    let variance = recipe_of_halves().calibration.target_variance;
    // Weights of 1 / variance make it the harmonic mean of 1.9 and 9.1 parts, where brightness 0.5 has 5.5.
    let expected = (20.0f64 / 255.0 / 0.7).powi(2) * 2.0 / (1.0 / 1.9 + 1.0 / 9.1) / 5.5;
    assert!((variance / expected - 1.0).abs() < 0.1, "{variance} instead of {expected}");
}

/// As their likelihood does: the variance at 0.1 is 1.9 and at 0.9 9.1 times that at black.
#[test]
fn certain_samples_count_more() {
    let graph = recipe_of_halves().graph;
    let weight = graph.nodes[graph.nodes[graph.data_term.0].inputs[2].0].op.clone();
    let Op::Constant(weight) = weight else { panic!("{weight:?} is no constant") };
    let weights = graph.constants[weight.0].samples();
    // Far from the edge, where brightness is that of one side; held-out samples have none.
    let largest = |side: &dyn Fn(usize) -> bool| {
        let own = weights.iter().enumerate().filter(|(i, _)| side(i % 64));
        own.map(|(_, w)| *w).fold(0.0, f32::max)
    };
    let ratio = largest(&|x| x < 16) / largest(&|x| x > 48);
    assert!((ratio - 9.1 / 1.9).abs() < 0.2, "{ratio}");
    let held = weights.iter().filter(|w| **w == 0.0).count();
    let mean = weights.iter().sum::<f32>() / (weights.len() - held) as f32;
    assert!((mean - 1.0).abs() < 1e-4, "{mean}");
}

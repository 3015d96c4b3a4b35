//! What `balanced` does with noise, by what it finds.

use super::{Shot, finish, inputs, open, prepared, result, scene};
use dipkit::options::{DeviceKind, Options, Quality, Task};
use dipkit::pixels::{Sample, Size};
use dipkit::rng::{Draws, Stream};
use dipkit::session::{Inputs, Metrics, NoiseKind, State};

const SIDE: usize = 72;

/// Waves and an edge, without noise, away from the ends.
pub fn clean(sample: Sample) -> Shot {
    Shot::of(Size::new(SIDE, SIDE), 3, sample, |channel, x, y| {
        let (u, v) = (x as f32, y as f32);
        let wave = (0.21 * u + 0.13 * v + channel as f32).sin() + (0.09 * u - 0.17 * v).cos();
        0.5 + 0.1 * wave + if u + v > SIDE as f32 { 0.15 } else { -0.1 }
    })
}

fn with(shot: &Shot, noise: impl Fn(f32, f32) -> f32) -> Shot {
    let samples = shot.samples();
    let mut normals = vec![0.0; samples.len()];
    Draws::new(9, 0, Stream::Synthetic, 1).normal(0, &mut normals);
    let mut noisy = shot.clone();
    samples.iter().zip(&normals).enumerate().for_each(|(i, (x, n))| noisy.set(i, noise(*x, *n).clamp(0.0, 1.0)));
    noisy
}

fn denoised(picture: &Shot, change: impl Fn(Options) -> Options) -> (Metrics, Shot) {
    let options = Options { device: DeviceKind::Cpu, threads: 2, ..Options::new(Task::Denoise, Quality::Fast) };
    let session = open(&change(options), picture);
    let metrics = finish(&session);
    (metrics, result(&session, picture))
}

/// dB between two pictures.
fn psnr(a: &Shot, b: &Shot) -> f64 {
    let (a, b) = (a.samples(), b.samples());
    let sum: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    -10.0 * (sum / a.len() as f64).log10()
}

#[test]
fn a_clean_picture_comes_back_nearly_as_it_was() {
    let picture = clean(Sample::U8);
    let (metrics, shown) = denoised(&picture, |options| options);
    assert_eq!((metrics.noise_kind, metrics.jobs_total), (NoiseKind::Nothing, 0));
    assert_eq!(shown.samples(), picture.samples());
    // Who asks for a fit has one.
    let (metrics, shown) = denoised(&picture, |options| Options { iterations: 100, ..options });
    assert_eq!(metrics.iteration, 100);
    assert!(metrics.noise_level < 1.0, "rounding to 8 bits is {}", metrics.noise_level);
    let distance = psnr(&shown, &picture);
    assert!(distance > 40.0, "{distance} dB");
}

#[test]
fn a_clipped_sample_without_noise_is_finite() {
    let mut picture = clean(Sample::U8);
    picture.set(700, 1.0);
    picture.set(900, 0.0);
    let (_, shown) = denoised(&picture, |options| Options { noise_level: 0.0, ..options });
    assert!(psnr(&shown, &picture) > 40.0);
    // Of two colours, as on a screen.
    let screen = Shot::of(Size::new(40, 40), 1, Sample::U8, |_, x, y| f32::from(x > 9 && x < 22 && y > 14) * 0.6 + 0.4);
    let (metrics, shown) = denoised(&screen, |options| Options { iterations: 70, ..options });
    assert!(metrics.noise_level < 1.0 && psnr(&shown, &screen) > 40.0, "{metrics:?}");
}

/// Hidden samples counted when it was judged how far to trust the result, which brought half of the noise back.
#[test]
fn what_is_transparent_does_not_bring_noise_back() {
    let size = Size::new(2 * SIDE, SIDE);
    let truth = clean(Sample::F32);
    let noisy = with(&truth, |x, n| x + 0.03 * n);
    let half = Shot::of(size, 4, Sample::F32, |channel, x, y| match (channel, x < SIDE) {
        (3, is_seen) => f32::from(is_seen),
        (_, true) => noisy.samples()[3 * (y * SIDE + x) + channel],
        (_, false) => 0.0,
    });
    let told = |options| Options { noise_level: 255.0 * 0.03, ..options };
    let (alone, shown) = (denoised(&noisy, told).1, denoised(&half, told).1.samples());
    let seen = |channel: usize, x: usize, y: usize| shown[4 * (y * size.width + x) + channel];
    let seen = Shot::of(Size::new(SIDE, SIDE), 3, Sample::F32, seen);
    let [given, alone, seen] = [&noisy, &alone, &seen].map(|picture| psnr(picture, &truth));
    assert!(seen - given > 0.7 * (alone - given), "{given} dB given, {alone} alone, {seen} beside what is hidden");
    // Whoever shows it again finds what was there.
    let hidden = (0..size.area()).filter(|pixel| pixel % size.width >= SIDE);
    assert!(hidden.flat_map(|pixel| 4 * pixel..4 * pixel + 4).all(|i| shown[i] == 0.0));
}

/// Without any noise batch norms had nothing to divide by, and the fit diverged.
#[test]
fn a_flat_picture_and_a_flat_tile_come_back() {
    let colour = [100.0, 120.0, 90.0].map(|level: f32| level / 255.0);
    let flat = Shot::of(Size::new(64, 64), 3, Sample::U8, |channel, _, _| colour[channel]);
    let drawing = Shot::of(Size::new(256, 64), 3, Sample::U8, |channel, x, y| {
        if x > 128 { colour[channel] } else { 0.3 + 0.4 * f32::from(x / 9 % 2 == y / 7 % 2) }
    });
    for (picture, tile_size) in [(flat, 0), (drawing, 64)] {
        let (metrics, shown) = denoised(&picture, |options| Options { tile_size, ..options });
        assert_eq!(metrics.jobs_done, metrics.jobs_total);
        assert!(psnr(&shown, &picture) > 40.0, "{} dB", psnr(&shown, &picture));
    }
}

/// A compositor's black is not clipped, nor is it pepper.
#[test]
fn a_picture_that_goes_beyond_white_has_no_clipped_noise() {
    let mut picture = clean(Sample::F32);
    let mut uniform = vec![0.0; SIDE * SIDE * 3];
    Draws::new(1, 0, Stream::Synthetic, 2).uniform(0, &mut uniform);
    (0..uniform.len()).filter(|i| uniform[*i] < 0.03).for_each(|i| picture.set(i, 0.0));
    let kind = |picture: &Shot| open(&Options::new(Task::Denoise, Quality::Fast), picture).metrics().noise_kind;
    assert_eq!(kind(&picture), NoiseKind::Impulse);
    picture.set(40, 1.5);
    assert_ne!(kind(&picture), NoiseKind::Impulse);
}

#[test]
fn what_clipping_cut_off_is_not_given_back() {
    let noisy = with(&clean(Sample::F32), |x, n| 2.0 * x - 0.5 + 0.02 * n);
    let (_, shown) = denoised(&noisy, |options| Options { noise_level: 1.0, ..options });
    let [least, largest] = shown.samples().iter().fold([1.0f32, 0.0], |[low, high], x| [low.min(*x), high.max(*x)]);
    assert!(least >= 0.0 && largest <= 1.0, "{least}, {largest}");
}

#[test]
fn white_noise_is_found_and_goes() {
    let truth = clean(Sample::F32);
    let noisy = with(&truth, |x, n| x + 0.1 * n);
    let (metrics, shown) = denoised(&noisy, |options| options);
    assert_eq!(metrics.noise_kind, NoiseKind::White);
    assert!((metrics.noise_level - 25.5).abs() < 2.0, "{}", metrics.noise_level);
    let gain = psnr(&shown, &truth) - psnr(&noisy, &truth);
    assert!(gain > 4.0, "{gain} dB better");
    // Against the noisy picture a denoised one is as far as the noise, whatever the target's own.
    assert!((metrics.psnr_observed - 20.0).abs() < 2.0, "{} dB observed", metrics.psnr_observed);
    // The risk is an estimate of the true error, of the network's output instead of its average.
    let error = 10f64.powf(-psnr(&shown, &truth) / 10.0);
    assert!(metrics.risk > 0.3 * error && metrics.risk < 6.0 * error, "risk {}, error {error}", metrics.risk);
}

#[test]
fn a_level_that_is_told_is_used_for_what_is_not_white() {
    let smooth = scene(Size::new(SIDE, SIDE), 3, Sample::F32);
    let (metrics, _) = denoised(&smooth, |options| Options { noise_level: 8.0, iterations: 20, ..options });
    assert_eq!(metrics.noise_level, 8.0);
    assert!(metrics.risk.is_finite(), "the fit is a recorrupted one");
}

#[test]
fn salt_and_pepper_are_filled_and_all_else_stays_bit_for_bit() {
    let truth = clean(Sample::U8);
    let noisy = with(&truth, |x, n| {
        if n > 1.8 {
            1.0
        } else if n < -1.8 {
            0.0
        } else {
            x
        }
    });
    let (metrics, shown) = denoised(&noisy, |options| options);
    assert_eq!(metrics.noise_kind, NoiseKind::Impulse);
    for (i, (given, shown)) in noisy.bytes.iter().zip(&shown.bytes).enumerate() {
        assert!(given == shown || *given == 0 || *given == 255, "sample {i} was {given} and is {shown}");
    }
    let gain = psnr(&shown, &truth) - psnr(&noisy, &truth);
    assert!(gain > 10.0, "{gain} dB better");
}

/// Nothing is drawn from the scheduler.
#[test]
fn threads_do_not_change_a_denoised_picture() {
    let noisy = with(&clean(Sample::F32), |x, n| x + 0.1 * n);
    let of = |threads| denoised(&noisy, |options| Options { threads, iterations: 15, ..options }).1;
    assert!(of(1) == of(2));
}

#[test]
fn noise_clipped_at_black_leaves_no_veil() {
    let dark = Shot::of(Size::new(SIDE, SIDE), 3, Sample::F32, |_, x, _| if x < SIDE / 2 { 0.04 } else { 0.5 });
    let noisy = with(&dark, |x, n| x + 0.15 * n);
    let left = |shot: &Shot| {
        let samples = shot.samples();
        let inside = (0..SIDE * SIDE).filter(|pixel| pixel % SIDE < SIDE / 2 - 8);
        let sum: f32 = inside.clone().map(|pixel| samples[3 * pixel]).sum();
        sum / inside.count() as f32
    };
    assert!(left(&noisy) > 0.07);
    // On so small a picture the stop would come before the darkest parts are learnt.
    let told = |options| Options { noise_level: 0.15 * 255.0, iterations: 100, early_stop: 0, ..options };
    let (_, shown) = denoised(&noisy, told);
    assert!((left(&shown) - 0.04).abs() < 0.012, "{}", left(&shown));
}

/// What a guide shows need not be found in the noise.
#[test]
fn a_guide_makes_a_noisy_picture_better() {
    let fine =
        Shot::of(Size::new(SIDE, SIDE), 3, Sample::F32, |_, x, y| if (x / 3 + y / 3) % 2 == 0 { 0.35 } else { 0.6 });
    let noisy = with(&fine, |x, n| x + 0.15 * n);
    let told = |options| Options { noise_level: 0.15 * 255.0, ..options };
    let alone = denoised(&noisy, told).1;
    let options = told(Options { device: DeviceKind::Cpu, threads: 2, ..Options::new(Task::Denoise, Quality::Fast) });
    let guide = Some(inputs(Task::Denoise, &fine).image);
    let inputs = Inputs { guide, ..inputs(Task::Denoise, &noisy) };
    let session = prepared(&options, inputs).unwrap();
    let metrics = finish(&session);
    assert!(metrics.state != State::Running && session.options().recorruption > 0.0);
    let gain = psnr(&result(&session, &noisy), &fine) - psnr(&alone, &fine);
    assert!(gain > 1.0, "{gain} dB better");
}

/// Three equal channels looked as if their noise were alike, and the result was tinted.
#[test]
fn grey_in_colour_is_denoised_as_grey() {
    let grey = |channels: usize| {
        let mut normals = vec![0.0; SIDE * SIDE];
        Draws::new(9, 0, Stream::Synthetic, 4).normal(0, &mut normals);
        Shot::of(Size::new(SIDE, SIDE), channels, Sample::U8, |_, x, y| {
            let wave = (0.3 * x as f32 + 0.2 * y as f32).sin() + (0.1 * x as f32 - 0.2 * y as f32).sin();
            (0.5 + 0.12 * wave + 0.05 * normals[y * SIDE + x]).clamp(0.0, 1.0)
        })
    };
    let (one, three) = (grey(1), grey(3));
    let change = |options| Options { iterations: 20, ..options };
    let (of_one, shown_one) = denoised(&one, change);
    let (of_three, shown_three) = denoised(&three, change);
    assert_eq!((of_one.noise_kind, of_one.noise_level), (of_three.noise_kind, of_three.noise_level));
    for (pixel, sample) in shown_one.samples().into_iter().enumerate() {
        assert_eq!(shown_three.samples()[3 * pixel..][..3], [sample; 3], "pixel {pixel}");
    }
}

/// Whatever lay beyond 0..1 used to be bent, so that small errors became large ones there.
#[test]
fn noise_that_goes_a_little_beyond_is_denoised_as_any_other() {
    let inside = with(&clean(Sample::F32), |x, n| x + 0.05 * n);
    let mut beyond = inside.clone();
    // The same picture from -0.2 to 1.2.
    inside.samples().iter().enumerate().for_each(|(i, x)| beyond.set(i, 1.4 * x - 0.2));
    beyond.set(0, -0.2);
    beyond.set(1, 1.2);
    let (of_inside, shown_inside) = denoised(&inside, |options| options);
    let (of_beyond, shown_beyond) = denoised(&beyond, |options| options);
    assert!((of_beyond.noise_level / 1.4 / of_inside.noise_level - 1.0).abs() < 0.02, "{}", of_beyond.noise_level);
    let back = shown_beyond.samples().iter().map(|x| (x + 0.2) / 1.4).collect::<Vec<f32>>();
    let (mean, count) = (shown_inside.samples(), back.len() as f32);
    let square = back.iter().zip(&mean).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / count;
    assert!(square.sqrt() < 0.02, "{}", square.sqrt());
}

/// A lamp of 300 lost up to three quarters of its light.
#[test]
fn what_is_far_brighter_than_white_stays_as_it_was_given() {
    let mut picture = with(&clean(Sample::F32), |x, n| 0.8 * x + 0.02 * n);
    let lamps = [(900, 300.0), (901, 50.0), (2500, 3.0)];
    lamps.iter().for_each(|(i, light)| picture.set(*i, *light));
    let (_, shown) = denoised(&picture, |options| Options { iterations: 100, ..options });
    lamps.iter().for_each(|(i, light)| assert_eq!(shown.samples()[*i], *light));
    assert_ne!(shown.samples()[10], picture.samples()[10]);
}

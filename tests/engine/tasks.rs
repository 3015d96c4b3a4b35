//! What a task sees in a picture, and the recipe it writes.

use dipkit::degradation::lanczos2_taps;
use dipkit::graph::Padding;
use dipkit::options::{Hole, Input, Measured, Noise, NoiseKind, Options, Quality, Task, resolve};
use dipkit::pixels::{Picture, Size};
use dipkit::rng::{Draws, Stream};
use dipkit::tasks::{Frame, Subject, measure, recipe, unclipped};

fn subject(width: usize, height: usize, observed: impl Fn(usize, usize) -> bool) -> Subject {
    let size = Size::new(width, height);
    let at = |i: usize| if observed(i % width, i / width) { 1.0 } else { 0.0 };
    let weight = Picture { size, channels: 1, samples: (0..size.area()).map(at).collect() };
    Subject { image: Picture::filled(size, 1, 0.5), weight, guide: None }
}

/// Each pixel missing by itself with this probability.
fn sparse(share: f32) -> Subject {
    let mut draws = vec![0.0; 128 * 128];
    Draws::new(1, 0, Stream::Synthetic, 0).uniform(0, &mut draws);
    subject(128, 128, |x, y| draws[y * 128 + x] >= share)
}

fn hole(subject: &Subject) -> Hole {
    measure(Task::Inpaint, subject).unwrap().hole
}

#[test]
fn scattered_pixels_are_sparse_however_many_are_missing() {
    for share in [0.02, 0.1, 0.5, 0.9, 0.98] {
        assert_eq!(hole(&sparse(share)), Hole::Sparse, "{share}");
    }
    assert!((measure(Task::Inpaint, &sparse(0.9)).unwrap().missing_share - 0.9).abs() < 0.02);
}

#[test]
fn strokes_are_text_and_blocks_are_regions() {
    let strokes = |width| subject(128, 128, move |x, y| x % 24 >= width || y < 8);
    assert_eq!(hole(&strokes(1)), Hole::Text);
    assert_eq!(hole(&strokes(6)), Hole::Text);
    let disc = |radius: f32| subject(128, 128, move |x, y| (x as f32 - 60.0).hypot(y as f32 - 70.0) > radius);
    assert_eq!(hole(&disc(20.0)), Hole::Region);
    assert_eq!(hole(&disc(40.0)), Hole::Region);
    assert_eq!(hole(&subject(64, 64, |x, _| x < 40)), Hole::Region, "a missing side");
}

#[test]
fn a_picture_without_an_observed_pixel_is_refused() {
    let error = measure(Task::Inpaint, &subject(8, 8, |_, _| false)).unwrap_err();
    assert_eq!(error.to_string(), "every pixel is missing: the mask must keep some of the image");
}

#[test]
fn padding_mirrors_and_cropping_gives_the_picture_back() {
    for (width, height, multiple) in [(5, 3, 8), (1, 1, 32), (33, 31, 32), (64, 32, 32), (2, 7, 4)] {
        let size = Size::new(width, height);
        let samples: Vec<f32> = (0..size.area() * 3).map(|i| i as f32).collect();
        let picture = Picture { size, channels: 3, samples };
        let frame = Frame::new(size, multiple, 1);
        let padded = frame.pad(&picture);
        assert_eq!((padded.size.width % multiple, padded.size.height % multiple), (0, 0));
        assert!(padded.size.width < width + multiple && padded.size.height < height + multiple);
        assert_eq!(frame.crop(&padded.samples, 3), picture);
        let known: Vec<f32> = picture.samples.clone();
        assert!(padded.samples.iter().all(|sample| known.contains(sample)));
    }
}

#[test]
fn reflection_goes_on_mirroring_on_short_sides() {
    let at = |position, length| Padding::Reflection.source(position, length).unwrap();
    assert_eq!((-4..7).map(|i| at(i, 3)).collect::<Vec<_>>(), [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
    assert!((-9..9).all(|i| at(i, 1) == 0));
    assert_eq!(Padding::Zero.source(-1, 4), None);
}

#[test]
fn super_resolution_pads_the_small_picture_so_that_the_large_one_fits_the_network() {
    for factor in 2..=8 {
        let frame = Frame::new(Size::new(37, 21), 32, factor);
        let restored = frame.restored();
        assert_eq!((restored.width % 32, restored.height % 32), (0, 0), "factor {factor}");
        assert_eq!(frame.outer().width * factor, restored.width);
    }
}

/// The values that the authors' code prints (hyperparameters of the reference, section 3).
#[test]
fn lanczos_taps_are_the_authors() {
    let four = [-0.00106538, -0.0097517, -0.02038399, -0.01487789, 0.02459406, 0.0986585, 0.18311528, 0.23971112];
    let taps = lanczos2_taps(4);
    assert_eq!(taps.len(), 16);
    for (i, expected) in four.iter().enumerate() {
        assert!((taps[i] - expected).abs() < 1e-8 && (taps[15 - i] - expected).abs() < 1e-8);
    }
    let eight = lanczos2_taps(8);
    assert!((eight[0] + 0.00012778).abs() < 1e-8 && (eight[15] - 0.12279667).abs() < 1e-8);
    let three = lanczos2_taps(3);
    assert_eq!(three.len(), 13);
    assert!((three.iter().sum::<f64>() - 1.0).abs() < 1e-12 && three[6] > three[5]);
}

fn parameters(task: Task, measured: &Measured, channels: usize) -> usize {
    let size = Size::new(64, 64);
    let subject = Subject {
        image: Picture::filled(size, channels, 0.5),
        weight: Picture::filled(size, channels, 1.0),
        guide: None,
    };
    let options = resolve(&Options::new(task, Quality::Reference), measured);
    let recipe = recipe(&options, measured, &subject, 0).unwrap();
    recipe.graph.parameters.iter().map(|p| p.samples()).sum()
}

/// Counted in the authors' code.
#[test]
fn reference_networks_have_the_authors_number_of_parameters() {
    let plain = Measured::plain();
    let holes = |hole, missing_share| Measured { hole, missing_share, ..Measured::plain() };
    assert_eq!(parameters(Task::Denoise, &plain, 3), 2_217_831);
    assert_eq!(parameters(Task::Denoise, &plain, 1), 2_217_573);
    assert_eq!(parameters(Task::SuperResolve, &plain, 3), 2_217_831);
    assert_eq!(parameters(Task::Dejpeg, &plain, 3), 572_827);
    assert_eq!(parameters(Task::Inpaint, &holes(Hole::Text, 0.1), 3), 3_002_627);
    assert_eq!(parameters(Task::Inpaint, &holes(Hole::Region, 0.1), 3), 2_157_955);
    assert_eq!(parameters(Task::Inpaint, &holes(Hole::Sparse, 0.98), 3), 1_027_379);
}

#[test]
fn a_flat_picture_has_a_flat_term_of_zero() {
    let plain = Measured::plain();
    let options = resolve(&Options::new(Task::Denoise, Quality::Fast), &plain);
    let recipe = recipe(&options, &plain, &sparse(0.25), 0).unwrap();
    assert!((recipe.observed_share - 0.75).abs() < 0.02 && recipe.flat_term < 1e-12);
}

#[test]
fn what_contradicts_is_refused() {
    let plain = Measured::plain();
    let refused = |task, options: &dyn Fn(Options) -> Options| {
        let options = options(resolve(&Options::new(task, Quality::Reference), &plain));
        recipe(&options, &plain, &sparse(0.1), 0).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let picture = Input::Picture as u32;
    let text = refused(Task::Denoise, &|open| Options { recorruption: 0.5, input: picture, ..open });
    assert_eq!(text, "recorruption needs a noise_level, and none was found");
    let text = refused(Task::Denoise, &|open| Options { recorruption: 0.5, noise_level: 9.0, ..open });
    assert_eq!(text, "recorruption is for denoise with input picture");
    let text = refused(Task::Denoise, &|open| Options { recorruption: 0.5, scales: 0, ..open });
    assert_eq!(text, "recorruption and held_out do not go with scales 0");
    let text = refused(Task::Inpaint, &|open| Options { held_out: 0.1, ..open });
    assert_eq!(text, "held_out needs input picture");
}

/// Waves of several directions, an edge and a flat part, in 0..1.
fn photograph(side: usize) -> Picture {
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

/// What is found in the photograph with this noise.
fn found(noise: impl Fn(f32, f32) -> f32) -> Noise {
    found_in(&photograph(160), noise)
}

fn found_in(clean: &Picture, noise: impl Fn(f32, f32) -> f32) -> Noise {
    let mut normals = vec![0.0; clean.samples.len()];
    Draws::new(3, 0, Stream::Synthetic, 0).normal(0, &mut normals);
    let samples = clean.samples.iter().zip(&normals).map(|(x, n)| (x + noise(*x, *n)).clamp(0.0, 1.0)).collect();
    let weight = Picture::filled(clean.size, 3, 1.0);
    let image = Picture { samples, ..*clean };
    measure(Task::Denoise, &Subject { image, weight, guide: None }).unwrap().noise
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
    let noise = measure(Task::Denoise, &Subject { image, weight, guide: None }).unwrap().noise;
    assert_eq!(noise.kind, NoiseKind::Correlated);
}

#[test]
fn reference_takes_impulses_as_they_are() {
    let mut image = photograph(64);
    image.samples.iter_mut().step_by(17).for_each(|sample| *sample = 1.0);
    let subject = Subject { weight: Picture::filled(image.size, 3, 1.0), image, guide: None };
    let measured = measure(Task::Denoise, &subject).unwrap();
    assert_eq!(measured.noise.kind, NoiseKind::Impulse);
    let of = |quality| {
        let recipe =
            recipe(&resolve(&Options::new(Task::Denoise, quality), &measured), &measured, &subject, 0).unwrap();
        (recipe.kept.is_some(), recipe.observed_share)
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
    let noise = measure(Task::Denoise, &Subject { image: bright, weight, guide: None }).unwrap().noise;
    assert_ne!(noise.kind, NoiseKind::Impulse);
}

#[test]
fn a_line_that_is_black_in_one_channel_is_kept_where_impulses_hit_all() {
    let mut image = photograph(64);
    for pixel in (5..64 * 64).step_by(19) {
        (0..3).for_each(|channel| image.plane_mut(channel)[pixel] = (pixel % 2) as f32);
    }
    image.plane_mut(1)[..64].fill(0.0);
    let subject = Subject { weight: Picture::filled(image.size, 3, 1.0), image, guide: None };
    let measured = measure(Task::Denoise, &subject).unwrap();
    let options = resolve(&Options::new(Task::Denoise, Quality::Balanced), &measured);
    let [weight, _] = recipe(&options, &measured, &subject, 0).unwrap().kept.unwrap();
    let is_kept = |channel: usize, pixel: usize| weight.plane(channel)[pixel] == 1.0;
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
    measured.noise = Noise { kind: NoiseKind::Brightness, level: 20.0, growth: 9.0, brightness: 0.5 };
    let options = resolve(&Options::new(Task::Denoise, Quality::Balanced), &measured);
    let variance = |brightness: f32| {
        let image = Picture::filled(Size::new(64, 64), 3, brightness);
        let subject = Subject { weight: Picture::filled(image.size, 3, 1.0), image, guide: None };
        recipe(&options, &measured, &subject, 0).unwrap().noisy.unwrap().0
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
        let (y, level) = unclipped(&given, |_| sigma, Draws::new(1, 0, Stream::Clipped, 0));
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

#[test]
fn a_compositors_samples_are_not_clipped() {
    let mut given = clipped(0.1, 0.15);
    given.samples[5] = -0.01;
    let (y, _) = unclipped(&given, |_| 0.15, Draws::new(1, 0, Stream::Clipped, 0));
    assert!(y.samples == given.samples);
}

/// A sample that is white beside others that are not, and noise too weak to have made it so.
#[test]
fn clipping_needs_noise() {
    let mut given = Picture::filled(Size::new(16, 16), 1, 0.3);
    given.samples[100] = 1.0;
    let (y, _) = unclipped(&given, |_| 0.002, Draws::new(1, 0, Stream::Clipped, 0));
    assert!((y.samples[100] - 1.0).abs() < 1e-6, "{}", y.samples[100]);
}

//! Pictures that are no photographs: writing, drawings, pixel art, screens. What has no noise is told from what has.

use dipkit::options::{MeasuredNoise, NoiseKind, Options, Quality, Task};
use dipkit::pixels::{Picture, Size};
use dipkit::rng::{Draws, Stream};
use dipkit::tasks::{Subject, measure, needs_fit};

const SIDE: usize = 160;

fn found(image: Picture) -> MeasuredNoise {
    let weight = Picture::filled(image.size, image.channels, 1.0);
    measure(Task::Denoise, &Subject { image, weight, guide: None }, &|| Ok(())).unwrap().noise
}

/// With white noise of this level, rounded and clipped to 8 bits.
fn noisy(clean: &Picture, level: f32) -> Picture {
    let mut normals = vec![0.0; clean.samples.len()];
    Draws::new(8, 0, Stream::Synthetic, 0).normal(0, &mut normals);
    let sample = |(x, n): (&f32, &f32)| (255.0 * x + level * n).round().clamp(0.0, 255.0) / 255.0;
    Picture { samples: clean.samples.iter().zip(&normals).map(sample).collect(), ..*clean }
}

fn drawn(channels: usize, level: impl Fn(usize, usize, usize) -> f32) -> Picture {
    let mut picture = Picture::filled(Size::new(SIDE, SIDE), channels, 0.0);
    for channel in 0..channels {
        for (i, sample) in picture.plane_mut(channel).iter_mut().enumerate() {
            *sample = (level(channel, i % SIDE, i / SIDE)).round() / 255.0;
        }
    }
    picture
}

/// Thin smooth strokes of ink on paper, in lines with space between.
fn writing(paper: f32, ink: f32) -> Picture {
    drawn(3, move |_, x, y| {
        let wave = (0.9 * x as f32 + 0.7 * (0.35 * y as f32).sin()).sin();
        let is_line = y % 20 < 9 && x % 53 < 44;
        let cover = if is_line { ((wave - 0.4) / 0.3).clamp(0.0, 1.0) } else { 0.0 };
        paper + cover * (ink - paper)
    })
}

/// Squares of a few colours, some of a single pixel.
fn pixel_art() -> Picture {
    let colours = [[20.0, 60.0, 200.0], [255.0, 255.0, 255.0], [0.0, 0.0, 0.0], [240.0, 90.0, 30.0]];
    drawn(3, move |channel, x, y| {
        let place = (x / 4 * 7 + y / 4 * 13) % 11;
        let colour = if x * y % 97 == 5 { 1 } else { [0, 0, 0, 3, 3, 2, 0, 0, 3, 1, 0][place] };
        colours[colour][channel]
    })
}

#[test]
fn clean_drawings_have_no_noise_and_need_no_fit() {
    let dithered = drawn(1, |_, x, y| if (x * 7 + y * 3 + x * y / 9) % 16 < x / 10 { 255.0 } else { 0.0 });
    let text = writing(252.0, 30.0);
    let screen = drawn(3, |channel, x, y| if x < 40 { 236.0 } else { 255.0 * text.plane(channel)[y * SIDE + x] });
    let drawings = [writing(255.0, 0.0), writing(244.0, 40.0), writing(0.0, 255.0), pixel_art(), dithered, screen];
    for (i, drawing) in drawings.into_iter().enumerate() {
        let weight = Picture::filled(drawing.size, drawing.channels, 1.0);
        let measured = measure(Task::Denoise, &Subject { image: drawing, weight, guide: None }, &|| Ok(())).unwrap();
        assert_eq!((measured.noise.kind, measured.noise.level), (NoiseKind::Nothing, 0.0), "drawing {i}");
        let options = Options::new(Task::Denoise, Quality::Balanced);
        assert!(!needs_fit(&options, &measured), "drawing {i}");
        for asked in [
            Options { noise_level: 5.0, ..options },
            Options { iterations: 9, ..options },
            Options { quality: Quality::Reference, ..options },
        ] {
            assert!(needs_fit(&asked, &measured), "drawing {i}");
        }
    }
}

/// Half of the noise on white paper is clipped, and nearly every patch has some of it.
#[test]
fn noise_on_white_paper_is_measured() {
    for drawing in [writing(255.0, 0.0), writing(245.0, 30.0), writing(0.0, 255.0)] {
        for level in [2.0, 5.0, 12.0] {
            let noise = found(noisy(&drawing, level));
            assert_eq!(noise.kind, NoiseKind::White, "{level}");
            assert!((noise.level / level - 1.0).abs() < 0.12, "{} instead of {level}", noise.level);
        }
    }
}

/// Strong structure lifts the floor of the eigenvalues, and passed for noise whose neighbours are alike.
#[test]
fn white_noise_over_strong_structure_is_white() {
    let blocks = drawn(1, |_, x, y| {
        let base = 60.0 + 120.0 * ((x / 40 + y / 40) % 2) as f32;
        if y > 80 { base } else { base + 55.0 * ((x * x / 7 + y * y / 5) % 3) as f32 - 50.0 }
    });
    let noise = found(noisy(&blocks, 6.0));
    assert_eq!(noise.kind, NoiseKind::White);
    assert!((noise.level / 6.0 - 1.0).abs() < 0.2, "{}", noise.level);
}

#[test]
fn one_pixel_lines_are_no_salt_and_pepper() {
    let lines =
        drawn(1, |_, x, y| if (x + 2 * y) % 31 < 2 || (x * 2 + SIDE - y).is_multiple_of(37) { 0.0 } else { 255.0 });
    for level in [0.0, 2.0, 8.0] {
        assert_ne!(found(noisy(&lines, level)).kind, NoiseKind::Impulse, "{level}");
    }
}

/// Waves of several directions and channels of their own.
fn photograph() -> Picture {
    drawn(3, |channel, x, y| {
        let (x, y) = (x as f32, y as f32);
        let wave = (0.11 * x + 0.07 * y).sin() + (0.05 * x - 0.09 * y + channel as f32).sin();
        120.0 + 45.0 * wave
    })
}

#[test]
fn hot_pixels_are_found_beside_noise_and_alone() {
    let mut uniform = vec![0.0; SIDE * SIDE];
    Draws::new(2, 0, Stream::Synthetic, 1).uniform(0, &mut uniform);
    let hot: Vec<usize> = (0..SIDE * SIDE).filter(|i| uniform[*i] < 0.0015).collect();
    for (level, kind) in [(0.0, NoiseKind::Impulse), (3.0, NoiseKind::White)] {
        let mut image = noisy(&photograph(), level);
        assert!(!found(image.clone()).has_hot_pixels);
        for pixel in &hot {
            [1.0, 0.1, 0.1].into_iter().enumerate().for_each(|(channel, x)| image.plane_mut(channel)[*pixel] = x);
        }
        let noise = found(image);
        assert!(noise.has_hot_pixels && noise.kind == kind, "{noise:?}");
    }
}

/// A halftone with noise lost its dots, and star fields their stars.
#[test]
fn single_dots_of_a_grey_picture_are_no_hot_pixels() {
    let dots = drawn(1, |_, x, y| if (x * 31 + y * 17) % 499 == 0 { 250.0 } else { 20.0 });
    for level in [2.0, 8.0] {
        assert!(!found(noisy(&dots, level)).has_hot_pixels, "{level}");
    }
}

#[test]
fn noise_in_colour_alone_is_found() {
    let mut image = photograph();
    let area = SIDE * SIDE;
    let mut normals = vec![0.0; 2 * area];
    Draws::new(6, 0, Stream::Synthetic, 0).normal(0, &mut normals);
    // Means of 5x5 in blue and red differences, none in luma.
    let smooth = |plane: &[f32], i: usize| {
        let sum: f32 = (0..25).map(|k| plane[(i + k / 5 * SIDE + k % 5) % area]).sum();
        sum / 5.0 * 8.0 / 255.0
    };
    for i in 0..area {
        let (blue, red) = (smooth(&normals[..area], i), smooth(&normals[area..], i));
        image.plane_mut(0)[i] += 1.402 * red;
        image.plane_mut(1)[i] -= 0.344_136 * blue + 0.714_136 * red;
        image.plane_mut(2)[i] += 1.772 * blue;
    }
    assert_eq!(found(image).kind, NoiseKind::Chroma);
    assert_ne!(found(photograph()).kind, NoiseKind::Chroma);
}

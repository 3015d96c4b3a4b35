//! The quantisation that is found in decoded pixels against the tables of the file, and the box against a slow DCT.

use dipkit::options::{Measured, Options, Quality, Task, resolve};
use dipkit::pixels::jpeg::{CoefficientBox, Quantisation};
use dipkit::pixels::{Picture, Region, Size};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/readme/");

fn read(name: &str) -> Picture {
    of_image(&image::open(format!("{FOLDER}{name}")).unwrap().to_rgb8())
}

fn of_image(image: &image::RgbImage) -> Picture {
    let size = Size::new(image.width() as usize, image.height() as usize);
    let channel = |channel: usize| image.pixels().map(move |pixel| f32::from(pixel.0[channel]) / 255.0);
    Picture { size, channels: 3, samples: (0..3).flat_map(channel).collect() }
}

/// A picture after JPEG of this quality.
fn compressed(picture: &Picture, quality: u8) -> (Picture, Vec<u8>) {
    let (width, height) = (picture.size.width as u32, picture.size.height as u32);
    let image = image::RgbImage::from_fn(width, height, |x, y| {
        let index = (y * width + x) as usize;
        image::Rgb([0, 1, 2].map(|channel| (255.0 * picture.plane(channel)[index]).round() as u8))
    });
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&image).unwrap();
    (of_image(&image::load_from_memory(&bytes).unwrap().to_rgb8()), bytes)
}

/// The luma table of a file, row by row: the first one, of 8 bits.
fn table(file: &[u8]) -> [f32; 64] {
    let start = file.windows(2).position(|two| two == [0xff, 0xdb]).unwrap() + 5;
    let mut table = [0.0; 64];
    let (mut row, mut column, mut rises) = (0i32, 0i32, true);
    for step in &file[start..start + 64] {
        table[(row * 8 + column) as usize] = f32::from(*step);
        let turns = if rises { row == 0 || column == 7 } else { column == 0 || row == 7 };
        match (rises, turns) {
            (true, true) if column == 7 => row += 1,
            (true, true) => column += 1,
            (false, true) if row == 7 => column += 1,
            (false, true) => row += 1,
            (true, false) => (row, column) = (row - 1, column + 1),
            (false, false) => (row, column) = (row + 1, column - 1),
        }
        rises ^= turns;
    }
    table
}

/// How many steps are known, all of which are nearly the table's.
fn known(found: &Quantisation, table: &[f32; 64]) -> usize {
    let known = found.steps.iter().zip(table).filter(|(found, _)| **found > 0.0);
    known.inspect(|(found, step)| assert!((*found - *step).abs() <= 1.0, "{found}, not {step}")).count()
}

/// Steps of a table that is nobody's are known as far as the pixels show them.
#[test]
fn a_table_of_ones_own_is_found_where_the_picture_shows_it() {
    let picture = read("astronaut.png");
    let mut levels: Vec<f32> = picture.plane(0).iter().map(|x| 255.0 * x).collect();
    let width = picture.size.width;
    for top in (0..picture.size.height).step_by(8) {
        for left in (0..width).step_by(8) {
            quantise(&mut levels, width, [top, left], 37.0);
        }
    }
    let samples = levels.iter().map(|x| x.round().clamp(0.0, 255.0) / 255.0).collect();
    let found = Quantisation::find(&Picture { size: picture.size, channels: 1, samples }).unwrap();
    let known: Vec<f32> = found.steps.iter().copied().filter(|step| *step > 0.0).collect();
    assert!(known.len() >= 10 && known.len() < 64 && known.iter().all(|step| (step - 37.0).abs() <= 1.0), "{known:?}");
}

/// Halving the quality's distance from 50 doubles the steps below it.
#[test]
fn coarser_files_have_larger_low_steps_and_fewer_iterations() {
    let picture = read("astronaut.png");
    let found = |quality| Quantisation::find(&compressed(&picture, quality).0).unwrap().low_step();
    let steps = [10, 20, 40].map(found);
    for (two, half) in [(steps[0], steps[1]), (steps[1], steps[2])] {
        assert!((1.6..2.5).contains(&(two / half)), "{steps:?}");
    }
    let iterations = |jpeg_step| {
        let measured = Measured { jpeg_step, ..Measured::plain() };
        resolve(&Options::new(Task::Dejpeg, Quality::Balanced), &measured).iterations
    };
    assert!(iterations(steps[0]) < iterations(steps[1]) && iterations(steps[1]) < iterations(steps[2]));
    assert!((200..=800).contains(&iterations(f32::NAN)));
}

#[test]
fn the_tables_of_files_are_found_in_their_pixels() {
    for quality in [10, 30, 60, 80, 90, 95] {
        for name in ["coffee.png", "astronaut.png", "chelsea.png"] {
            let (decoded, file) = compressed(&read(name), quality);
            let found = Quantisation::find(&decoded).unwrap_or_else(|| panic!("{name} at {quality}"));
            assert_eq!((found.x, found.y), (0, 0));
            // Also of frequencies that the picture hardly has.
            assert_eq!(known(&found, &table(&file)), 64, "{name} at {quality}");
        }
    }
}

#[test]
fn the_grid_of_a_cut_picture_is_found() {
    let (decoded, file) = compressed(&read("astronaut.png"), 20);
    let part = Region { x: 3, y: 13, size: Size::new(170, 160) };
    let found = Quantisation::find(&decoded.crop(part)).unwrap();
    assert_eq!((found.x, found.y), (5, 3));
    assert!(known(&found, &table(&file)) >= 10);
    let whole = Quantisation::find(&decoded).unwrap();
    let within = whole.within(part);
    assert_eq!((within.x, within.y), (found.x, found.y));
}

#[test]
fn a_picture_that_never_was_a_jpeg_has_no_table() {
    for name in ["coffee.png", "astronaut.png", "astronaut_noisy.png", "chelsea_text.png"] {
        assert_eq!(Quantisation::find(&read(name)), None, "{name}");
    }
    assert_eq!(Quantisation::find(&Picture::filled(Size::new(64, 64), 1, 0.5)), None);
    assert_eq!(Quantisation::find(&Picture::filled(Size::new(5, 3), 3, 0.5)), None);
}

#[test]
fn the_box_holds_the_coefficients_and_brings_a_picture_nearer_to_the_truth() {
    let truth = read("astronaut.png");
    let (decoded, _) = compressed(&truth, 10);
    let quantisation = Quantisation::find(&decoded).unwrap();
    let mut restored = smoothed(&decoded);
    let before = distance(&restored, &truth);
    CoefficientBox::of(&decoded, quantisation.clone()).project(&mut restored);
    assert!(distance(&restored, &truth) < 0.95 * before);
    let known = quantisation.steps.iter().enumerate().filter(|(_, step)| **step > 0.0);
    for (index, step) in known.step_by(7) {
        for place in (0..192 * 192 / 64).step_by(31) {
            let [of_decoded, of_restored] = [&decoded, &restored].map(|picture| coefficient(picture, place, index));
            let step = f64::from(*step);
            let multiple = (of_decoded / step).round() * step;
            // Where samples were clipped, what was given is itself away from the multiple.
            let most = 0.35 * step + (of_decoded - multiple).abs() + 0.5;
            assert!((of_restored - multiple).abs() <= most, "{index} of block {place}");
        }
    }
}

/// At fine qualities a fit is far worse than what was given, and made good files worse; so are letters at any.
#[test]
fn a_bad_fit_does_not_take_a_file_away_from_the_truth() {
    let page = Picture { samples: strokes(192), size: Size::new(192, 192), channels: 3 };
    for (truth, quality) in [(read("astronaut.png"), 90), (read("astronaut.png"), 95), (page.clone(), 50), (page, 85)] {
        let (decoded, _) = compressed(&truth, quality);
        let quantisation = Quantisation::find(&decoded).unwrap();
        let mut fitted = smoothed(&smoothed(&decoded));
        let [of_given, of_fit] = [&decoded, &fitted].map(|picture| distance(picture, &truth));
        assert!(of_fit > 1.5 * of_given, "the fit is bad");
        CoefficientBox::of(&decoded, quantisation).project(&mut fitted);
        let of_result = distance(&fitted, &truth);
        assert!(of_result < 1.03 * of_given, "{of_result} of {of_given} at {quality}");
    }
}

/// A fit to black strokes that was as near as the file allows made them worse, since what it changed was of no use.
#[test]
fn letters_stay_as_a_coarse_file_has_them() {
    let page = Picture { samples: strokes(192), size: Size::new(192, 192), channels: 3 };
    let (decoded, _) = compressed(&page, 10);
    let quantisation = Quantisation::find(&decoded).unwrap();
    let mut fitted = decoded.clone();
    for (i, sample) in fitted.samples.iter_mut().enumerate() {
        let (x, y) = (i % 192, i / 192 % 192);
        *sample += if (5 * x + 3 * y) % 11 < 5 { 0.08 } else { -0.08 };
    }
    let [of_given, of_fit] = [&decoded, &fitted].map(|picture| distance(picture, &page));
    assert!(of_fit > 1.2 * of_given, "{of_fit} of {of_given}: the fit is worse");
    CoefficientBox::of(&decoded, quantisation).project(&mut fitted);
    let of_result = distance(&fitted, &page);
    assert!(of_result < 1.05 * of_given, "{of_result} of {of_given}");
}

/// Most blocks of a page have samples that were clipped after they were decoded, and show no step.
#[test]
fn the_table_of_white_paper_is_found() {
    let page = Picture { samples: strokes(192), size: Size::new(192, 192), channels: 3 };
    for quality in [30, 50, 75, 90] {
        let (decoded, file) = compressed(&page, quality);
        let found = Quantisation::find(&decoded).unwrap_or_else(|| panic!("at {quality}"));
        for (found, step) in found.steps.iter().zip(table(&file)) {
            assert!((found - step).abs() <= 1.0f32.max(0.15 * step), "{found}, not {step}, at {quality}");
        }
    }
    assert_eq!(Quantisation::find(&page), None);
}

/// Black strokes on white, three equal channels.
fn strokes(side: usize) -> Vec<f32> {
    let cover = |x: usize, y: usize| {
        let wave = (0.8 * x as f32 + 2.0 * (0.3 * y as f32).sin()).sin();
        if y % 16 < 10 { ((wave - 0.2) / 0.4).clamp(0.0, 1.0) } else { 0.0 }
    };
    let plane = (0..side * side).map(|i| (255.0 * (1.0 - cover(i % side, i / side))).round() / 255.0);
    (0..3).flat_map(|_| plane.clone()).collect()
}

/// Mean squared distance, 0..1.
fn distance(a: &Picture, b: &Picture) -> f64 {
    let squares = a.samples.iter().zip(&b.samples).map(|(a, b)| f64::from(a - b).powi(2));
    squares.sum::<f64>() / a.samples.len() as f64
}

/// Each sample the mean of itself and its neighbours to the right and below.
fn smoothed(picture: &Picture) -> Picture {
    let Size { width, height } = picture.size;
    let mut smoothed = picture.clone();
    for channel in 0..picture.channels {
        let plane = picture.plane(channel);
        let at = |x: usize, y: usize| plane[y.min(height - 1) * width + x.min(width - 1)];
        for (i, sample) in smoothed.plane_mut(channel).iter_mut().enumerate() {
            let (x, y) = (i % width, i / width);
            *sample = (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4.0;
        }
    }
    smoothed
}

/// A coefficient of the luma of a block, by its definition.
fn coefficient(picture: &Picture, block: usize, index: usize) -> f64 {
    let columns = picture.size.width / 8;
    let (left, top) = (block % columns * 8, block / columns * 8);
    let (u, v) = ((index % 8) as f64, (index / 8) as f64);
    let scale = |frequency: f64| if frequency == 0.0 { 0.125f64.sqrt() } else { 0.5 };
    let turn = |place: usize, frequency: f64| (std::f64::consts::PI / 8.0 * (place as f64 + 0.5) * frequency).cos();
    let mut sum = 0.0;
    for (x, y) in (0..64).map(|i| (i % 8, i / 8)) {
        let rgb = [0, 1, 2].map(|c| 255.0 * f64::from(picture.plane(c)[(top + y) * picture.size.width + left + x]));
        let luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        sum += luma * turn(x, u) * turn(y, v);
    }
    sum * scale(u) * scale(v)
}

/// Rounds the coefficients of a block to multiples of one step.
fn quantise(levels: &mut [f32], width: usize, [top, left]: [usize; 2], step: f64) {
    let wave = |frequency: usize, place: usize| {
        let scale = if frequency == 0 { 0.125f64 } else { 0.25 };
        scale.sqrt() * (std::f64::consts::PI * (place as f64 + 0.5) * frequency as f64 / 8.0).cos()
    };
    let at = |place: usize| (top + place / 8) * width + left + place % 8;
    let basis = |index: usize, place: usize| wave(index / 8, place / 8) * wave(index % 8, place % 8);
    let before: Vec<f64> = (0..64).map(|place| f64::from(levels[at(place)])).collect();
    let coefficient = |index| (0..64).map(|place| basis(index, place) * before[place]).sum::<f64>();
    let rounded: Vec<f64> = (0..64).map(|index| (coefficient(index) / step).round() * step).collect();
    for place in 0..64 {
        levels[at(place)] = (0..64).map(|index| basis(index, place) * rounded[index]).sum::<f64>() as f32;
    }
}

//! What a task sees in a picture, and the recipe it writes.

mod border;
mod detail;
mod drawings;
mod finish;
mod noise;
mod surface;

use std::sync::Arc;

use dipkit::degradation::lanczos2_taps;
use dipkit::exec::{Backend, Device, PlannedExecutor};
use dipkit::graph::Padding;
use dipkit::options::{Hole, Input, Measured, Options, Quality, Task, resolve};
use dipkit::pixels::{Picture, Size};
use dipkit::rng::{Draws, Stream};
use dipkit::tasks::{PaddingFrame, Subject, measure, recipe};

use super::ops::judge::pooled;
use noise::photograph;

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
    measure(Task::Inpaint, subject, &|| Ok(())).unwrap().hole
}

#[test]
fn scattered_pixels_are_sparse_however_many_are_missing() {
    for share in [0.02, 0.1, 0.5, 0.9, 0.98] {
        assert_eq!(hole(&sparse(share)), Hole::Sparse, "{share}");
    }
    assert!((measure(Task::Inpaint, &sparse(0.9), &|| Ok(())).unwrap().missing_share - 0.9).abs() < 0.02);
}

#[test]
fn strokes_are_text_and_blocks_are_regions() {
    let strokes = |width| subject(128, 128, move |x, y| x % 24 >= width || y < 8);
    assert_eq!(hole(&strokes(1)), Hole::Text);
    assert_eq!(hole(&strokes(6)), Hole::Text);
    // The bars of a cross, which were filled worse as regions.
    assert_eq!(hole(&subject(128, 128, |x, y| !(50..66).contains(&x) && !(50..66).contains(&y))), Hole::Text);
    let disc = |radius: f32| subject(128, 128, move |x, y| (x as f32 - 60.0).hypot(y as f32 - 70.0) > radius);
    assert_eq!(hole(&disc(20.0)), Hole::Region);
    assert_eq!(hole(&disc(40.0)), Hole::Region);
    assert_eq!(hole(&subject(64, 64, |x, _| x < 40)), Hole::Region, "a missing side");
}

#[test]
fn a_picture_without_an_observed_pixel_is_refused() {
    let error = measure(Task::Inpaint, &subject(8, 8, |_, _| false), &|| Ok(())).unwrap_err();
    assert_eq!(error.to_string(), "every pixel is missing: the mask must keep some of the image");
}

#[test]
fn padding_mirrors_and_cropping_gives_the_picture_back() {
    for (width, height, multiple) in [(5, 3, 8), (1, 1, 32), (33, 31, 32), (64, 32, 32), (2, 7, 4)] {
        let size = Size::new(width, height);
        let samples: Vec<f32> = (0..size.area() * 3).map(|i| i as f32).collect();
        let picture = Picture { size, channels: 3, samples };
        let frame = PaddingFrame::new(size, multiple, 1);
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
        let frame = PaddingFrame::new(Size::new(37, 21), 32, factor);
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
    let recipe = recipe(&options, measured, &subject, None, 0).unwrap();
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
    let recipe = recipe(&options, &plain, &sparse(0.25), None, 0).unwrap();
    assert!((recipe.calibration.observed_share - 0.75).abs() < 0.02 && recipe.calibration.one_colour_term < 1e-12);
}

#[test]
fn what_contradicts_is_refused() {
    let plain = Measured::plain();
    let refused = |task, options: &dyn Fn(Options) -> Options| {
        let options = resolve(&options(Options::new(task, Quality::Reference)), &plain);
        recipe(&options, &plain, &sparse(0.1), None, 0).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let picture = Input::Picture as u32;
    let text = refused(Task::Denoise, &|open| Options { recorruption: 0.5, input: picture, ..open });
    assert_eq!(text, "recorruption needs a noise_level, and none was found");
    let text = refused(Task::Denoise, &|open| Options { recorruption: 0.5, noise_level: 9.0, ..open });
    assert_eq!(text, "recorruption is for denoise with input picture");
    let text = refused(Task::Denoise, &|open| Options { recorruption: 0.5, scales: 0, ..open });
    assert_eq!(text, "recorruption and held_out do not go with scales 0");
    let told = |open| Options { recorruption: 0.5, noise_level: 9.0, input: picture, early_stop: 20, ..open };
    assert_eq!(refused(Task::Denoise, &|open| Options { held_out: 0.1, ..told(open) }), "");
    let text = refused(Task::Denoise, &told);
    assert_eq!(text, "early_stop with recorruption needs held_out above 0, which tells it when");
    let text = refused(Task::Inpaint, &|open| Options { held_out: 0.1, ..open });
    assert_eq!(text, "held_out needs input picture");
    let text = refused(Task::SuperResolve, &|open| Options { held_out: 0.1, input: picture, ..open });
    assert_eq!(text, "held_out does not go with super-resolve");
}

/// Loss, data term and restored picture of dejpeg's first iteration, on a photograph of 32x32.
fn first_of_dejpeg(measured: &Measured) -> (Picture, f64, f64, Vec<f32>) {
    let image = photograph(32);
    let subject = Subject { weight: Picture::filled(image.size, 3, 1.0), image, guide: None };
    let options = resolve(&Options::new(Task::Dejpeg, Quality::Balanced), measured);
    let recipe = recipe(&options, measured, &subject, None, 0).unwrap();
    assert!((recipe.calibration.observed_share - 1.6 / 3.0).abs() < 1e-6);
    let device = Device::open(Backend::Cpu, 0).unwrap();
    let evaluation =
        pooled(|| PlannedExecutor::new(Arc::new(recipe.graph), &device, 2).open().unwrap().evaluate(1).unwrap());
    (subject.image, f64::from(evaluation.loss), f64::from(evaluation.data_term), evaluation.restored)
}

/// Luma, blue and red of the pixel that `sample` gives channel by channel.
fn luma_and_chroma(sample: impl Fn(usize) -> f64) -> [f64; 3] {
    let [r, g, b] = [0, 1, 2].map(sample);
    let luma = 0.299 * r + 0.587 * g + 0.114 * b;
    [luma, (b - luma) / 1.772, (r - luma) / 1.402]
}

/// By a loop: luma counts once, chroma 0.3 times, as the network's first picture is.
#[test]
fn dejpeg_compares_luma_and_less_of_chroma() {
    let (image, loss, term, restored) = first_of_dejpeg(&Measured::plain());
    let pixels = 32 * 32;
    let square = |i: usize| {
        let difference = |c: usize| f64::from(restored[c * pixels + i] - image.samples[c * pixels + i]);
        let [luma, blue, red] = luma_and_chroma(difference);
        luma * luma + 0.3 * (blue * blue + red * red)
    };
    let expected = (0..pixels).map(square).sum::<f64>() / (3 * pixels) as f64;
    assert!((term / expected - 1.0).abs() < 1e-4, "{term} and {expected}");
    assert_eq!(loss, term, "no steps were found");
}

/// By a loop: the total variation of chroma, 0.05 of the steps.
#[test]
fn dejpeg_smooths_chroma_by_the_steps_of_the_file() {
    let (_, loss, term, restored) = first_of_dejpeg(&Measured { jpeg_step: 51.0, ..Measured::plain() });
    let (side, pixels) = (32, 32 * 32);
    let chroma = |i: usize| luma_and_chroma(|c| f64::from(restored[c * pixels + i]));
    let length = |i: usize| -> f64 {
        let (here, right, below) = (chroma(i), chroma(i + 1), chroma(i + side));
        (1..3).map(|c| ((right[c] - here[c]).powi(2) + (below[c] - here[c]).powi(2) + 1e-8).sqrt()).sum()
    };
    let inner = (0..(side - 1) * side).filter(|i| i % side + 1 < side);
    let expected = 0.05 * 51.0 / 255.0 * inner.map(length).sum::<f64>() / (3 * pixels) as f64;
    assert!(((loss - term) / expected - 1.0).abs() < 1e-3, "{} and {expected}", loss - term);
}

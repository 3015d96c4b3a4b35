//! Compares the published behaviour, `reference` denoising of a noisy photograph, with the same loop in PyTorch.
//!
//!   cargo bench --bench published -- PICTURE FOLDER [SEEDS]
//!   python tests/benches/published.py FOLDER
//!
//! For each seed (two unless told) the first writes FOLDER/seed-N.safetensors: initial parameters, z, the
//! noisy target and the truth, and the PSNR of average and latest output at every 100 iterations. The
//! second runs PyTorch from the same start and prints both curves. PICTURE is an 8-bit RGB photograph of
//! at least 128x128, such as the authors' F16; its middle is taken.
//!
//!   cargo bench --bench published -- authors NOISY TRUTH
//!
//! prints both PSNR of a whole picture to 1500 iterations, to set beside the figures in the authors' notebook.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use dipkit::options::{Measured, Options, Quality, Task, resolve};
use dipkit::pixels::metrics::psnr;
use dipkit::pixels::{Layout, Picture, Sample, Size, import};
use dipkit::rng::{Draws, Stream};
use dipkit::session::{Inputs, Output, Session};
use dipkit::tasks::{Subject, recipe};
use safetensors::tensor::{Dtype, TensorView};

const SIDE: usize = 128;
/// Standard deviation on the 0..255 scale.
const SIGMA: f32 = 25.0;
const ITERATIONS: u32 = 1000;
const EVERY: u32 = 100;
const SEEDS: u32 = 2;
const AUTHORS_ITERATIONS: u32 = 1500;
const AUTHORS_EVERY: u32 = 50;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    // cargo bench adds --bench.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [picture, folder, seeds @ ..] = words.as_slice() else {
        println!("published PICTURE FOLDER [SEEDS] | published authors NOISY TRUTH");
        return Ok(());
    };
    if let ("authors", [truth]) = (picture.as_str(), seeds) {
        return authors(folder, truth);
    }
    let truth = middle(picture)?;
    let seeds = seeds.first().map_or(Ok(SEEDS), |seeds| seeds.parse())?;
    std::fs::create_dir_all(folder)?;
    (0..seeds).try_for_each(|seed| run(&truth, seed, &Path::new(folder).join(format!("seed-{seed}.safetensors"))))
}

fn middle(path: &str) -> Result<Picture> {
    let mut picture = image::open(path)?.to_rgb8();
    let (left, top) = ((picture.width() - SIDE as u32) / 2, (picture.height() - SIDE as u32) / 2);
    Ok(read(&image::imageops::crop(&mut picture, left, top, SIDE as u32, SIDE as u32).to_image()))
}

fn read(picture: &image::RgbImage) -> Picture {
    let size = Size::new(picture.width() as usize, picture.height() as usize);
    let mut read = Picture::filled(size, 3, 0.0);
    for channel in 0..3 {
        let samples = picture.pixels().map(|pixel| f32::from(pixel[channel]) / 255.0);
        read.plane_mut(channel).iter_mut().zip(samples).for_each(|(read, sample)| *read = sample);
    }
    read
}

fn authors(noisy: &str, truth: &str) -> Result<()> {
    let (noisy, truth) = (read(&image::open(noisy)?.to_rgb8()), read(&image::open(truth)?.to_rgb8()));
    let options = Options { iterations: AUTHORS_ITERATIONS, ..Options::new(Task::Denoise, Quality::Reference) };
    let session = Session::create(&options, Inputs { image: given(&noisy)?, mask: None, guide: None })?;
    for _ in 0..AUTHORS_ITERATIONS / AUTHORS_EVERY {
        let metrics = session.step(AUTHORS_EVERY)?;
        let db = |output| psnr(&shown(&session, output, noisy.size)?, &truth).map_err(Box::<dyn Error>::from);
        let (average, latest) = (db(Output::Average)?, db(Output::Latest)?);
        println!("{} {latest:.3} {average:.3} {:.0} s", metrics.iteration, metrics.seconds);
    }
    Ok(())
}

/// Clipped to 0..1 and not quantised, as the authors'.
fn noisy(truth: &Picture, seed: u32) -> Picture {
    let mut samples = vec![0.0; truth.samples.len()];
    Draws::new(seed, 0, Stream::Synthetic, 0).normal(0, &mut samples);
    let add = |(noise, truth): (&mut f32, &f32)| *noise = (truth + *noise * SIGMA / 255.0).clamp(0.0, 1.0);
    samples.iter_mut().zip(&truth.samples).for_each(add);
    Picture { samples, ..*truth }
}

/// One fit, its start and its curves.
fn run(truth: &Picture, seed: u32, path: &Path) -> Result<()> {
    let target = noisy(truth, seed);
    let options = Options { seed, iterations: ITERATIONS, ..Options::new(Task::Denoise, Quality::Reference) };
    let mut tensors = start(&options, &target)?;
    let picture = vec![1, 3, SIDE, SIDE];
    tensors.insert("target".into(), (picture.clone(), target.samples.clone()));
    tensors.insert("truth".into(), (picture, truth.samples.clone()));
    let (mut average, mut latest) = (Vec::new(), Vec::new());
    let session = Session::create(&options, Inputs { image: given(&target)?, mask: None, guide: None })?;
    for iteration in (EVERY..=ITERATIONS).step_by(EVERY as usize) {
        session.step(EVERY)?;
        average.push(psnr(&shown(&session, Output::Average, truth.size)?, truth)? as f32);
        latest.push(psnr(&shown(&session, Output::Latest, truth.size)?, truth)? as f32);
        println!("seed {seed}, iteration {iteration}: average {:.3} dB", average[average.len() - 1]);
    }
    tensors.insert("psnr.average".into(), (vec![average.len()], average));
    tensors.insert("psnr.latest".into(), (vec![latest.len()], latest));
    write(&tensors, path)
}

/// Dimensions and samples by name.
type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

/// What the session's graph starts from: its draws depend on the seed only.
fn start(options: &Options, target: &Picture) -> Result<Tensors> {
    let measured = Measured { missing_share: 0.0, ..Measured::plain() };
    let weight = Picture::filled(target.size, target.channels, 1.0);
    let subject = Subject { image: target.clone(), weight, guide: None };
    let graph = recipe(&resolve(options, &measured), &measured, &subject, None, 0)?.graph;
    let initial = graph.initial_parameters()?;
    let mut rest = &initial[..];
    let mut tensors = Tensors::new();
    for (i, parameter) in graph.parameters.iter().enumerate() {
        let (samples, others) = rest.split_at(parameter.samples());
        rest = others;
        tensors.insert(format!("parameter.{i:03}.{}", parameter.name), (parameter.dims.clone(), samples.to_vec()));
    }
    // The first constant is z.
    let z = &graph.constants[0];
    tensors.insert("z".into(), (vec![1, z.shape.channels, z.shape.height, z.shape.width], z.samples().to_vec()));
    Ok(tensors)
}

fn given(picture: &Picture) -> Result<dipkit::pixels::Imported> {
    let buffer: Vec<u8> = picture.samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect();
    Ok(import(&planes(picture.size), 0, &buffer)?)
}

fn shown(session: &Session, output: Output, size: Size) -> Result<Picture> {
    let mut buffer = vec![0; 4 * 3 * size.area()];
    session.preview(output, &planes(size), 0, &mut buffer)?;
    let samples = buffer.as_chunks::<4>().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect();
    Ok(Picture { size, channels: 3, samples })
}

/// Plane after plane, as [`Picture`] has them.
fn planes(size: Size) -> Layout {
    let row = 4 * size.width as isize;
    let packed = Layout::packed(size, 3, Sample::F32);
    Layout { channel_stride: row * size.height as isize, pixel_stride: 4, row_stride: row, ..packed }
}

fn write(tensors: &Tensors, path: &Path) -> Result<()> {
    let bytes = |samples: &[f32]| samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>();
    let named: Vec<_> = tensors.iter().map(|(name, (dims, samples))| (name, dims.clone(), bytes(samples))).collect();
    let views = named
        .iter()
        .map(|(name, dims, bytes)| Ok((name, TensorView::new(Dtype::F32, dims.clone(), bytes)?)))
        .collect::<Result<Vec<_>>>()?;
    safetensors::serialize_to_file(views, None, path)?;
    Ok(())
}

//! `curves --prior`: what the network adds (the paper's "prior effect"). A picture is reduced and enlarged
//! again by fitting, with nothing but the data term, with total variation, and with the deep prior.

use crate::chart::{self, Axis, Legend, Panel, Series, csv_cell};
use crate::experiments::experiment::{Experiment, report_progress};
use crate::experiments::synthetic;
use crate::failure::Result;
use crate::files;
use crate::picture::encode::EncodingPlan;
use crate::picture::format::Format;
use crate::picture::metadata::Metadata;
use crate::picture::raster::Raster;
use crate::run::stepping::Watcher;
use dipkit::options::{AUTO, Options, Quality, Task};
use dipkit::pixels::resize::{ResizeFilter, resize};
use dipkit::pixels::{Layout, Picture, Sample, Size, metrics as measures};
use dipkit::session::{Metrics, Output, Session, State};
use serde_json::json;

/// The settings of the authors' notebook, which all three fits share: 2000 iterations at 0.01, an input of depth 3.
const ITERATIONS: u32 = 2000;
const INPUT_DEPTH: u32 = 3;
const FACTOR: u32 = 4;
/// The noise on the deep prior's input.
const INPUT_NOISE: f32 = 1.0 / 30.0;
/// The weight of total variation.
const TV_WEIGHT: f32 = 1e-7;
/// The iterations from one measurement of PSNR to the next.
const INTERVAL: u32 = 10;

/// The options of the deep prior before flags.
pub fn options() -> Options {
    Options {
        iterations: ITERATIONS,
        input_depth: INPUT_DEPTH,
        input_noise: INPUT_NOISE,
        factor: FACTOR,
        ..Options::new(Task::SuperResolve, Quality::Reference)
    }
}

/// The factor by which the picture is reduced.
pub fn factor(options: &Options) -> usize {
    if options.factor == AUTO { FACTOR as usize } else { options.factor as usize }
}

const DEGRADED: &str = "degraded";
const FILES: [&str; 2] = ["psnr.csv", "psnr.svg"];

/// One way to choose among the pictures that explain the reduced one.
struct Prior {
    /// The name of its picture and its column.
    name: &'static str,
    label: &'static str,
    options: Options,
}

/// The three priors that are compared. Those without a network fit the picture itself.
fn priors(deep: &Options) -> [Prior; 3] {
    let none = Options { scales: 0, input_noise: 0.0, ..*deep };
    [
        Prior { name: "no_prior", label: "no prior", options: none },
        Prior { name: "total_variation", label: "total variation", options: Options { tv_weight: TV_WEIGHT, ..none } },
        Prior { name: "deep_prior", label: "deep prior", options: *deep },
    ]
}

/// The names of the files that [`run`] writes.
pub fn files() -> Vec<String> {
    let pictures = priors(&options()).map(|prior| prior.name).into_iter().chain([DEGRADED]);
    pictures.map(|name| format!("{name}.png")).chain(FILES.map(String::from)).collect()
}

/// Runs the three fits and writes a picture of each, psnr.csv and psnr.svg.
///
/// # Errors
/// A fit fails, or a file cannot be written.
pub fn run(experiment: &Experiment) -> Result<()> {
    let factor = factor(&experiment.options);
    let truth = &experiment.truth;
    let small = Size::new(truth.size.width / factor, truth.size.height / factor);
    let mut degraded = resize(truth, small, ResizeFilter::Lanczos3)?;
    degraded.samples.iter_mut().for_each(|sample| *sample = sample.clamp(0.0, 1.0));
    let priors = priors(&experiment.options);
    let mut curves = Vec::new();
    let mut ended = Ok(());
    for prior in &priors {
        let mut watcher = Psnr { prior, experiment, factor, points: Vec::new() };
        let fitted = experiment.fit(&degraded, &prior.options, &mut watcher);
        curves.push(watcher.points);
        match fitted {
            Ok(session) => save(experiment, prior.name, &result(&session, truth.channels)?)?,
            Err(failure) => {
                ended = Err(failure);
                break;
            }
        }
    }
    if curves.iter().any(|curve| !curve.is_empty()) {
        save(experiment, DEGRADED, &synthetic::raster(&degraded))?;
        write(experiment, &priors, &curves)?;
    }
    ended
}

fn result(session: &Session, channels: usize) -> Result<Raster> {
    Raster::from_session(session, Output::Result, Layout::packed(session.size(), channels, Sample::F32))
}

fn save(experiment: &Experiment, name: &str, raster: &Raster) -> Result<()> {
    // The samples are rounded to 8 bits as the engine rounds them.
    let layout = Layout::packed(raster.size(), raster.layout.channels, Sample::U8);
    let bytes = raster.bytes.chunks_exact(4).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]));
    let bytes = bytes.map(|sample| (sample.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
    let file = EncodingPlan::new(Format::Png, layout.size, &layout, &Metadata::default())?
        .encode(&Raster { layout, bytes })?;
    files::replace(&experiment.folder.join(format!("{name}.png")), &file)
}

/// Measures the delivered picture as the fit goes.
struct Psnr<'a> {
    prior: &'a Prior,
    experiment: &'a Experiment,
    factor: usize,
    points: Vec<(f64, f64)>,
}

impl Watcher for Psnr<'_> {
    fn see(&mut self, session: &Session, metrics: &Metrics) {
        report_progress(&self.experiment.console, self.prior.label, metrics);
        let is_last = metrics.state != State::Running;
        if !metrics.iteration.is_multiple_of(INTERVAL) && !is_last {
            return;
        }
        let truth = &self.experiment.truth;
        let psnr = result(session, truth.channels)
            .and_then(|raster| raster.colour())
            .and_then(|picture| Ok(measures::psnr(&luma(&picture, self.factor), &luma(truth, self.factor))?));
        self.points.push((f64::from(metrics.iteration), psnr.unwrap_or(f64::NAN)));
    }
}

/// The luma (BT.601) without a border of `factor` pixels, as is customary in super-resolution.
fn luma(picture: &Picture, factor: usize) -> Picture {
    let Size { width, height } = picture.size;
    // A picture that would be all border is taken whole.
    let border = if width.min(height) > 2 * factor { factor } else { 0 };
    let size = Size::new(width - 2 * border, height - 2 * border);
    let weights: &[f32] = if picture.channels == 3 { &[0.299, 0.587, 0.114] } else { &[1.0] };
    let sample = |i: usize| {
        let at = (i / size.width + border) * width + i % size.width + border;
        weights.iter().enumerate().map(|(channel, weight)| weight * picture.plane(channel)[at]).sum()
    };
    Picture { size, channels: 1, samples: (0..size.area()).map(sample).collect() }
}

fn write(experiment: &Experiment, priors: &[Prior; 3], curves: &[Vec<(f64, f64)>]) -> Result<()> {
    let mut text = format!("iteration,{}\n", priors.each_ref().map(|prior| prior.name).join(","));
    let longest = curves.iter().max_by_key(|curve| curve.len());
    for (row, (iteration, _)) in longest.into_iter().flatten().enumerate() {
        let at = |i: usize| curves.get(i).and_then(|curve| curve.get(row)).map_or(f64::NAN, |(_, psnr)| *psnr);
        text += &format!("{iteration},{}\n", [0, 1, 2].map(|i| csv_cell(at(i))).join(","));
    }
    let [csv, svg] = FILES.map(|name| experiment.folder.join(name));
    files::replace(&csv, text.as_bytes())?;
    let series = priors.iter().zip(curves).map(|(prior, curve)| Series { name: prior.label, points: curve.clone() });
    let title = "PSNR of the enlarged picture in dB (luma)";
    let panel = Panel {
        title,
        x: Axis::Linear,
        y: Axis::Linear,
        series: series.collect(),
        mark: None,
        legend: Legend::LowerRight,
    };
    files::replace(&svg, chart::svg(&[panel])?.as_bytes())?;
    for (prior, curve) in priors.iter().zip(curves) {
        if let Some((iteration, psnr)) = curve.last() {
            experiment
                .console
                .record(&json!({ "event": "done", "fit": prior.name, "iterations": iteration, "psnr": psnr }));
            experiment.console.note(&format!("{}: {psnr:.2} dB after {iteration} iterations", prior.label));
        }
    }
    Ok(())
}

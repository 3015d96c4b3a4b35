//! `curves`: the experiment behind the method (Fig. 2 of arXiv 1711.10925). The same network from the same
//! start fits a picture in few iterations, its noisy version later, and noise or shuffled pixels last.

use crate::batch::conflicts::FileUses;
use crate::chart::{self, Axis, Legend, Panel, Series};
use crate::console::{Console, duration, number};
use crate::experiments::prior;
use crate::experiments::synthetic;
use crate::failure::{Failure, Result, Status};
use crate::files;
use crate::inputs;
use crate::interrupt;
use crate::picture::limits::Limits;
use crate::run::report::cell;
use crate::run::stepping::{self, IterationsPerCall, Timing, Watcher};
use crate::settings;
use clap::ArgMatches;
use dipkit::options::{Options, Quality, Task};
use dipkit::pixels::{Picture, Size};
use dipkit::session::{self, Metrics, Session, State};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What both experiments are told.
pub struct Experiment {
    pub folder: PathBuf,
    pub options: Options,
    pub console: Console,
    /// The clean picture, cropped.
    pub truth: Picture,
}

/// Without `--iterations`; the curves have parted long before.
const ITERATIONS: u32 = 2000;
const FILES: [&str; 2] = ["losses.csv", "losses.svg"];
const NAMES: [&str; 4] = ["picture", "noisy", "shuffled", "noise"];

/// Runs the experiment that the flags name.
///
/// # Errors
/// A picture or folder that cannot be used, options that a session refuses, Ctrl-C.
pub fn run(matches: &ArgMatches) -> Result<()> {
    let is_prior = matches.get_flag("prior");
    // The notebook has no such experiment; the paper's text says: no input noise, no average.
    let defaults = match is_prior {
        true => prior::options(),
        false => Options {
            iterations: ITERATIONS,
            input_noise: 0.0,
            average_weight: 0.0,
            ..Options::new(Task::Denoise, Quality::Reference)
        },
    };
    let options = settings::options(defaults, matches)?;
    let console = settings::console(matches);
    // Both are required by the command line's description.
    let path = |name| matches.get_one::<PathBuf>(name).cloned().unwrap_or_default();
    let side = matches.get_one::<u32>("size").copied().unwrap_or_default() as usize;
    let folder = path("output");
    files::create_folder(&folder)?;
    let mut all = FileUses::default();
    all.read("the picture", &path("picture"));
    let written = if is_prior { prior::files() } else { FILES.map(String::from).to_vec() };
    written.iter().try_for_each(|name| all.write("the experiment", &folder.join(name)))?;
    let picture = open(&path("picture"), side, if is_prior { prior::factor(&options) } else { 1 }, &console)?;
    let experiment = Experiment { folder, options, console, truth: picture };
    if is_prior { prior::run(&experiment) } else { experiment.run() }
}

/// The picture's colour, cropped around its centre to at most `side`, and to whole multiples.
fn open(path: &Path, side: usize, multiple: usize, console: &Console) -> Result<Picture> {
    let raster = inputs::open(path, &Limits::new(0), console)?.raster;
    let shorten = |length: usize| length.min(side) / multiple * multiple;
    let size = Size::new(shorten(raster.size().width), shorten(raster.size().height));
    if size.area() == 0 {
        let text = format!("is {}, each side must be at least {multiple}", raster.size());
        return Err(Failure::wrong_input(text).about(&files::name(path)));
    }
    if size != raster.size() {
        console.note(&format!("{}: cropped from {} to {size}", files::name(path), raster.size()));
    }
    raster.cropped(size).colour()
}

impl Experiment {
    fn run(&self) -> Result<()> {
        let seed = self.options.seed;
        let pictures = [
            self.truth.clone(),
            synthetic::with_noise(&self.truth, synthetic::NOISE, seed),
            synthetic::shuffled(&self.truth, seed),
            synthetic::white_noise(&self.truth, seed),
        ];
        let mut curves = Vec::new();
        let mut ended = Ok(());
        for (name, picture) in NAMES.iter().zip(&pictures) {
            let mut losses = Losses { name, console: self.console, values: Vec::new() };
            ended = self.fit(picture, None, &mut losses).map(drop);
            curves.push(losses.values);
            if ended.is_err() {
                break;
            }
        }
        if curves.iter().any(|curve| !curve.is_empty()) {
            self.write(&curves)?;
        }
        ended
    }

    /// Fits one picture, watched.
    pub fn fit(&self, picture: &Picture, options: Option<&Options>, watcher: &mut dyn Watcher) -> Result<Arc<Session>> {
        let image = synthetic::raster(picture).import()?;
        let inputs = session::Inputs { image, mask: None, guide: None };
        let session = Arc::new(Session::create(options.unwrap_or(&self.options), inputs)?);
        let ended = stepping::run(&session, IterationsPerCall::AtMost(1), &mut Timing::default(), &mut [watcher]);
        interrupt::forget();
        match ended {
            Ok(_) => Ok(session),
            Err(dipkit::Error::Cancelled) => {
                let text = format!("stopped; what was measured so far is in {}", self.folder.display());
                Err(Failure::new(Status::Interrupted, text))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn write(&self, curves: &[Vec<f64>]) -> Result<()> {
        let mut text = format!("iteration,{}\n", NAMES.join(","));
        let rows = curves.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..rows {
            let cells = (0..NAMES.len()).map(|i| curves.get(i).and_then(|curve| curve.get(row)).copied());
            let cells: Vec<_> = cells.map(|loss| cell(loss.unwrap_or(f64::NAN))).collect();
            text += &format!("{},{}\n", row + 1, cells.join(","));
        }
        let [csv, svg] = FILES.map(|name| self.folder.join(name));
        files::replace(&csv, text.as_bytes())?;
        let labels = ["the picture", "the picture with noise, sigma 25", "its pixels shuffled", "white noise"];
        let series = labels.iter().zip(curves).map(|(name, curve)| Series {
            name,
            points: curve.iter().enumerate().map(|(i, &loss)| (i as f64 + 1.0, loss)).collect(),
        });
        let panel = Panel {
            title: "Loss while fitting, from the same start",
            x: Axis::Logarithmic,
            y: Axis::Logarithmic,
            series: series.collect(),
            mark: None,
            legend: Legend::LowerLeft,
        };
        files::replace(&svg, chart::svg(&[panel])?.as_bytes())?;
        self.console.note(&format!("losses.csv and losses.svg are in {}", self.folder.display()));
        Ok(())
    }
}

/// Collects the loss of each iteration.
struct Losses<'a> {
    name: &'a str,
    console: Console,
    values: Vec<f64>,
}

impl Watcher for Losses<'_> {
    fn see(&mut self, _: &Session, metrics: &Metrics) {
        self.values.push(metrics.loss);
        tell(&self.console, self.name, metrics);
    }
}

/// Ten lines a fit.
pub fn tell(console: &Console, name: &str, metrics: &Metrics) {
    let interval = (metrics.iterations_total / 10).max(1);
    if !metrics.iteration.is_multiple_of(interval) && metrics.state == State::Running {
        return;
    }
    console.record(&json!({
        "event": "progress", "fit": name, "iteration": metrics.iteration, "loss": number(metrics.loss),
    }));
    let text = format!(
        "{name}: iteration {} of {}, loss {:.6}, {} left",
        metrics.iteration,
        metrics.iterations_total,
        metrics.loss,
        duration(metrics.seconds_left)
    );
    console.note(&text);
}

//! The experiment behind the method (Fig. 2 of arXiv 1711.10925). The same network from the same start fits a picture in
//! few iterations, its noisy version later, and noise or shuffled pixels last.

use crate::chart::{self, Axis, Legend, Panel, Series, csv_cell};
use crate::console::Console;
use crate::experiments::experiment::{Experiment, report_progress};
use crate::experiments::synthetic;
use crate::failure::Result;
use crate::files;
use crate::run::stepping::Watcher;
use dipkit::options::{Options, Quality, Task};
use dipkit::session::{Metrics, Session};

/// The iterations without `--iterations`; the curves have parted long before.
const ITERATIONS: u32 = 2000;
/// The names of the files that [`run`] writes.
pub const FILES: [&str; 2] = ["losses.csv", "losses.svg"];
/// The names of the fits, which are the columns of the table.
const NAMES: [&str; 4] = ["picture", "noisy", "shuffled", "noise"];

/// The options before flags. The authors' notebooks have no such experiment; the paper's text says: no input noise, no
/// average.
pub fn options() -> Options {
    Options {
        iterations: ITERATIONS,
        input_noise: 0.0,
        average_weight: 0.0,
        ..Options::new(Task::Denoise, Quality::Reference)
    }
}

/// Runs the four fits and writes losses.csv and losses.svg.
///
/// # Errors
/// A fit fails, or a file cannot be written.
pub fn run(experiment: &Experiment) -> Result<()> {
    let seed = experiment.options.seed;
    let pictures = [
        experiment.truth.clone(),
        synthetic::with_noise(&experiment.truth, synthetic::NOISE, seed),
        synthetic::shuffled(&experiment.truth, seed),
        synthetic::white_noise(&experiment.truth, seed),
    ];
    let mut curves = Vec::new();
    let mut ended = Ok(());
    for (name, picture) in NAMES.iter().zip(&pictures) {
        let mut losses = Losses { name, console: experiment.console, values: Vec::new() };
        ended = experiment.fit(picture, &experiment.options, &mut losses).map(drop);
        curves.push(losses.values);
        if ended.is_err() {
            break;
        }
    }
    if curves.iter().any(|curve| !curve.is_empty()) {
        write(experiment, &curves)?;
    }
    ended
}

fn write(experiment: &Experiment, curves: &[Vec<f64>]) -> Result<()> {
    let mut text = format!("iteration,{}\n", NAMES.join(","));
    let rows = curves.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..rows {
        let cells = (0..NAMES.len()).map(|i| curves.get(i).and_then(|curve| curve.get(row)).copied());
        let cells: Vec<_> = cells.map(|loss| csv_cell(loss.unwrap_or(f64::NAN))).collect();
        text += &format!("{},{}\n", row + 1, cells.join(","));
    }
    let [csv, svg] = FILES.map(|name| experiment.folder.join(name));
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
    experiment.console.note(&format!("losses.csv and losses.svg are in {}", experiment.folder.display()));
    Ok(())
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
        report_progress(&self.console, self.name, metrics);
    }
}

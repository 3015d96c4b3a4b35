//! What the experiments of `curves` share: a clean picture, and fits to pictures made from it.

use crate::console::{Console, duration, number};
use crate::experiments::synthetic;
use crate::failure::{Failure, Result, Status};
use crate::picture::limits::Limits;
use crate::run::stepping::{self, IterationsPerCall, Timing, Watcher};
use crate::{files, inputs, interrupt};
use dipkit::options::Options;
use dipkit::pixels::{Picture, Size};
use dipkit::session::{self, Metrics, Session, State};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What an experiment is given.
pub struct Experiment {
    /// The folder of the results.
    pub folder: PathBuf,
    pub options: Options,
    pub console: Console,
    /// The clean picture, cropped.
    pub truth: Picture,
}

impl Experiment {
    /// Fits one picture with these options, watched.
    ///
    /// # Errors
    /// The options are refused, the fit fails, or Ctrl-C was pressed.
    pub fn fit(&self, picture: &Picture, options: &Options, watcher: &mut dyn Watcher) -> Result<Arc<Session>> {
        let image = synthetic::raster(picture).import()?;
        let inputs = session::Inputs { image, mask: None, guide: None };
        let session = Arc::new(Session::create(options, inputs)?);
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
}

/// Opens a picture's colour, cropped around its centre to at most `side` pixels a side, and to whole multiples.
///
/// # Errors
/// The picture cannot be read, or is smaller than one multiple.
pub fn open(path: &Path, side: usize, multiple: usize, console: &Console) -> Result<Picture> {
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

/// Says how far a fit has come, about ten times in all.
pub fn report_progress(console: &Console, name: &str, metrics: &Metrics) {
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

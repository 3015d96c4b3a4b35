//! `--report`: how the fit went, as curves and numbers, and what came of it, as a before/after picture.

use crate::chart::{self, Axis, Legend, Mark, Panel, Series, csv_cell};
use crate::failure::Result;
use crate::files;
use crate::picture::encode::EncodingPlan;
use crate::picture::format::Format;
use crate::picture::metadata::Metadata;
use crate::picture::raster::Raster;
use crate::run::stepping::Watcher;
use dipkit::pixels::{Layout, Picture, Sample, Size, Transfer, metrics as measures};
use dipkit::session::{Metrics, Output, Region, Session};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What was measured at one moment.
struct Measurement {
    iteration: u32,
    loss: f64,
    psnr_observed: f64,
    variance: f64,
    /// The PSNR of the picture that would be delivered against the truth; NaN without a truth.
    psnr: f64,
    /// The PSNR of the moving average against the truth, which shows whether the fit went on for too long.
    psnr_average: f64,
}

/// Collects measurements as the fit goes; [`Report::write`] writes the files.
pub struct Report {
    folder: PathBuf,
    truth: Option<Picture>,
    rows: Vec<Measurement>,
}

/// The names of the files that [`Report::write`] writes.
pub const FILES: [&str; 3] = ["metrics.csv", "metrics.svg", "before_after.png"];

/// The longest side of each half of the before/after picture, so that it can be looked at.
const MOST_SIDE: usize = 1600;
/// The width of the white gap between the halves.
const GAP: usize = 8;

impl Report {
    /// A report into a folder, which is created if there is none.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn new(folder: &Path, truth: Option<Picture>) -> Result<Self> {
        files::create_folder(folder)?;
        Ok(Report { folder: folder.into(), truth, rows: Vec::new() })
    }

    /// Writes metrics.csv, metrics.svg and before_after.png.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, session: &Session, metrics: &Metrics) -> Result<()> {
        let [csv, svg, picture] = FILES.map(|name| self.folder.join(name));
        files::replace(&csv, self.csv().as_bytes())?;
        files::replace(&svg, chart::svg(&self.panels(metrics.best_iteration))?.as_bytes())?;
        files::replace(&picture, &before_after(session)?)
    }

    fn csv(&self) -> String {
        let mut text = String::from("iteration,loss,psnr_observed,variance");
        text += if self.truth.is_some() { ",psnr,psnr_average\n" } else { "\n" };
        for row in &self.rows {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "{},{},{},{}",
                row.iteration,
                csv_cell(row.loss),
                csv_cell(row.psnr_observed),
                csv_cell(row.variance)
            );
            if self.truth.is_some() {
                let _ = write!(text, ",{},{}", csv_cell(row.psnr), csv_cell(row.psnr_average));
            }
            text.push('\n');
        }
        text
    }

    fn panels(&self, best_iteration: u32) -> Vec<Panel> {
        let series = |name, value: fn(&Measurement) -> f64| Series {
            name,
            points: self.rows.iter().map(|row| (f64::from(row.iteration), value(row))).collect(),
        };
        let panel = |title, y, legend, series| Panel {
            legend,
            title,
            x: Axis::Linear,
            y,
            series,
            mark: Some(Mark { at: f64::from(best_iteration), name: format!("delivered: iteration {best_iteration}") }),
        };
        let observed = series("against the given picture (observed)", |row| row.psnr_observed);
        let mut psnr = vec![observed];
        if self.truth.is_some() {
            psnr.push(series("moving average against the truth", |row| row.psnr_average));
            psnr.push(series("delivered picture against the truth", |row| row.psnr));
        }
        vec![
            panel("PSNR in dB", Axis::Linear, Legend::LowerRight, psnr),
            panel("Loss", Axis::Logarithmic, Legend::UpperRight, vec![series("", |row| row.loss)]),
            panel(
                "Moving variance of the output",
                Axis::Logarithmic,
                Legend::UpperRight,
                vec![series("", |row| row.variance)],
            ),
        ]
    }
}

impl Watcher for Report {
    fn see(&mut self, session: &Session, metrics: &Metrics) {
        let psnr = |output| self.truth.as_ref().and_then(|truth| psnr(session, output, truth).ok()).unwrap_or(f64::NAN);
        let (delivered, average) = (psnr(Output::Result), psnr(Output::Average));
        self.rows.push(Measurement {
            iteration: metrics.iteration,
            loss: metrics.loss,
            psnr_observed: metrics.psnr_observed,
            variance: metrics.variance,
            psnr: delivered,
            psnr_average: average,
        });
    }
}

fn psnr(session: &Session, output: Output, truth: &Picture) -> Result<f64> {
    let layout = Layout::packed(truth.size, truth.channels, Sample::F32);
    let raster = Raster::from_session(session, output, layout)?;
    Ok(measures::psnr(&raster.colour()?, truth)?)
}

/// The given and the restored picture side by side, as a PNG.
fn before_after(session: &Session) -> Result<Vec<u8>> {
    let size = session.size();
    let shrink = size.width.max(size.height).div_ceil(MOST_SIDE);
    let half = Size::new((size.width / shrink).max(1), (size.height / shrink).max(1));
    let both = Layout {
        transfer: Transfer::Encoded,
        ..Layout::packed(Size::new(2 * half.width + GAP, half.height), 3, Sample::U8)
    };
    let mut raster = Raster::blank(both);
    raster.bytes.fill(u8::MAX);
    let region = Region { x: 0, y: 0, size };
    for (output, x) in [(Output::Input, 0), (Output::Result, half.width + GAP)] {
        let place = Layout { size: half, ..both };
        let origin = place.offset(0, x, 0) as usize;
        session.preview_region(output, region, &place, origin, &mut raster.bytes)?;
    }
    EncodingPlan::new(Format::Png, both.size, &both, &Metadata::default())?.encode(&raster)
}

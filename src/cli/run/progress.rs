//! How far the fit is: a bar with the remaining time on a terminal, plain lines elsewhere, JSON lines for
//! programs.

use crate::console::{self, Console, duration, number};
use dipkit::session::Metrics;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::time::{Duration, Instant};

/// The time between two plain lines.
const LINE_INTERVAL: Duration = Duration::from_secs(5);
/// The time between two JSON lines.
const RECORD_INTERVAL: Duration = Duration::from_secs(1);

/// Shows how far the fit of a page is.
pub struct Progress {
    console: Console,
    picture: String,
    /// The number of the page, from 0 on, and of how many pages there are.
    page: (usize, usize),
    bar: Option<ProgressBar>,
    last_line: Instant,
    last_record: Option<Instant>,
}

impl Progress {
    /// The progress of a page, which is still to begin. Each line begins with the name `picture`.
    pub fn new(console: Console, picture: &str, page: (usize, usize)) -> Self {
        let has_bar = !console.is_quiet && console::is_terminal();
        let bar = has_bar.then(|| {
            // The template is constant and known to be valid.
            let style = ProgressStyle::with_template("{bar:30.cyan/blue} {percent:>3} %  {msg}");
            ProgressBar::new(PARTS).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Progress { console, picture: picture.into(), page, bar, last_line: Instant::now(), last_record: None }
    }

    /// Shows these metrics if it is time to.
    pub fn show(&mut self, metrics: &Metrics) {
        if let Some(bar) = &self.bar {
            bar.set_position((self.share(metrics) * PARTS as f64) as u64);
            bar.set_message(self.message(metrics));
        } else if self.last_line.elapsed() >= LINE_INTERVAL {
            self.last_line = Instant::now();
            let percent = 100.0 * self.share(metrics);
            self.console.note(&format!("{}: {percent:.0} %, {}", self.picture, self.message(metrics)));
        }
        if self.last_record.is_none_or(|last| last.elapsed() >= RECORD_INTERVAL) {
            self.last_record = Some(Instant::now());
            self.console.record(&self.record(metrics));
        }
    }

    /// Warns of something while the bar is on the screen.
    pub fn warn(&self, about: &str, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.console.warn(about, text)),
            None => self.console.warn(about, text),
        }
    }

    /// The share of all pages that is done, if the others take as long as this one, 0..1.
    fn share(&self, metrics: &Metrics) -> f64 {
        let (page, pages) = self.page;
        (page as f64 + metrics.progress) / pages as f64
    }

    /// The seconds until all pages are done, if the others take as long as this one.
    fn seconds_left(&self, metrics: &Metrics) -> f64 {
        let (page, pages) = self.page;
        metrics.seconds_left + (pages - page - 1) as f64 * (metrics.seconds + metrics.seconds_left)
    }

    fn message(&self, metrics: &Metrics) -> String {
        let left = match self.seconds_left(metrics) {
            left if left.is_finite() => format!("{} left", duration(left)),
            _ => "timing".into(),
        };
        format!(
            "iteration {} of {}, {left}, loss {:.5}, observed PSNR {:.1} dB",
            metrics.iteration, metrics.iterations_total, metrics.loss, metrics.psnr_observed
        )
    }

    fn record(&self, metrics: &Metrics) -> serde_json::Value {
        json!({
            "event": "progress",
            "input": self.picture,
            "page": self.page.0 + 1,
            "pages": self.page.1,
            "iteration": metrics.iteration,
            "iterations": metrics.iterations_total,
            "progress": number(self.share(metrics)),
            "seconds": number(metrics.seconds),
            "seconds_left": number(self.seconds_left(metrics)),
            "loss": number(metrics.loss),
            "psnr_observed": number(metrics.psnr_observed),
            "variance": number(metrics.variance),
        })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The number of steps in the bar's length.
const PARTS: u64 = 1000;

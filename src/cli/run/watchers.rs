//! Everybody who looks at a fit while it runs.

use crate::run::checkpoint::CheckpointWriter;
use crate::run::preview::Preview;
use crate::run::progress::Progress;
use crate::run::report::Report;
use crate::run::stepping::Watcher;
use dipkit::session::{Metrics, Session};

/// The watchers of one page's fit.
pub struct Watchers<'a> {
    pub progress: Progress,
    pub preview: Option<Preview>,
    pub report: Option<Report>,
    pub checkpoint_writer: Option<CheckpointWriter<'a>>,
}

impl Watcher for Watchers<'_> {
    fn see(&mut self, session: &Session, metrics: &Metrics) {
        self.progress.show(metrics);
        if let Some(preview) = &mut self.preview {
            preview.see(session, metrics);
            if let Some(failure) = preview.failure.take() {
                self.progress.warn("--preview", &format!("{}; the fit goes on without it", failure.text));
                self.preview = None;
            }
        }
        if let Some(report) = &mut self.report {
            report.see(session, metrics);
        }
        if let Some(writer) = &mut self.checkpoint_writer {
            writer.see(session, metrics);
            if let Some(failure) = writer.failure.take() {
                let text = format!("{}; the fit goes on, and the next one is tried in its turn", failure.text);
                self.progress.warn("checkpoint", &text);
            }
        }
    }

    fn is_time_over(&self) -> bool {
        self.checkpoint_writer.as_ref().is_some_and(|writer| writer.checkpoint.is_time_over())
    }
}

//! How many pictures of a batch went which way, in words and for programs.

use crate::failure::{Failure, Result, Status};
use crate::settings::Settings;
use serde_json::json;

/// How many pictures went which way.
#[derive(Default)]
pub struct Count {
    pub done: usize,
    /// The number of pictures among those done whose files are damaged.
    pub damaged: usize,
    pub skipped: usize,
    pub failed: usize,
    /// The number of pictures that other workers restore.
    pub claimed: usize,
}

impl Count {
    /// The number of pictures whose turn has come.
    pub fn total(&self) -> usize {
        self.done + self.skipped + self.failed + self.claimed
    }

    /// Says how the batch went.
    ///
    /// # Errors
    /// Some pictures failed.
    pub fn conclude(&self, settings: &Settings) -> Result<()> {
        self.record(settings);
        if self.failed > 0 {
            return Err(Failure::new(Status::SomeFailed, self.text()));
        }
        settings.console.note(&self.text());
        Ok(())
    }

    /// Says in JSON how the batch went.
    pub fn record(&self, settings: &Settings) {
        let Count { done, damaged, skipped, failed, claimed } = self;
        settings.console.record(&json!({
            "event": "summary", "done": done, "damaged": damaged, "skipped": skipped, "failed": failed, "claimed": claimed,
        }));
    }

    fn text(&self) -> String {
        let Count { done, damaged, skipped, failed, claimed } = self;
        let of_damaged = match damaged {
            0 => String::new(),
            1 => " (1 of them from a damaged file)".into(),
            several => format!(" ({several} of them from damaged files)"),
        };
        let of_others = match claimed {
            0 => String::new(),
            several => format!(", {several} left to other workers"),
        };
        format!("{done} restored{of_damaged}, {skipped} skipped, {failed} failed{of_others}")
    }
}

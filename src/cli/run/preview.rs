//! The preview file: the picture so far, replaced as a whole now and then.

use crate::failure::{Failure, Result};
use crate::files::{self, Destination};
use crate::picture::encode::EncodingPlan;
use crate::picture::format::Format;
use crate::picture::metadata::Metadata;
use crate::picture::raster::Raster;
use crate::run::stepping::Watcher;
use dipkit::pixels::{Layout, Size};
use dipkit::session::{Metrics, Output, Session, State};
use std::path::Path;
use std::time::{Duration, Instant};

/// Rewrites the preview file as the fit goes.
pub struct Preview {
    destination: Destination,
    plan: EncodingPlan,
    due: Instant,
    /// The first failure to write, after which the fit goes on without previews.
    pub failure: Option<Failure>,
}

/// The least time between two previews.
const INTERVAL: Duration = Duration::from_secs(2);
/// The least time between two previews, as a multiple of the time that writing one takes.
const WRITING_SHARE: u32 = 10;

impl Preview {
    /// A preview of a picture of `size` that was read with `layout`.
    ///
    /// # Errors
    /// The name has no known extension, or the place cannot be written.
    pub fn new(path: &Path, size: Size, layout: &Layout, metadata: &Metadata) -> Result<Self> {
        let format = Format::from_extension(path).ok_or_else(|| {
            Failure::wrong_input("has an extension that does not say which format to write: use .png")
                .about(&files::name(path))
        })?;
        let about = || format!("--preview {}", files::name(path));
        // It is there to be looked at, so its numbers are spread over the whole range.
        let metadata = Metadata { scale: None, ..metadata.clone() };
        let plan = EncodingPlan::new(format, size, layout, &metadata).map_err(|failure| failure.about(&about()))?;
        Ok(Preview { destination: Destination::new(path)?, plan, due: Instant::now(), failure: None })
    }

    fn write(&self, session: &Session) -> Result<()> {
        let raster = Raster::from_session(session, Output::Result, self.plan.layout)?;
        self.destination.write(&self.plan.encode(&raster)?)
    }
}

impl Watcher for Preview {
    fn see(&mut self, session: &Session, metrics: &Metrics) {
        let is_last = metrics.state != State::Running;
        if self.failure.is_some() || Instant::now() < self.due && !is_last {
            return;
        }
        let start = Instant::now();
        self.failure = self.write(session).err();
        self.due = Instant::now() + INTERVAL.max(start.elapsed() * WRITING_SHARE);
    }
}

//! A page that is being restored: its session and everything around it.

use crate::console::Console;
use crate::failure::Result;
use crate::inputs::FitInputs;
use crate::picture::encode::EncodingPlan;
use crate::picture::raster::{Raster, resized};
use crate::run::checkpoint::Checkpoint;
use crate::run::request::RestoreRequest;
use crate::run::stack::Stack;
use crate::settings::Settings;
use dipkit::pixels::{Layout, metrics as measures};
use dipkit::session::{Output, Session, State};
use std::path::PathBuf;
use std::sync::Arc;

/// A session with everything around it.
pub struct PageFit<'a> {
    pub request: &'a RestoreRequest<'a>,
    /// The settings of the request, with this page's share of the time.
    pub settings: &'a Settings,
    pub stack: &'a Stack<'a>,
    /// The folder of the page's report.
    pub report: Option<PathBuf>,
    pub plan: EncodingPlan,
    pub session: Arc<Session>,
    pub inputs: &'a FitInputs,
    /// How the page is called in messages.
    pub about: String,
    pub checkpoint: Option<&'a Checkpoint>,
    /// The state of the fit in the checkpoint that it went on from.
    pub resumed: Option<State>,
}

impl PageFit<'_> {
    pub fn console(&self) -> &Console {
        &self.settings.console
    }

    /// The PSNR and SSIM of the result as it is saved, where the truth is known.
    ///
    /// # Errors
    /// There is no room for the result.
    pub fn quality(&self) -> Result<Option<[f64; 2]>> {
        let Some(truth) = &self.inputs.truth else { return Ok(None) };
        let given = &self.inputs.picture.raster.layout;
        let layout = Layout {
            transfer: given.transfer,
            premultiplied: given.premultiplied,
            ..Layout::packed(self.session.size(), given.channels, self.plan.layout.sample)
        };
        debug_assert_eq!(resized(&layout, layout.size), layout);
        let result = Raster::from_session(&self.session, Output::Result, layout)?.colour()?;
        Ok(Some([measures::psnr(&result, truth)?, measures::ssim(&result, truth)?]))
    }
}

//! A file of several pages, as microscopes and scanners write: each page is restored, and all of them are written as
//! one file of as many pages.

use crate::console::{duration, number};
use crate::failure::{Failure, Result};
use crate::files;
use crate::inputs::PictureFile;
use crate::picture::encode::EncodingPlan;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::metadata::Metadata;
use crate::picture::raster::Raster;
use crate::picture::tiff;
use crate::run::request::{Completion, Condition, RestoreRequest};
use crate::words;
use serde_json::json;
use std::cell::RefCell;

/// The pages of a file: which one is being restored, and what has become of those before it.
pub struct Stack<'a> {
    source: &'a PictureFile<'a>,
    limits: Limits,
    /// The number of the page that is being restored, from 0 on.
    pub page: usize,
    pub pages: usize,
    /// The restored pages, as they will be written.
    done: RefCell<Vec<(Raster, Metadata)>>,
}

impl<'a> Stack<'a> {
    /// A stack of all pages of a file, which must be readable: hours may lie between the first page and the last.
    ///
    /// # Errors
    /// A page cannot be read, the result's format cannot hold pages, or a flag belongs to a single picture.
    pub fn new(request: &RestoreRequest, source: &'a PictureFile<'a>, limits: Limits, pages: usize) -> Result<Self> {
        let name = files::name(request.paths.picture);
        let format = request.place.format.unwrap_or(Format::Tiff);
        if pages > 1 && format != Format::Tiff {
            let text = format!("has {pages} pages and a {} holds one: name the result .tif", format.name());
            return Err(Failure::wrong_input(text).about(&name));
        }
        if pages > 1 && (request.paths.guide.is_some() || request.paths.truth.is_some()) {
            let text = format!("has {pages} pages, and --guide and --truth belong to one picture: save the page alone");
            return Err(Failure::wrong_input(text).about(&name));
        }
        for page in 1..pages {
            let about = |failure: Failure| failure.about(&format!("{name}: page {}", page + 1));
            source.decode(&limits, page).map_err(about)?;
        }
        Ok(Stack { source, limits, page: 0, pages, done: RefCell::default() })
    }

    /// Whether pages come after the one that is being restored.
    pub fn has_more(&self) -> bool {
        self.page + 1 < self.pages
    }

    /// Whether a page has been restored already.
    pub fn has_done(&self) -> bool {
        !self.done.borrow().is_empty()
    }

    /// How the page is called in messages.
    pub fn about(&self, name: &str) -> String {
        if self.pages == 1 { name.into() } else { format!("{name} page {} of {}", self.page + 1, self.pages) }
    }

    /// Says how many of several pages were restored.
    pub fn conclude(&self, request: &RestoreRequest, condition: Condition, completion: Completion, seconds: f64) {
        let (name, pages) = (request.place.destination.name(), self.pages);
        if pages == 1 {
            return;
        }
        request.settings.console.record(&json!({
            "event": "done",
            "task": words::task(request.settings.options.task),
            "input": files::name(request.paths.picture),
            "output": name,
            "pages": pages,
            "pages_done": if completion == Completion::CutShort { self.page } else { pages },
            "seconds": number(seconds),
            "is_damaged": condition == Condition::Damaged,
        }));
        let done = if completion == Completion::CutShort {
            format!("{} of {pages} pages", self.page)
        } else {
            format!("all {pages} pages")
        };
        request.settings.console.note(&format!("{name}: {done} in {}", duration(seconds)));
    }

    /// Keeps a restored page until all are restored.
    pub fn keep(&self, plan: &EncodingPlan, result: &Raster) {
        self.done.borrow_mut().push(plan.page(result));
    }

    /// The whole file: the pages up to this one as they were restored, those behind it as they were given.
    ///
    /// # Errors
    /// The encoder fails, which none should, or a page cannot be read any more.
    pub fn encode(&self, plan: &EncodingPlan, result: &Raster) -> Result<Vec<u8>> {
        if self.pages == 1 {
            return plan.encode(result);
        }
        let mut pages = self.done.borrow().clone();
        pages.push(plan.page(result));
        for page in self.page + 1..self.pages {
            let given = self.source.decode(&self.limits, page)?;
            pages.push((given.raster, given.metadata));
        }
        tiff::write::write(&pages.iter().map(|(raster, metadata)| (raster, metadata)).collect::<Vec<_>>())
    }
}

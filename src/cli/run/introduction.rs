//! What is said of a page before its fit.

use crate::console::{duration, number};
use crate::run::page::PageFit;
use crate::{files, words};
use dipkit::options::{Choice, DeviceKind, Hole, Quality};
use dipkit::session::Metrics;
use serde_json::json;

/// Says what will be done.
pub fn introduce(page: &PageFit) {
    let metrics = page.session.metrics();
    let options = page.session.options();
    let mut text = format!(
        "{}: {}, {}, {}, up to {} iterations on {}",
        page.about,
        page.inputs.picture.raster.size(),
        words::task(options.task),
        Quality::word(options.quality as u32),
        metrics.iterations_total,
        DeviceKind::word(metrics.device as u32),
    );
    if let Some(mask) = &page.inputs.mask {
        let hole = metrics.hole.map_or("", |hole| Hole::word(hole as u32));
        text += &format!(", {:.1} % to fill with the preset for {hole} holes (--hole)", 100.0 * mask.missing_share);
    }
    page.console().note(&text);
    if let Some(reason) = page.session.unused_card() {
        page.console().note(&format!("{}: the graphics card is not used: {reason}", page.about));
    }
    if let Some(checkpoint) = page.checkpoint.filter(|_| page.resumed.is_some()) {
        introduce_resumed(page, &files::name(&checkpoint.file(page.stack.page)), &metrics);
    }
}

fn introduce_resumed(page: &PageFit, checkpoint: &str, metrics: &Metrics) {
    let spent = duration(metrics.seconds);
    let text = format!("{}: goes on from {checkpoint}, iteration {}, {spent}", page.about, metrics.iteration);
    page.console().note(&text);
    page.console().record(&json!({
        "event": "resumed",
        "input": page.about,
        "checkpoint": checkpoint,
        "page": page.stack.page + 1,
        "pages": page.stack.pages,
        "iteration": metrics.iteration,
        "seconds": number(metrics.seconds),
    }));
}

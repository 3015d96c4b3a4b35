//! What is said of a fit that has ended: a record for programs and a sentence for people.

use crate::console::{duration, mebibytes, number};
use crate::run::page::PageFit;
use crate::run::stepping::Timing;
use crate::{memory, words};
use dipkit::options::{Choice, DeviceKind, Hole};
use dipkit::session::Metrics;
use serde_json::{Value, json};

/// The record of a fit, for programs.
pub fn record(page: &PageFit, metrics: &Metrics, timing: &Timing, quality: Option<[f64; 2]>) -> Value {
    let size = page.session.size();
    let mut record = json!({
        "event": if page.stack.pages > 1 { "page" } else { "done" },
        "page": page.stack.page + 1,
        "pages": page.stack.pages,
        "task": words::task(page.session.options().task),
        "input": page.about,
        "output": page.request.place.destination.name(),
        "size": size.to_string(),
        "width": size.width,
        "height": size.height,
        "state": words::state(metrics.state),
        "iterations": metrics.iteration,
        "best_iteration": metrics.best_iteration,
        "seconds": number(metrics.seconds),
        "seconds_per_iteration": number(timing.seconds_per_iteration(metrics)),
        "peak_memory_bytes": memory::peak_bytes(),
        "device": DeviceKind::word(metrics.device as u32),
        "loss": number(metrics.loss),
        "psnr_observed": number(metrics.psnr_observed),
        "variance": number(metrics.variance),
        "noise_level": number(metrics.noise_level),
        "noise_kind": metrics.noise_kind.word(),
        "is_as_given": metrics.jobs_total == 0,
        "is_resumed": page.resumed.is_some(),
        "is_damaged": page.inputs.picture.damage.is_some(),
    });
    if let Some(range) = page.inputs.picture.range() {
        record["range"] = range.to_string().into();
    }
    if let (Some(mask), Some(hole)) = (&page.inputs.mask, metrics.hole) {
        record["missing_share"] = number(mask.missing_share);
        record["hole"] = Hole::word(hole as u32).into();
    }
    if let Some([psnr, ssim]) = quality {
        record["psnr"] = number(psnr);
        record["ssim"] = number(ssim);
    }
    record
}

/// A sentence about a fit, for people.
pub fn summary(page: &PageFit, metrics: &Metrics, timing: &Timing, quality: Option<[f64; 2]>) -> String {
    if let Some(reason) = words::reason_for_no_fit(page.session.options().task, metrics) {
        return format!("{}: the picture is as it was given, since {reason}", page.request.place.destination.name());
    }
    let mut text = format!(
        "{}: {} after {} iterations in {}",
        page.stack.about(page.request.place.destination.name()),
        words::state(metrics.state),
        metrics.iteration,
        duration(metrics.seconds),
    );
    let pace = timing.seconds_per_iteration(metrics);
    if pace.is_finite() {
        text += &format!(" ({pace:.3} s each)");
    }
    text += &format!(", the picture of iteration {}", metrics.best_iteration);
    if let Some(noise) = words::noise(metrics) {
        text += &format!(", {noise}");
    }
    if let Some([psnr, ssim]) = quality {
        text += &format!(", PSNR {psnr:.2} dB, SSIM {ssim:.4}");
    }
    if let Some(bytes) = memory::peak_bytes() {
        text += &format!(", peak memory {}", mebibytes(bytes));
    }
    text
}

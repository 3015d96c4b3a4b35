//! PSNR gained over the input against seconds: a point for each quality and group.

use std::collections::BTreeMap;
use std::path::Path;

use plotters::prelude::*;

use super::Fallible;
use super::results::{Line, Results};

const SIZE: (u32, u32) = (900, 600);

pub fn draw(results: &Results, path: &Path) -> Fallible<()> {
    let points = points(results);
    if points.is_empty() {
        return Ok(());
    }
    let ends = |f: fn(&Point) -> f64| {
        let values: Vec<f64> = points.iter().map(f).collect();
        let pick = |pick: fn(f64, f64) -> f64| values.iter().copied().reduce(pick).unwrap_or(0.0);
        (pick(f64::min), pick(f64::max))
    };
    let ((left, right), (bottom, top)) = (ends(|point| point.seconds), ends(|point| point.gain));
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(48)
        .build_cartesian_2d((left / 1.5..right * 3.0).log_scale(), bottom - 1.0..top + 1.0)?;
    chart.configure_mesh().x_desc("seconds a picture").y_desc("dB over the input").draw()?;
    for point in &points {
        let colour = Palette99::pick(point.quality_index).to_rgba();
        let place = (point.seconds, point.gain);
        chart.draw_series([Circle::new(place, 4, colour.filled())])?;
        chart.draw_series([Text::new(format!("  {}", point.name), place, ("sans-serif", 12).into_font())])?;
    }
    area.present()?;
    Ok(())
}

struct Point {
    name: String,
    quality_index: usize,
    seconds: f64,
    gain: f64,
}

fn points(results: &Results) -> Vec<Point> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Line>> = BTreeMap::new();
    for ([_, quality, _, options], line) in &results.lines {
        if options.is_empty() {
            groups.entry((quality, &line.group)).or_default().push(line);
        }
    }
    let mean =
        |lines: &[&Line], f: fn(&Line) -> f64| lines.iter().map(|line| f(line)).sum::<f64>() / lines.len() as f64;
    let point = |((quality, group), lines): ((&str, &str), Vec<&Line>)| Point {
        name: format!("{group}, {quality}"),
        quality_index: ["reference", "balanced", "fast"].iter().position(|word| *word == quality).unwrap_or(0),
        seconds: mean(&lines, |line| line.seconds),
        gain: mean(&lines, |line| line.psnr - line.input_psnr),
    };
    groups.into_iter().map(point).collect()
}

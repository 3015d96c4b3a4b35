//! The charts of the PSNR gained over the input against seconds. Each group has a chart, with a point for each quality
//! and for each classical method that FOLDER/reference.csv has for the group.

use std::collections::BTreeMap;
use std::path::Path;

use plotters::prelude::*;

use super::Fallible;
use super::results::{Line, Results};

const SIZE: (u32, u32) = (900, 420);

/// Writes FOLDER/GROUP.svg.
pub fn draw(results: &Results, reference: &Path, folder: &Path) -> Fallible<()> {
    let mut all = points(results);
    if reference.exists() {
        all.extend(classical(&std::fs::read_to_string(reference)?, &all)?);
    }
    let mut groups: BTreeMap<String, Vec<Point>> = BTreeMap::new();
    for point in all {
        groups.entry(point.group.clone()).or_default().push(point);
    }
    groups.iter().try_for_each(|(group, points)| draw_group(points, &folder.join(format!("{group}.svg"))))
}

fn draw_group(points: &[Point], path: &Path) -> Fallible<()> {
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
    for point in points {
        let colour = point.quality_index.map_or(BLACK.mix(0.5), |index| Palette99::pick(index).to_rgba());
        let place = (point.seconds, point.gain);
        chart.draw_series([Circle::new(place, 4, colour.filled())])?;
        chart.draw_series([Text::new(format!("  {}", point.name), place, ("sans-serif", 12).into_font())])?;
    }
    area.present()?;
    Ok(())
}

struct Point {
    name: String,
    group: String,
    /// None for another method.
    quality_index: Option<usize>,
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
        name: format!("dipkit, {quality}"),
        group: group.into(),
        quality_index: ["reference", "balanced", "fast"].iter().position(|word| *word == quality),
        seconds: mean(&lines, |line| line.seconds),
        gain: mean(&lines, |line| line.psnr - line.input_psnr),
    };
    groups.into_iter().map(point).collect()
}

/// Case, PSNR and seconds of a method.
type Timed<'a> = (&'a str, f64, f64);

/// Columns of reference.csv: id, task, group, method, kind, psnr, ssim, hole, rgb, seconds.
fn classical(text: &str, shown: &[Point]) -> Fallible<Vec<Point>> {
    let mut inputs: BTreeMap<&str, f64> = BTreeMap::new();
    let mut methods: BTreeMap<(&str, &str), Vec<Timed>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let words: Vec<&str> = line.split(',').collect();
        let [id, _, group, method, kind, psnr, _, _, _, seconds] = words[..] else { continue };
        match kind {
            "input" => drop(inputs.insert(id, psnr.parse()?)),
            // Published outputs come without their time.
            "classical" if !seconds.is_empty() && shown.iter().any(|point| point.group == group) => {
                methods.entry((group, method)).or_default().push((id, psnr.parse()?, seconds.parse()?));
            }
            _ => {}
        }
    }
    let point = |((group, method), cases): ((&str, &str), Vec<Timed>)| {
        let count = cases.len() as f64;
        let gain = cases.iter().map(|(id, psnr, _)| psnr - inputs.get(id).unwrap_or(&f64::NAN)).sum::<f64>() / count;
        let seconds = (cases.iter().map(|case| case.2).sum::<f64>() / count).max(LEAST_SECONDS);
        Point { name: method.into(), group: group.into(), quality_index: None, seconds, gain }
    };
    Ok(methods.into_iter().map(point).filter(|point| point.gain.is_finite()).collect())
}

/// Where the table has 0.00.
const LEAST_SECONDS: f64 = 0.005;

//! Line charts as SVG: panels one above the other, with axes that suit what is drawn.

use crate::failure::{Failure, Result, Status};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use std::ops::Range;

/// How values are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    Linear,
    /// Values stand at their logarithm; those that are not positive are left out.
    Logarithmic,
}

/// A line of a chart.
#[derive(Debug, Clone)]
pub struct Series {
    /// The line's name in the legend; "" for none.
    pub name: &'static str,
    /// The points, iteration and value. Those that are NaN are left out.
    pub points: Vec<(f64, f64)>,
}

/// A vertical line of a chart.
#[derive(Debug, Clone)]
pub struct Mark {
    pub at: f64,
    pub name: String,
}

/// A chart of lines over iterations.
#[derive(Debug, Clone)]
pub struct Panel {
    pub title: &'static str,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
    pub mark: Option<Mark>,
    /// The corner where the lines leave room for the legend.
    pub legend: Legend,
}

/// The corner of a chart in which its legend stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Legend {
    UpperRight,
    LowerRight,
    LowerLeft,
}

/// A number as a cell of a CSV file, which is empty where there is no number.
pub fn csv_cell(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

const WIDTH: u32 = 860;
const PANEL_HEIGHT: u32 = 300;
const FONT: &str = "sans-serif";
/// The colours of the lines, which can be told apart without colour vision, too (Okabe and Ito).
const COLOURS: [RGBColor; 4] =
    [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];
const MARK_COLOUR: RGBColor = RGBColor(90, 90, 90);
const GRID: RGBColor = RGBColor(225, 225, 225);
/// The most points of a line. More would look like noise.
const MOST_POINTS: usize = 2000;

/// The SVG text of the panels that have something to show.
///
/// # Errors
/// The drawing library fails, which it should not.
pub fn svg(panels: &[Panel]) -> Result<String> {
    let panels: Vec<_> = panels.iter().filter_map(Panel::prepared).collect();
    // One scale, so that what happens at one iteration stands in one column.
    let x = range(panels.iter().flat_map(Panel::points).map(|point| point.0), 0.0);
    let mut text = String::new();
    let height = PANEL_HEIGHT * panels.len().max(1) as u32;
    {
        let root = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        let drawn = draw_all(&root, &panels, &x);
        drawn.map_err(|error| Failure::new(Status::Internal, format!("the chart could not be drawn: {error}")))?;
    }
    Ok(text)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn draw_all(root: &Area, panels: &[Panel], x: &Range<f64>) -> Drawn {
    root.fill(&WHITE)?;
    for (area, panel) in root.split_evenly((panels.len().max(1), 1)).iter().zip(panels) {
        draw(area, panel, x)?;
    }
    root.present()?;
    Ok(())
}

fn draw(area: &Area, panel: &Panel, x: &Range<f64>) -> Drawn {
    let y = range(panel.points().map(|point| point.1), 0.05);
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, (FONT, 17))
        .margin(12)
        .set_label_area_size(LabelAreaPosition::Left, 64)
        .set_label_area_size(LabelAreaPosition::Bottom, 40)
        .build_cartesian_2d(x.clone(), y.clone())?;
    draw_mesh(&mut chart, panel)?;
    if let Some(mark) = &panel.mark {
        let ends = [(mark.at, y.start), (mark.at, y.end)];
        chart
            .draw_series(DashedLineSeries::new(ends, 5, 4, MARK_COLOUR.stroke_width(1)))?
            .label(mark.name.as_str())
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], MARK_COLOUR.stroke_width(1)));
    }
    for (series, colour) in panel.series.iter().zip(COLOURS.iter().cycle()) {
        let style = colour.stroke_width(2);
        let drawn = chart.draw_series(LineSeries::new(series.points.iter().copied(), style))?;
        if !series.name.is_empty() {
            drawn.label(series.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
    }
    let has_legend = panel.mark.is_some() || panel.series.iter().any(|series| !series.name.is_empty());
    if has_legend {
        let legend = &mut chart.configure_series_labels();
        legend.label_font((FONT, 13)).background_style(WHITE.mix(0.85)).border_style(GRID);
        let position = match panel.legend {
            Legend::UpperRight => SeriesLabelPosition::UpperRight,
            Legend::LowerRight => SeriesLabelPosition::LowerRight,
            Legend::LowerLeft => SeriesLabelPosition::LowerLeft,
        };
        legend.position(position).draw()?;
    }
    Ok(())
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

fn draw_mesh(chart: &mut Chart, panel: &Panel) -> Drawn {
    let (x, y) = (panel.x, panel.y);
    chart
        .configure_mesh()
        .x_desc("iteration")
        .x_label_formatter(&move |value| if x == Axis::Linear { format!("{value:.0}") } else { label(*value, x) })
        .y_label_formatter(&move |value| label(*value, y))
        .label_style((FONT, 13))
        .axis_desc_style((FONT, 14))
        .bold_line_style(GRID)
        .light_line_style(WHITE)
        .x_labels(10)
        .y_labels(7)
        .draw()?;
    Ok(())
}

/// The label of a value on an axis. On a logarithmic one the value is the exponent of ten.
fn label(value: f64, axis: Axis) -> String {
    match axis {
        Axis::Linear if value.abs() >= 100.0 => format!("{value:.0}"),
        Axis::Linear => format!("{value:.1}"),
        Axis::Logarithmic if !(-5.0..6.0).contains(&value) => format!("{:.1e}", 10f64.powf(value)),
        Axis::Logarithmic => {
            let value = 10f64.powf(value);
            // The label has two significant digits, and no ".0".
            let decimals =
                if (value - value.round()).abs() < 1e-9 { 0.0 } else { (1.0 - value.log10().floor()).max(0.0) };
            format!("{value:.*}", decimals as usize)
        }
    }
}

impl Panel {
    /// The panel with its values as they are drawn; `None` if there is nothing to draw.
    fn prepared(&self) -> Option<Panel> {
        let place = |value: f64, axis| if axis == Axis::Logarithmic { value.log10() } else { value };
        let mut panel = self.clone();
        for series in &mut panel.series {
            let stride = series.points.len().div_ceil(MOST_POINTS).max(1);
            let points = series.points.iter().step_by(stride).map(|&(x, y)| (place(x, self.x), place(y, self.y)));
            series.points = points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        }
        panel.series.retain(|series| !series.points.is_empty());
        panel.mark =
            panel.mark.map(|mark| Mark { at: place(mark.at, self.x), ..mark }).filter(|mark| mark.at.is_finite());
        (!panel.series.is_empty()).then_some(panel)
    }

    fn points(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.series.iter().flat_map(|series| &series.points)
    }
}

/// The range from the least value to the largest, with some air on both sides, as a share of it.
fn range(values: impl Iterator<Item = f64>, air: f64) -> Range<f64> {
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    let air = if high > low { (high - low) * air } else { 0.5 };
    low - air..high + air
}

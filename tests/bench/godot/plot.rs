//! The picture: the ratios to stock's cost, with the goals.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use super::{Column, Row, Spread, Way};

const WIDTH: u32 = 1100;
const ROW_HEIGHT: u32 = 28;
const MARGINS: u32 = 90;
const NAMES: u32 = 430;
const PLAIN: RGBColor = RGBColor(31, 119, 180);
const THREADED: RGBColor = RGBColor(60, 160, 90);
const GOAL: RGBColor = RGBColor(214, 98, 40);
/// The range of the axis. Bars of ratios beyond it end at its edge.
const RATIOS: std::ops::Range<f64> = 0.003..2.0;
/// The share of a row's height that its bars take.
const BARS: f64 = 0.8;

/// The place of a column's bar.
struct Bar<'a> {
    column: &'a Column,
    ratio: Spread,
    top: f64,
    bottom: f64,
}

/// Draws bars for each row with ratios, with a line over each from the lowest to the highest ratio.
pub fn draw(file: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.has_ratio).collect();
    let height = MARGINS + ROW_HEIGHT * rows.len() as u32;
    let picture = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    picture.fill(&WHITE)?;
    let count = rows.len() as f64;
    let mut chart = ChartBuilder::on(&picture)
        .caption(
            "Cost of ours (blue) and ours threaded (green) / cost of stock; goals in orange",
            ("sans-serif", 18),
        )
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(RATIOS.log_scale(), 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(0)
        .x_label_formatter(&|ratio| format!("{ratio}"))
        .light_line_style(WHITE)
        .draw()?;
    let within = |ratio: f64| ratio.clamp(RATIOS.start, RATIOS.end);
    let bars = bars(&rows);
    chart.draw_series(bars.iter().map(|bar| {
        let right = within(bar.ratio.median);
        let color = match bar.column.way {
            Way::Plain => PLAIN,
            Way::Threaded => THREADED,
        };
        Rectangle::new(
            [(RATIOS.start, bar.bottom), (right, bar.top)],
            color.filled(),
        )
    }))?;
    chart.draw_series(bars.iter().map(|bar| {
        let ends = [bar.ratio.lowest, bar.ratio.highest];
        let middle = f64::midpoint(bar.top, bar.bottom);
        PathElement::new(
            ends.map(|ratio| (within(ratio), middle)),
            BLACK.stroke_width(2),
        )
    }))?;
    chart.draw_series(bars.iter().filter_map(|bar| {
        let goal = within(bar.column.goal?);
        let line = [bar.bottom, bar.top].map(|end| (goal, end));
        Some(PathElement::new(line, GOAL.stroke_width(3)))
    }))?;
    for (index, row) in rows.iter().enumerate() {
        let text = format!("{}: {}", row.case, row.unit);
        let point = chart.backend_coord(&(RATIOS.start, count - index as f64 - 0.5));
        let style = ("sans-serif", 13).into_font().color(&BLACK);
        picture.draw_text(&text, &style, (14, point.1 - 7))?;
    }
    picture.present()?;
    Ok(())
}

/// The bars, with those of the first row on top.
fn bars<'a>(rows: &[&'a Row]) -> Vec<Bar<'a>> {
    let mut bars = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let thickness = BARS / row.columns.len() as f64;
        let mut top = (rows.len() - index) as f64 - (1.0 - BARS) / 2.0;
        for column in &row.columns {
            let bottom = top - thickness;
            bars.extend(row.ratio(column).map(|ratio| Bar {
                column,
                ratio,
                top,
                bottom,
            }));
            top = bottom;
        }
    }
    bars
}

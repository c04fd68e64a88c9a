//! The picture: how much of stock's cost is left, with the goals.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use super::{Row, median};

const WIDTH: u32 = 1000;
const ROW_HEIGHT: u32 = 26;
const MARGINS: u32 = 90;
const OURS: RGBColor = RGBColor(31, 119, 180);
const GOAL: RGBColor = RGBColor(214, 98, 40);
/// Ratios beyond are drawn up to here.
const RATIOS: std::ops::Range<f64> = 0.01..2.0;

/// Draws a bar for each row, the lowest to the highest ratio as a line over it.
pub fn draw(file: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let height = MARGINS + ROW_HEIGHT * rows.len() as u32;
    let picture = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    picture.fill(&WHITE)?;
    let count = rows.len() as f64;
    let mut chart = ChartBuilder::on(&picture)
        .caption("Cost of ours / cost of Godot's class", ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(390)
        .build_cartesian_2d(RATIOS.log_scale(), 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(0)
        .x_label_formatter(&|ratio| format!("{ratio}"))
        .light_line_style(WHITE)
        .draw()?;
    let within = |ratio: f64| ratio.clamp(RATIOS.start, RATIOS.end);
    // The first one on top.
    let place = |index: usize| count - index as f64;
    chart.draw_series(rows.iter().enumerate().map(|(index, row)| {
        let top = place(index) - 0.2;
        let right = within(median(&row.ratios()));
        Rectangle::new([(RATIOS.start, top - 0.6), (right, top)], OURS.filled())
    }))?;
    chart.draw_series(rows.iter().enumerate().map(|(index, row)| {
        let ratios = row.ratios();
        let ends = [ratios[0], ratios[ratios.len() - 1]];
        let middle = place(index) - 0.5;
        PathElement::new(
            ends.map(|ratio| (within(ratio), middle)),
            BLACK.stroke_width(2),
        )
    }))?;
    let goals = rows.iter().enumerate();
    chart.draw_series(goals.filter_map(|(index, row)| {
        let goal = within(row.goal?);
        let ends = [place(index) - 0.9, place(index) - 0.1];
        let line = ends.map(|end| (goal, end));
        Some(PathElement::new(line, GOAL.stroke_width(3)))
    }))?;
    for (index, row) in rows.iter().enumerate() {
        let text = format!("{}: {}", row.case, row.unit);
        let point = chart.backend_coord(&(RATIOS.start, place(index) - 0.5));
        let style = ("sans-serif", 13).into_font().color(&BLACK);
        picture.draw_text(&text, &style, (14, point.1 - 7))?;
    }
    picture.present()?;
    Ok(())
}

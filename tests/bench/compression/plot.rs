//! The picture: the share of the bytes that remains, against the time per datagram.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::subject::Figures;
use super::{Mode, Row, Set};

const SIZE: (u32, u32) = (1100, 480);
const OURS: RGBColor = RGBColor(31, 119, 180);
const STOCK: RGBColor = RGBColor(214, 98, 40);
const LABEL: (&str, u32) = ("sans-serif", 13);
/// The range of the time to compress and decompress a datagram, in microseconds.
const TIMES: std::ops::Range<f64> = 0.2..200.0;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the first two sets side by side: all kinds together, and snapshots.
pub fn draw(
    file: &Path,
    modes: &[Mode],
    sets: &[Set],
    rows: &[Vec<Row>],
) -> Result<(), Box<dyn Error>> {
    let picture = SVGBackend::new(file, SIZE).into_drawing_area();
    picture.fill(&WHITE)?;
    let halves = picture.split_evenly((1, 2));
    for ((area, set), rows) in halves.iter().zip(sets).zip(rows) {
        draw_set(area, modes, &set.name, rows)?;
    }
    picture.present()?;
    println!("\nwrote {}", file.display());
    Ok(())
}

fn draw_set(
    area: &Area<'_>,
    modes: &[Mode],
    name: &str,
    rows: &[Row],
) -> Result<(), Box<dyn Error>> {
    let mut chart = ChartBuilder::on(area)
        .caption(format!("Game traffic, {name}"), ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d(TIMES.log_scale(), 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("microseconds to pack and unpack a datagram")
        .y_desc("bytes out / bytes in")
        .x_label_formatter(&|time| format!("{time}"))
        .light_line_style(WHITE)
        .draw()?;
    let point = |figures: &Figures| {
        let time = (figures.pack + figures.unpack) / 1000.0;
        (time, figures.share)
    };
    // The modes that stock has as well.
    let own = || {
        modes
            .iter()
            .zip(rows)
            .filter(|(mode, _)| mode.counterpart().is_none())
    };
    let lines = own().map(|(_, row)| {
        let ends = [point(&row.stock), point(&row.ours)];
        PathElement::new(ends, BLACK.mix(0.3))
    });
    chart.draw_series(lines)?;
    let stock = own().map(|(_, row)| Circle::new(point(&row.stock), 5, STOCK.stroke_width(2)));
    chart
        .draw_series(stock)?
        .label("stock")
        .legend(|(x, y)| Circle::new((x + 8, y), 5, STOCK.stroke_width(2)));
    let ours = rows
        .iter()
        .map(|row| Circle::new(point(&row.ours), 5, OURS.filled()));
    chart
        .draw_series(ours)?
        .label("ours")
        .legend(|(x, y)| Circle::new((x + 8, y), 5, OURS.filled()));
    let names = modes.iter().zip(rows).map(|(mode, row)| {
        EmptyElement::at(point(&row.ours)) + Text::new(mode.name, (-10, 9), LABEL)
    });
    chart.draw_series(names)?;
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .border_style(BLACK.mix(0.3))
        .background_style(WHITE)
        .draw()?;
    Ok(())
}

//! The tables on the terminal.

use super::{Mode, Row, Set};

/// Prints the heading of a set's table.
pub fn head(set: &Set) {
    let sizes = set.datagrams.iter().map(Vec::len);
    let bytes: usize = sizes.clone().sum();
    let title = format!(
        "{}: {} to {} bytes, {} on average",
        set.name,
        sizes.clone().min().unwrap_or(0),
        sizes.max().unwrap_or(0),
        bytes / set.datagrams.len()
    );
    println!(
        "\n{title:<48}{:>14}{:>24}{:>24}",
        "bytes", "ns to compress", "ns to decompress"
    );
    let columns = "   ours  stock";
    let timed = "    ours   stock   ratio";
    println!("{:<48}{columns:>14}{timed:>24}{timed:>24}", "");
}

/// Prints the row of a mode.
pub fn row(mode: &Mode, row: &Row) {
    let (ours, stock) = (&row.ours, &row.stock);
    let name = match mode.counterpart() {
        None => mode.name.to_owned(),
        Some(counterpart) => format!("{} (beside {counterpart})", mode.name),
    };
    let times = |ours: f64, stock: f64| format!("{ours:8.0}{stock:8.0}{:8.2}", ours / stock);
    println!(
        "{name:<48}{:>7.3}{:>7.3}{}{}",
        ours.share,
        stock.share,
        times(ours.pack, stock.pack),
        times(ours.unpack, stock.unpack)
    );
}

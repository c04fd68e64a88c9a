//! The table of what came of each fault.

use super::run::Report;

/// Prints a line for each end: the reliable messages that arrived in order of those that were sent, and how the
/// connection ended for it.
pub fn print(reports: &[Report]) {
    println!(
        "   {:31} {:13} {:6} {:>11} {:>11} {:>8} {:>9}  ended",
        "fault", "server+client", "end", "reliable", "unreliable", "s", "silent s"
    );
    for Report {
        case, pair, ends, ..
    } in reports
    {
        let names = ["server", "client"];
        for (index, (name, said)) in names.into_iter().zip(ends).enumerate() {
            let Some(said) = said else {
                println!("   {:31} {pair:13} {name:6} {:>11}", case.name, "-");
                continue;
            };
            // What was sent is what the other end says, if it is still there.
            let other = ends[1 - index].as_ref();
            let sent = |field| other.map_or("?", |other| other.text(field));
            let counts = |kind: &str| {
                let (received, sent) = match kind {
                    "reliable" => (said.text("received"), sent("sent")),
                    _ => (said.text("unreliable_received"), sent("unreliable_sent")),
                };
                format!("{received}/{sent}")
            };
            let order = match said.text("order") {
                "kept" => String::new(),
                broken => format!(", OUT OF ORDER: {broken}"),
            };
            println!(
                "   {:31} {pair:13} {name:6} {:>11} {:>11} {:>8.1} {:>9.1}  {}{order}",
                case.name,
                counts("reliable"),
                counts("unreliable"),
                said.number("milliseconds") / 1000.0,
                said.number("silence") / 1000.0,
                said.text("how"),
            );
        }
    }
}

//! Reports what the processes of the demo did, and checks it.

use std::collections::HashMap;

use crate::process::{Ending, Run};
use crate::report::{engine_trouble, fields};

use super::{BOTS, PLAYERS, lags};

/// The most that two positions may differ by in each direction, in pixels: a snapshot has 25 units a pixel, so rounding
/// costs half a unit, and both ends print three decimals.
const AGREEMENT: f64 = 0.021;
/// The most that the median of a player's predictions may be wrong by, in pixels. A ship flies 5.5 pixels a tick, and
/// without reconciliation it is wrong by the ticks of a round trip and more.
const MOST_CORRECTION: f64 = 5.0;
/// The least ticks between an input of a player in a 4G network and the server's answer: 80 ms each way, without the
/// waits for frames and snapshots.
const LEAST_LEAD: f64 = 9.0;
/// The least number of states of a player to compare.
const LEAST_SAMPLES: usize = 3;
/// The least distance, in pixels, that counts as a movement.
const LEAST_WAY: f64 = 50.0;

pub fn tell(server: &Run, clients: &[(&str, Run)], class: &str, trouble: &mut Vec<String>) {
    check_process("server", server, class, trouble);
    for (name, run) in clients {
        check_process(name, run, class, trouble);
    }
    for event in events(server) {
        let name = event.get("name").copied().unwrap_or_default();
        let id = event.get("id").copied().unwrap_or_default();
        match event["event"] {
            "joined" => println!("  {name} joined as {id}"),
            "left" => println!("  {name} left ({id})"),
            _ => {}
        }
    }
    for name in PLAYERS {
        let count = |what: &str| {
            let is_it = |event: &&HashMap<&str, &str>| {
                event["event"] == what && event.get("name") == Some(&name)
            };
            events(server).iter().filter(is_it).count()
        };
        // Every player leaves once and rejoins.
        for what in ["joined", "left"] {
            if count(what) != 2 {
                trouble.push(format!(
                    "{name} should have {what} twice, not {} times",
                    count(what)
                ));
            }
        }
    }
    tell_traffic("server", server, trouble);
    for (name, run) in clients {
        tell_traffic(name, run, trouble);
    }
    let truth = states(server);
    for (name, run) in clients {
        check_chat(name, run, trouble);
        tell_prediction(name, run, trouble);
        if lags(class, name) {
            check_lag(name, run, trouble);
        }
        tell_agreement(name, &truth, &states(run), trouble);
    }
}

pub fn check_process(name: &str, run: &Run, class: &str, trouble: &mut Vec<String>) {
    if run.ending != Ending::Exit(0) {
        trouble.push(format!("{name}: {}", run.ending));
    }
    let complaint = run.output.lines().find(|line| {
        let line = line.trim_start();
        line.starts_with("ERROR:") || line.starts_with("WARNING:") || line.starts_with("USER ")
    });
    if let Some(line) = engine_trouble(&run.output).or(complaint) {
        trouble.push(format!("{name}: {line}"));
    }
    let unreadable = run
        .output
        .lines()
        .find(|line| line.contains("@demo") && fields(line).is_none());
    if let Some(line) = unreadable {
        trouble.push(format!(
            "{name} printed a report that cannot be parsed: {line}"
        ));
    }
    let uses = events(run)
        .iter()
        .any(|event| event.get("class") == Some(&class));
    if !uses {
        trouble.push(format!("{name} does not play on {class}"));
    }
    if !events(run).iter().any(|event| event["event"] == "done") {
        trouble.push(format!("{name} did not play to the end"));
    }
}

fn tell_traffic(name: &str, run: &Run, trouble: &mut Vec<String>) {
    let all = events(run);
    let Some(traffic) = all.iter().find(|event| event["event"] == "traffic") else {
        trouble.push(format!("{name} reports no traffic"));
        return;
    };
    let number = |key: &str| {
        traffic
            .get(key)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    println!(
        "  {name}: {} RPCs ({} bytes of arguments) sent, {} ({} bytes) received",
        number("rpcs_out"),
        number("bytes_out"),
        number("rpcs_in"),
        number("bytes_in")
    );
    if number("rpcs_out") == 0 || number("rpcs_in") == 0 {
        trouble.push(format!("{name} exchanged no RPCs"));
    }
}

/// Checks that the host's player saw every bot fly, over connections of their own.
pub fn tell_crowd(run: &Run, trouble: &mut Vec<String>) {
    let all = events(run);
    let number = |key: &str| {
        let crowd = all.iter().find(|event| event["event"] == "crowd")?;
        crowd.get(key)?.parse::<usize>().ok()
    };
    let joined = all
        .iter()
        .filter(|event| event["event"] == "joined")
        .count();
    println!(
        "  a host with {BOTS} bots: {joined} joined, {} flew, {} scored",
        number("flown").unwrap_or(0),
        number("scored").unwrap_or(0)
    );
    if joined != BOTS + 1
        || number("players") != Some(BOTS + 1)
        || number("flown") != Some(BOTS + 1)
    {
        trouble.push(format!("the host did not see its {BOTS} bots fly"));
    }
}

/// Every player hears every other one.
fn check_chat(name: &str, run: &Run, trouble: &mut Vec<String>) {
    for other in PLAYERS.iter().filter(|other| **other != name) {
        let hears = |event: &HashMap<&str, &str>| {
            event["event"] == "chat" && event.get("from") == Some(other)
        };
        if !events(run).iter().any(hears) {
            trouble.push(format!("{name} did not hear {other}"));
        }
    }
}

/// Checks how far the own ship was from where the server then had it, in both games of a player.
fn tell_prediction(name: &str, run: &Run, trouble: &mut Vec<String>) {
    let corrections = numbers(run, "correction");
    println!("  {name}'s predictions: median corrections {corrections:?} pixels");
    let is_right = |correction: &f64| (0.0..MOST_CORRECTION).contains(correction);
    if corrections.len() != 2 || !corrections.iter().all(is_right) {
        trouble.push(format!("{name} did not predict its ship in both games"));
    }
}

/// Checks that the simulated network delays the inputs and answers of a player, in both games.
fn check_lag(name: &str, run: &Run, trouble: &mut Vec<String>) {
    let leads = numbers(run, "lead");
    println!("  {name} in a simulated network: {leads:?} ticks ahead of the server's answers");
    if leads.len() != 2 || !leads.iter().all(|lead| *lead >= LEAST_LEAD) {
        trouble.push(format!("{name} did not play in a slow network"));
    }
}

/// A number of each of a player's reports on its predictions.
fn numbers(run: &Run, key: &str) -> Vec<f64> {
    let all = events(run).into_iter();
    let reports = all.filter(|event| event["event"] == "prediction");
    reports
        .filter_map(|event| event.get(key)?.parse().ok())
        .collect()
}

type States<'a> = HashMap<(&'a str, &'a str), (f64, f64, &'a str)>;

/// The position and score in each reported state, by tick and player.
fn states(run: &Run) -> States<'_> {
    let mut states = States::new();
    for event in events(run)
        .into_iter()
        .filter(|event| event["event"] == "state")
    {
        let number = |key: &str| event.get(key)?.parse::<f64>().ok();
        let text = |key: &str| event.get(key).copied();
        if let (Some(tick), Some(id), Some(x), Some(y), Some(score)) = (
            text("tick"),
            text("id"),
            number("x"),
            number("y"),
            text("score"),
        ) {
            states.insert((tick, id), (x, y, score));
        }
    }
    states
}

/// Checks that every state that a client saw was the server's, and that it saw both players move.
fn tell_agreement(name: &str, truth: &States<'_>, seen: &States<'_>, trouble: &mut Vec<String>) {
    let mut distances = Vec::new();
    let mut largest: f64 = 0.0;
    let mut other_scores = 0;
    let mut unknown = 0;
    let mut places: HashMap<&str, Vec<(f64, f64)>> = HashMap::new();
    for (key, &(x, y, score)) in seen {
        let Some(&(true_x, true_y, true_score)) = truth.get(key) else {
            unknown += 1;
            continue;
        };
        let (off_x, off_y) = (x - true_x, y - true_y);
        distances.push(off_x.hypot(off_y));
        largest = largest.max(off_x.abs()).max(off_y.abs());
        other_scores += usize::from(score != true_score);
        places.entry(key.1).or_default().push((x, y));
    }
    let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
    println!(
        "  {name} saw {} of the server's states: distance {mean:.3} pixels on average, {largest:.3} \
         at most in x or y; {other_scores} other scores",
        distances.len(),
    );
    if distances.iter().any(|distance| !distance.is_finite()) {
        trouble.push(format!("{name} saw positions that are not numbers"));
    }
    if largest > AGREEMENT || other_scores > 0 || unknown > 0 {
        trouble.push(format!("{name} saw states that the server did not have"));
    }
    let moved = |places: &Vec<(f64, f64)>| {
        let first = places[0];
        places.len() >= LEAST_SAMPLES
            && places
                .iter()
                .any(|place| (place.0 - first.0).hypot(place.1 - first.1) > LEAST_WAY)
    };
    if places.values().filter(|places| moved(places)).count() < PLAYERS.len() {
        trouble.push(format!("{name} did not see every player move"));
    }
}

fn events(run: &Run) -> Vec<HashMap<&str, &str>> {
    run.output
        .lines()
        .filter_map(fields)
        .filter(|event| event.contains_key("event"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lines: &[&str]) -> Run {
        Run {
            ending: Ending::Exit(0),
            output: lines.join("\n"),
        }
    }

    fn trouble_with(seen: &[&str]) -> Vec<String> {
        let truth: Vec<String> = (0..4)
            .flat_map(|tick| {
                [5, 6].map(|id| {
                    format!(
                        "@demo event=state tick={tick} id={id} x={}.0 y=0 score=1",
                        tick * 40
                    )
                })
            })
            .collect();
        let truth = run(&truth.iter().map(String::as_str).collect::<Vec<_>>());
        let mut all: Vec<&str> = truth.output.lines().collect();
        all.extend(seen);
        let seen = run(&all);
        let mut trouble = Vec::new();
        tell_agreement("Ada", &states(&truth), &states(&seen), &mut trouble);
        trouble
    }

    #[test]
    fn silence_and_wrong_predictions_are_reported() {
        let trouble_with = |lines: &[&str]| {
            let run = run(lines);
            let mut trouble = Vec::new();
            check_chat("Ada", &run, &mut trouble);
            tell_prediction("Ada", &run, &mut trouble);
            trouble.len()
        };
        let chat = "@demo event=chat from=Grace";
        let right = "@demo event=prediction correction=0.012";
        let wrong = "@demo event=prediction correction=11.000";
        let unknown = "@demo event=prediction correction=nan";
        assert_eq!(trouble_with(&[chat, right, right]), 0);
        assert_eq!(trouble_with(&[right, right]), 1);
        assert_eq!(
            trouble_with(&["@demo event=chat from=Ada", right, right]),
            1
        );
        assert_eq!(trouble_with(&[chat, right]), 1);
        assert_eq!(trouble_with(&[chat, right, wrong]), 1);
        assert_eq!(trouble_with(&[chat, right, unknown]), 1);
        assert_eq!(trouble_with(&[]), 2);
    }

    #[test]
    fn a_network_without_lag_is_reported() {
        let trouble_with = |leads: &[&str]| {
            let lines = leads.iter();
            let lines =
                lines.map(|lead| format!("@demo event=prediction correction=0 lead={lead}"));
            let lines = lines.collect::<Vec<_>>();
            let run = run(&lines.iter().map(String::as_str).collect::<Vec<_>>());
            let mut trouble = Vec::new();
            check_lag("Grace", &run, &mut trouble);
            trouble.len()
        };
        assert_eq!(trouble_with(&["13", "14"]), 0);
        assert_eq!(trouble_with(&["13", "2"]), 1);
        assert_eq!(trouble_with(&["13"]), 1);
        assert_eq!(trouble_with(&["13", "nan"]), 1);
    }

    #[test]
    fn missing_bots_are_reported() {
        let trouble_with = |joined: usize, crowd: &str| {
            let mut lines = vec!["@demo event=joined id=1 name=Bot"; joined];
            lines.push(crowd);
            let mut trouble = Vec::new();
            tell_crowd(&run(&lines), &mut trouble);
            trouble.len()
        };
        let full = "@demo event=crowd players=17 flown=17 scored=9";
        assert_eq!(trouble_with(17, full), 0);
        assert_eq!(trouble_with(16, full), 1);
        assert_eq!(
            trouble_with(17, "@demo event=crowd players=17 flown=16 scored=9"),
            1
        );
        assert_eq!(
            trouble_with(17, "@demo event=crowd players=16 flown=17 scored=9"),
            1
        );
        assert_eq!(trouble_with(17, "@demo event=done"), 1);
    }

    #[test]
    fn states_that_disagree_are_reported() {
        assert_eq!(trouble_with(&[]), [""; 0]);
        for line in [
            "@demo event=state tick=1 id=5 x=41.0 y=0 score=1",
            "@demo event=state tick=1 id=5 x=40.0 y=0 score=2",
            "@demo event=state tick=1 id=5 x=nan y=0 score=1",
            "@demo event=state tick=9 id=5 x=40.0 y=0 score=1",
        ] {
            assert_ne!(trouble_with(&[line]), [""; 0], "{line}");
        }
        let mut trouble = Vec::new();
        tell_agreement("Ada", &States::new(), &States::new(), &mut trouble);
        assert_eq!(trouble, ["Ada did not see every player move"]);
    }
}

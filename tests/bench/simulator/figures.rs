//! Figures of a run, and whether they match what was set.

use std::time::Duration;

use enet_multiplayer::simulation::REORDERING_DELAY;
use enet_multiplayer::{LinkProperty, LinkSettings};

use super::hosts::{Datagram, Run};

/// The 99 % quantile of the normal distribution, for both sides together.
const Z: f64 = 2.576;
/// Most milliseconds that half of the datagrams may be late on an idle machine: threads do not wake at once.
const LATE: f64 = 2.0;
/// Threads wait more than this share of the time for a processor on a busy machine. What is late there may
/// not be so by the emulated network, which is not judged by it then.
const BUSY: f64 = 0.01;

/// The columns of a row, and what does not match.
pub struct Row {
    pub cells: Vec<String>,
    pub faults: Vec<&'static str>,
    /// What the verdict leaves out.
    pub note: &'static str,
}

/// The 99 % confidence interval of a share after Wilson. `count` is that of independent draws.
fn interval(share: f64, count: f64) -> (f64, f64) {
    let square = Z * Z / count;
    let middle = share + square / 2.0;
    let half = Z * (share * (1.0 - share) / count + square / (4.0 * count)).sqrt();
    (
        (middle - half) / (1.0 + square),
        (middle + half) / (1.0 + square),
    )
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Minimum, mean, median and 99th percentile.
fn summary(mut times: Vec<f64>) -> [f64; 4] {
    times.sort_by(f64::total_cmp);
    let at = |share| quantile(&times, share);
    [at(0.0), mean(&times), at(0.5), at(0.99)]
}

/// The same of what was set: a time that is evenly spread, and longer for reordered datagrams.
fn set_summary(settings: &LinkSettings) -> [f64; 4] {
    const STEPS: u32 = 1000;
    let get = |property| settings.get(property);
    let (latency, jitter) = (get(LinkProperty::Latency), get(LinkProperty::Jitter));
    let late = (get(LinkProperty::Reordering) * f64::from(STEPS) / 100.0) as u32;
    let times = (0..STEPS).flat_map(|step| {
        let delay = match step < late {
            true => millis(REORDERING_DELAY),
            false => 0.0,
        };
        (0..=STEPS).map(move |place| {
            let place = f64::from(place) / f64::from(STEPS);
            latency + jitter * (2.0 * place - 1.0) + delay
        })
    });
    summary(times.collect())
}

/// Lengths of runs of lost datagrams.
fn runs(datagrams: &[Datagram]) -> Vec<f64> {
    let parts = datagrams.split(|one| !one.arrivals.is_empty());
    let lengths = parts.map(|part| part.len() as f64);
    lengths.filter(|&length| length > 0.0).collect()
}

/// Datagrams that arrived after one that was sent later.
fn overtaken(datagrams: &[Datagram]) -> usize {
    let mut earliest = usize::MAX;
    let mut count = 0;
    for (_, order) in datagrams.iter().rev().filter_map(|it| it.arrivals.first()) {
        count += usize::from(*order > earliest);
        earliest = earliest.min(*order);
    }
    count
}

/// Kilobits per second between the first arrival and the last one.
fn rate(datagrams: &[Datagram]) -> f64 {
    let arrivals = datagrams.iter();
    let mut arrivals: Vec<_> = arrivals
        .flat_map(|one| one.arrivals.iter().map(|(at, _)| (*at, one.size)))
        .collect();
    arrivals.sort();
    let [first, .., last] = arrivals[..] else {
        return 0.0;
    };
    let bytes: usize = arrivals[1..].iter().map(|(_, size)| size).sum();
    bytes as f64 * 8.0 / millis(last.0 - first.0)
}

/// Compares a run with the settings of its network.
pub fn row(run: &Run, settings: &LinkSettings, is_threaded: bool) -> Row {
    let get = |property| settings.get(property);
    let mut faults = Vec::new();
    let mut check = |is_right: bool, fault| {
        if !is_right {
            faults.push(fault);
        }
    };
    let datagrams = &run.datagrams[..];
    let first = |one: &Datagram| Some(millis(one.arrivals.first()?.0 - one.at));
    let times: Vec<f64> = datagrams.iter().filter_map(first).collect();
    let arrived = times.len();
    let has_rate = get(LinkProperty::Rate) > 0.0;
    let mtu = get(LinkProperty::Mtu) as usize;

    let mut excess = summary(times);
    for (measured, set) in excess.iter_mut().zip(set_summary(settings)) {
        *measured -= set;
    }
    let [min, _, median, most] = excess;
    check(min >= 0.0, "early");
    // The median of so many draws differs from the set one as well.
    let spread = Z * get(LinkProperty::Jitter) / (arrived as f64).sqrt();
    // Without the thread, the two polls of a datagram round its time up to frames.
    let late = match is_threaded {
        true => LATE,
        false => LATE + 2.0 * 1000.0 / 60.0,
    };
    let (rate, set_rate) = (rate(datagrams), get(LinkProperty::Rate));
    let is_late = match has_rate {
        // The queue is full, and one datagram is being sent. It runs dry while the client waits for a processor.
        true => most > get(LinkProperty::Queue) + 10.0 + LATE || rate < 0.99 * set_rate,
        false => median > late + spread,
    };
    check(has_rate || median >= -spread, "median");
    check(!is_late || run.busy > BUSY, "late");
    let mut cells: Vec<String> = excess.iter().map(|it| format!("{it:.2}")).collect();

    // A lost datagram that was too large says nothing of the loss.
    let may_pass = datagrams.iter().filter(|it| mtu == 0 || it.size <= mtu);
    let may_pass = may_pass.count();
    let lost = may_pass as f64 - arrived as f64;
    let (set_loss, burst) = (get(LinkProperty::Loss) / 100.0, get(LinkProperty::Burst));
    // In runs, a loss tells of the next one: they are as many draws as this times fewer independent ones.
    let end = 1.0 / burst;
    let kept = 1.0 - end - end * set_loss / (1.0 - set_loss);
    let ratio = if burst > 1.0 {
        (1.0 + kept) / (1.0 - kept)
    } else {
        1.0
    };
    let share = lost / may_pass as f64;
    let (low, high) = interval(share, may_pass as f64 / ratio);
    cells.push(match (has_rate, set_loss > 0.0) {
        (true, _) => format!("queue: {:.1}", share * 100.0),
        (false, false) => {
            check(lost == 0.0, "loss");
            format!("0 / {:.2}", share * 100.0)
        }
        (false, true) => {
            check((low..=high).contains(&set_loss), "loss");
            let set = get(LinkProperty::Loss);
            let [share, low, high] = [share, low, high].map(|it| it * 100.0);
            format!("{set} / {share:.2} ({low:.2} to {high:.2})")
        }
    });

    let lengths = runs(datagrams);
    let set_length = match burst > 1.0 {
        true => burst,
        false => 1.0 / (1.0 - set_loss),
    };
    cells.push(match set_loss > 0.0 {
        false => "-".to_owned(),
        true => {
            // Lengths are geometric.
            let deviation = (set_length * (set_length - 1.0)).sqrt();
            let half = Z * deviation / (lengths.len() as f64).sqrt();
            let length = mean(&lengths);
            check((length - set_length).abs() <= half, "burst");
            format!("{set_length:.2} / {length:.2} +-{half:.2}")
        }
    });

    let mut share_of = |property, count: usize, fault| {
        let (set, share) = (get(property) / 100.0, count as f64 / arrived as f64);
        let (low, high) = interval(share, arrived as f64);
        check(
            if set > 0.0 {
                (low..=high).contains(&set)
            } else {
                count == 0
            },
            fault,
        );
        format!("{} / {:.2}", get(property), share * 100.0)
    };
    let twice = datagrams.iter().filter(|it| it.arrivals.len() > 1);
    cells.push(share_of(
        LinkProperty::Duplication,
        twice.count(),
        "duplicates",
    ));
    let late = overtaken(datagrams);
    cells.push(match get(LinkProperty::Jitter) > 0.0 {
        // Jitter alone reorders.
        true => format!("- / {:.2}", late as f64 * 100.0 / arrived as f64),
        false => share_of(LinkProperty::Reordering, late, "reordering"),
    });

    cells.push(match has_rate {
        true => {
            check(rate < 1.01 * set_rate, "rate");
            format!("{set_rate} / {rate:.1}")
        }
        false => format!("- / {rate:.0}"),
    });

    let sizes = |has_arrived: bool| {
        let ones = datagrams.iter();
        ones.filter(move |it| it.arrivals.is_empty() != has_arrived)
            .map(|it| it.size)
    };
    cells.push(match (mtu, sizes(true).max(), sizes(false).min()) {
        (1.., Some(passed), Some(refused)) => {
            check(passed <= mtu && mtu < refused, "mtu");
            format!("{mtu}: {passed} passes, {refused} not")
        }
        _ => "-".to_owned(),
    });

    // The system's sockets may lose some on a busy machine: that is no fault of the emulated network.
    let elsewhere = datagrams.len() as i64 - arrived as i64 - run.drops as i64;
    check(elsewhere.abs() <= 2, "losses elsewhere");
    cells.push(elsewhere.to_string());
    cells.push(datagrams.len().to_string());
    cells.push(format!("{:.1} %", run.busy * 100.0));
    let note = if is_late && faults.is_empty() {
        ", late on a busy machine"
    } else {
        ""
    };
    Row {
        cells,
        faults,
        note,
    }
}

//! The clients of a server that fills up: they join one after another, and receive. The process ends with
//! its input.

use std::time::{Duration, Instant};

use enet_multiplayer::{Multiplayer, Status};

use super::load;

/// A client, and when it began to connect.
struct Bot {
    client: Multiplayer,
    begun: Duration,
    has_joined: bool,
    was_dropped: bool,
}

/// Runs the clients: `bots PORT CLIENTS JOINS_PER_SECOND`. `bots_reached` is the number of clients that had
/// joined when the first of them was dropped, or at the end.
pub fn run(words: &[String]) {
    let [port, count, rate] = words else {
        panic!("bots <port> <clients> <joins a second>");
    };
    let port: i32 = port.parse().expect("a port");
    let count: usize = count.parse().expect("clients");
    let rate: f64 = rate.parse().expect("joins a second");
    load::watch_input();
    let epoch = Instant::now();
    let mut bots: Vec<Bot> = Vec::new();
    let mut join_times = Vec::new();
    let mut laps = Vec::new();
    let mut reached = None;
    let mut delivered = 0_u64;
    while !load::is_over() {
        let begun = Instant::now();
        let due = count.min((epoch.elapsed().as_secs_f64() * rate) as usize);
        bots.extend((bots.len()..due).map(|index| {
            let begun = epoch.elapsed();
            Bot {
                client: load::client(index, port, begun),
                begun,
                has_joined: false,
                was_dropped: false,
            }
        }));
        for bot in &mut bots {
            let now = epoch.elapsed();
            load::poll(&mut bot.client, now, |_| delivered += 1);
            bot.client.flush(now);
            let is_up = bot.client.status() == Status::Connected;
            if is_up && !bot.has_joined {
                bot.has_joined = true;
                join_times.push(now - bot.begun);
            }
            if bot.has_joined && !is_up && !bot.was_dropped && !load::is_over() {
                bot.was_dropped = true;
                reached.get_or_insert(join_times.len());
            }
        }
        laps.push(begun.elapsed());
        load::pause(begun, count);
    }
    let reached = reached.unwrap_or(join_times.len());
    print!("@result bots_reached={reached} delivered={delivered} ");
    laps.sort();
    join_times.sort();
    for (name, times, percent) in [
        ("lap_usec", &laps, 99),
        ("join_p50", &join_times, 50),
        ("join_p99", &join_times, 99),
    ] {
        if let Some(time) = times.get(times.len() * percent / 100) {
            print!("{name}={} ", time.as_micros());
        }
    }
    println!();
}

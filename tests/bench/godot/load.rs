//! The clients: all in one process, each with a socket of its own. They say so much a second, read what
//! comes, and leave when nobody needs them any more.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use enet_core::{ClientOptions, Multiplayer, Status, TransferMode, Udp};

const PAYLOAD: [u8; 100] = [0xA5; 100];
/// Between two polls of a client.
const PAUSE: Duration = Duration::from_millis(2);
/// Round trips count from so long after everybody is there.
const WARM_UP: Duration = Duration::from_secs(1);

static IS_OVER: AtomicBool = AtomicBool::new(false);

/// `load PORT CLIENTS PACKETS_PER_SECOND`.
pub fn run(words: &[String]) {
    let [port, count, rate] = words else {
        panic!("load <port> <clients> <packets a second>");
    };
    let port: i32 = port.parse().expect("a port");
    let count: usize = count.parse().expect("clients");
    let rate: u32 = rate.parse().expect("a rate");
    // Whoever started this closes its input.
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        IS_OVER.store(true, Ordering::Relaxed);
    });
    let epoch = Instant::now();
    let mut clients: Vec<Multiplayer> = (0..count).map(|index| client(index, port)).collect();
    let interval = Duration::from_secs(1).checked_div(rate);
    // Spread over the interval, as players are.
    let mut due: Vec<Duration> = (0..count as u32)
        .map(|index| interval.unwrap_or_default() * index / count as u32)
        .collect();
    let mut round_trips = Vec::new();
    let mut counted_from = None;
    while !IS_OVER.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let is_up = |client: &Multiplayer| client.status() == Status::Connected;
        if counted_from.is_none() && clients.iter().all(is_up) {
            counted_from = Some(epoch.elapsed() + WARM_UP);
        }
        for (client, due) in clients.iter_mut().zip(&mut due) {
            let now = epoch.elapsed();
            poll(client, now, |sent| {
                if counted_from.is_some_and(|from| sent >= from) {
                    round_trips.push(now.saturating_sub(sent));
                }
            });
            if let Some(interval) = interval
                && client.status() == Status::Connected
                && now >= *due
            {
                *due = now + interval;
                let mut payload = PAYLOAD;
                payload[..8].copy_from_slice(&(now.as_micros() as u64).to_be_bytes());
                client.send(&payload, now).expect("sent");
            }
        }
        thread::sleep(PAUSE.saturating_sub(begun.elapsed()));
    }
    round_trips.sort();
    for (name, percent) in [("rtt_p50", 50), ("rtt_p99", 99)] {
        if let Some(time) = round_trips.get(round_trips.len() * percent / 100) {
            print!("{name}={} ", time.as_micros());
        }
    }
}

fn client(index: usize, port: i32) -> Multiplayer {
    let mut client = Multiplayer::new(Box::new(Udp), index as u32 + 1);
    let options = ClientOptions {
        unique_id: index as i32 + 2,
        ..ClientOptions::new("127.0.0.1", port)
    };
    let created = client.create_client(&options, Duration::ZERO);
    created.expect("a socket");
    client.set_transfer_mode(TransferMode::Unreliable);
    client
}

/// Tells of each packet that has the size of an echo when it was sent.
fn poll(client: &mut Multiplayer, now: Duration, mut echo: impl FnMut(Duration)) {
    // The server may have closed.
    if client.begin_poll(now).is_err() {
        return;
    }
    while let Some(notice) = client.next_notice(now) {
        client.finish(notice, now);
    }
    while let Some(packet) = client.take_packet() {
        if let Some((stamp, rest)) = packet.data.split_first_chunk()
            && rest.len() + stamp.len() == PAYLOAD.len()
        {
            echo(Duration::from_micros(u64::from_be_bytes(*stamp)));
        }
        client.recycle(packet.data);
    }
}

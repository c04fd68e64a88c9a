//! The clients: all in one process, each with a socket of its own. They say so much a second, read what
//! comes, and leave when nobody needs them any more.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use enet_core::{ClientOptions, Multiplayer, Status, TransferMode, Udp};

const PAYLOAD: [u8; 100] = [0xA5; 100];
/// Between two polls of a client.
const PAUSE: Duration = Duration::from_millis(4);

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
    while !IS_OVER.load(Ordering::Relaxed) {
        let begun = Instant::now();
        for (client, due) in clients.iter_mut().zip(&mut due) {
            let now = epoch.elapsed();
            poll(client, now);
            if let Some(interval) = interval
                && client.status() == Status::Connected
                && now >= *due
            {
                *due = now + interval;
                client.send(&PAYLOAD, now).expect("sent");
            }
        }
        thread::sleep(PAUSE.saturating_sub(begun.elapsed()));
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

fn poll(client: &mut Multiplayer, now: Duration) {
    // The server may have closed.
    if client.begin_poll(now).is_err() {
        return;
    }
    while let Some(notice) = client.next_notice(now) {
        client.finish(notice, now);
    }
    while let Some(packet) = client.take_packet() {
        client.recycle(packet.data);
    }
}

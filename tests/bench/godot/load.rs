//! The clients: all in one process, each with a socket of its own. The clients send at a fixed rate,
//! receive, and leave when the process's input ends.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use enet_multiplayer::{ClientOptions, FlushMode, Multiplayer, Status, TransferMode};
use enet_net::Udp;

/// The size of a client's packet, in bytes.
const SIZE: usize = 100;
/// The first byte of a packet that SceneMultiplayer hands to the script as raw bytes.
const RAW: u8 = 3;
/// The first byte of a packet of SceneMultiplayer itself, and the second byte of its packets about other
/// clients that join or leave.
const SYSTEM: u8 = 7;
const NEWS: [u8; 2] = [1, 2];
/// The first bytes of a packet that SceneMultiplayer relays. The id of the receiver follows, or in a
/// relayed packet the id of the sender.
const RELAY: [u8; 2] = [SYSTEM, 3];
/// About the size of a synchronizer's packet with a position, in bytes.
const RELAYED_SIZE: usize = 30;
/// The pause between two polls of a client, with up to [`FEW`] clients.
const SHORT_PAUSE: Duration = Duration::from_micros(200);
/// The pause with more clients.
const PAUSE: Duration = Duration::from_millis(2);
const FEW: usize = 16;
/// The number of clients that connect at a time, unless joining is measured.
const CONNECTING: usize = 16;
/// Round trips count from this time after the last client has connected.
const WARM_UP: Duration = Duration::from_millis(500);
const FIRST_ID: i32 = 2;

static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Whether the parent process has closed this process's input, which ends the run.
pub fn is_over() -> bool {
    IS_OVER.load(Ordering::Relaxed)
}

/// Starts to watch the input for [`is_over`].
pub fn watch_input() {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        IS_OVER.store(true, Ordering::Relaxed);
    });
}

/// When each client sends: spread over the interval, as players are. A late client catches up.
pub struct Schedule {
    interval: Option<Duration>,
    due: Vec<Duration>,
}

impl Schedule {
    /// Each client sends `rate` times a second.
    pub fn new(clients: usize, rate: u32, now: Duration) -> Self {
        let interval = Duration::from_secs(1).checked_div(rate);
        let offset = |index| now + interval.unwrap_or_default() * index / clients as u32;
        Self {
            interval,
            due: (0..clients as u32).map(offset).collect(),
        }
    }

    /// Whether this client has to send now.
    pub fn is_due(&mut self, index: usize, now: Duration) -> bool {
        let Some(interval) = self.interval.filter(|_| now >= self.due[index]) else {
            return false;
        };
        self.due[index] += interval;
        true
    }
}

/// Sleeps until it is time to poll the clients again.
pub fn pause(begun: Instant, clients: usize) {
    let pause = if clients > FEW { PAUSE } else { SHORT_PAUSE };
    thread::sleep(pause.saturating_sub(begun.elapsed()));
}

/// The arguments of this program that run the clients.
pub fn words(port: &str, clients: usize, rate: u32, kind: &str) -> Vec<String> {
    let (clients, rate) = (clients.to_string(), rate.to_string());
    ["load", port, &clients, &rate, kind]
        .map(str::to_owned)
        .to_vec()
}

/// Runs the clients: `load PORT[,PORT] CLIENTS PACKETS_PER_SECOND join|talk|relay`. With several ports, the clients go to
/// each in turn.
pub fn run(words: &[String]) {
    let [ports, count, rate, kind] = words else {
        panic!("load <ports> <clients> <packets a second> join|talk|relay");
    };
    let most = if kind == "join" {
        usize::MAX
    } else {
        CONNECTING
    };
    let ports: Vec<i32> = (ports.split(','))
        .map(|port| port.parse().expect("a port"))
        .collect();
    let count: usize = count.parse().expect("clients");
    let rate: u32 = rate.parse().expect("a rate");
    watch_input();
    let epoch = Instant::now();
    let mut clients: Vec<Multiplayer> = Vec::new();
    let mut schedule = None;
    let mut round_trips = Vec::new();
    let mut counted_from = Duration::MAX;
    let (mut relayed, mut delivered, mut talked) = (0, 0_u64, 0_u64);
    let mut laps = Vec::new();
    while !is_over() {
        let begun = Instant::now();
        let is_up = |client: &Multiplayer| client.status() == Status::Connected;
        let up = clients.iter().filter(|&client| is_up(client)).count();
        if schedule.is_none() {
            let end = count.min(up.saturating_add(most));
            clients.extend(
                (clients.len()..end)
                    .map(|index| client(index, ports[index % ports.len()], epoch.elapsed())),
            );
        }
        if schedule.is_none() && up == count {
            counted_from = epoch.elapsed() + WARM_UP;
            schedule = Some(Schedule::new(count, rate, epoch.elapsed()));
            println!("@joined");
        }
        for (index, client) in clients.iter_mut().enumerate() {
            let now = epoch.elapsed();
            poll(client, now, |sent| {
                delivered += 1;
                if let Some(sent) = sent.filter(|&sent| sent >= counted_from) {
                    round_trips.push(now.saturating_sub(sent));
                }
            });
            if let Some(schedule) = &mut schedule
                && is_up(client)
                && schedule.is_due(index, now)
            {
                match kind.as_str() {
                    "relay" => relayed += relay(client, index, count, now),
                    _ => {
                        talked += 1;
                        talk(client, now);
                    }
                }
            }
            client.flush(now);
        }
        if schedule.is_some() {
            laps.push(begun.elapsed());
        }
        pause(begun, count);
    }
    print!("@result ");
    laps.sort();
    if let Some(lap) = laps.get(laps.len() * 99 / 100) {
        print!("lap_usec={} ", lap.as_micros());
    }
    print!("delivered={delivered} talked={talked} ");
    if relayed > 0 {
        // The number of packets that the server should relay.
        print!("put={relayed} ");
    }
    round_trips.sort();
    for (name, percent) in [("rtt_p50", 50), ("rtt_p99", 99)] {
        if let Some(time) = round_trips.get(round_trips.len() * percent / 100) {
            print!("{name}={} ", time.as_micros());
        }
    }
    println!();
}

/// A client that begins to connect.
pub fn client(index: usize, port: i32, now: Duration) -> Multiplayer {
    let mut client = Multiplayer::new(Box::new(Udp), index as u32 + 1);
    let options = ClientOptions {
        unique_id: index as i32 + FIRST_ID,
        ..ClientOptions::new("127.0.0.1", port)
    };
    let created = client.create_client(&options, now);
    created.expect("a socket");
    client.set_transfer_mode(TransferMode::Unreliable);
    client.set_flush_mode(FlushMode::OnFlush, now);
    client
}

fn talk(client: &mut Multiplayer, now: Duration) {
    let mut payload = [0xA5; SIZE];
    payload[0] = RAW;
    payload[1..9].copy_from_slice(&(now.as_micros() as u64).to_be_bytes());
    client.send(&payload, now).expect("sent");
}

/// Sends a packet to every other client through the server; returns the number of packets.
fn relay(client: &mut Multiplayer, index: usize, count: usize, now: Duration) -> usize {
    client.set_target(1);
    for other in (0..count).filter(|&other| other != index) {
        let mut payload = [0xA5; RELAYED_SIZE];
        payload[..2].copy_from_slice(&RELAY);
        payload[2..6].copy_from_slice(&(other as i32 + FIRST_ID).to_le_bytes());
        client.send(&payload, now).expect("sent");
    }
    count - 1
}

/// Polls a client. Calls back for each packet of the game, with the time when it was sent if it is an echo.
pub fn poll(client: &mut Multiplayer, now: Duration, mut heard: impl FnMut(Option<Duration>)) {
    // The call fails if the server has closed.
    if client.begin_poll(now).is_err() {
        return;
    }
    while let Some(notice) = client.next_notice(now) {
        client.finish(notice, now);
    }
    while let Some(packet) = client.take_packet() {
        let stamp = match packet.data.as_slice() {
            [RAW, rest @ ..] if rest.len() + 1 == SIZE => rest.first_chunk(),
            _ => None,
        };
        let is_news = matches!(packet.data.as_slice(), [SYSTEM, kind, ..] if NEWS.contains(kind));
        if !is_news {
            heard(stamp.map(|&stamp| Duration::from_micros(u64::from_be_bytes(stamp))));
        }
        client.recycle(packet.data);
    }
}

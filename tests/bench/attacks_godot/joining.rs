//! Attacks on the slots: whether honest clients still get in.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::process::{Process, Server, Subject, honest, variable};
use crate::wire::{Join, Wire, connect, local, socket};
use crate::{Cell, Played};

/// The longest time of a flood.
const LONGEST: Duration = Duration::from_secs(60);

/// An attack in a thread of its own, until it is dropped.
pub struct Background {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    pub sent: Arc<AtomicU64>,
}

impl Background {
    /// Calls `work` `rate` times a second with the number of the call.
    pub fn start(rate: u32, mut work: impl FnMut(u64) + Send + 'static) -> Self {
        let (stop, sent) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&sent));
        let thread = thread::spawn(move || {
            let begun = Instant::now();
            let mut number = 0;
            while !stopped.load(Ordering::Relaxed) && begun.elapsed() < LONGEST {
                let due = (begun.elapsed().as_secs_f64() * f64::from(rate)) as u64;
                // A late thread does not catch up with a burst that is an attack of its own.
                number = number.max(due.saturating_sub(8));
                while number < due {
                    work(number);
                    number += 1;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                thread::sleep(Duration::from_micros(500));
            }
        });
        Self {
            stop,
            thread: Some(thread),
            sent,
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub fn joins(port: u16, count: u32, limit: u32) -> Process {
    let words = ["joins".to_owned(), format!("count={count}")];
    let times = ["interval=250".to_owned(), format!("limit={limit}")];
    honest(variable("ENET_BENCH_STOCK"), port, &[words, times].concat())
}

/// How many got in, and how long that took.
pub fn judged(honest: &Process) -> Played {
    let result = honest.result()?;
    let figure = |name: &str| result.get(name).copied().unwrap_or(f64::NAN);
    let (count, joined) = (figure("count"), figure("joined"));
    let mut text = format!("{joined:.0} of {count:.0}");
    if joined > 0.0 {
        let (middle, most) = (figure("p50_msec"), figure("max_msec"));
        text += &format!(", {middle:.0} ms (worst {most:.0})");
    }
    Ok(Cell::new(
        text,
        &[
            ("joined", joined),
            ("of", count),
            ("p50_msec", figure("p50_msec")),
            ("max_msec", figure("max_msec")),
        ],
    ))
}

pub fn calm(subject: Subject) -> Played {
    let server = Server::start(subject, &[])?;
    judged(&joins(server.port, 20, 6000))
}

fn connects(subject: Subject, rate: u32) -> Played {
    let server = Server::start(subject, &[])?;
    let to = local(server.port);
    let sockets: Vec<UdpSocket> = (0..64)
        .map(|index| spread(index).expect("a socket"))
        .collect();
    let flood = Background::start(rate, move |number| {
        let socket = &sockets[number as usize % sockets.len()];
        while socket.recv(&mut [0; 4096]).is_ok() {}
        let id = 1_000_000 + number as u32;
        let _ = socket.send_to(&connect(Join::with_id(id), 0), to);
    });
    // The slots fill first.
    thread::sleep(Duration::from_secs(2));
    let cell = judged(&joins(server.port, 20, 6000))?;
    drop(flood);
    Ok(cell)
}

/// A socket at one of many addresses in as many networks: 127.1.0.1, 127.2.0.1 and so on.
fn spread(index: u8) -> std::io::Result<UdpSocket> {
    let address = SocketAddr::from((Ipv4Addr::new(127, index + 1, 0, 1), 0));
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

pub fn slow_flood(subject: Subject) -> Played {
    connects(subject, 50)
}

pub fn fast_flood(subject: Subject) -> Played {
    connects(subject, 200)
}

/// One socket connects 32 times and keeps all connections.
pub fn all_slots(subject: Subject) -> Played {
    let server = Server::start(subject, &[])?;
    let mut wire = Wire::new(66, server.port);
    let mut taken = 0;
    for id in 0..32 {
        match wire.join(Join::with_id(2_000_000 + id)) {
            Ok(()) => taken += 1,
            Err(_) => break,
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let keeper = thread::spawn(move || {
        let begun = Instant::now();
        while !stopped.load(Ordering::Relaxed) && begun.elapsed() < LONGEST {
            wire.serve();
            thread::sleep(Duration::from_millis(5));
        }
    });
    let cell = judged(&joins(server.port, 5, 6000));
    stop.store(true, Ordering::Relaxed);
    let _ = keeper.join();
    let mut cell = cell?;
    cell.text = format!("{taken} taken, {}", cell.text);
    cell.figures.push(("taken", f64::from(taken)));
    Ok(cell)
}

/// A socket that only asks: used by the soak.
pub fn flood_of_connects(port: u16, rate: u32) -> Background {
    let (socket, to) = (socket(77), local(port));
    Background::start(rate, move |number| {
        while socket.recv(&mut [0; 4096]).is_ok() {}
        let id = 3_000_000 + number as u32;
        let _ = socket.send_to(&connect(Join::with_id(id), 0), to);
    })
}

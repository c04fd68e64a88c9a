//! `cargo xtask soak`: one server process lives through joins, leaves, kills, loads and floods, and must not grow.
//!
//! The rounds are the same all the time. The first ones fill pools and caches; what they leave is the
//! measure for the last one. Memory, files, threads and Godot's objects are compared when nobody is
//! connected.
//!
//! A heap grows in steps, when bursts coincide as they never did before: in an hour one of 2,100 KiB was seen, and then
//! none in 35 minutes. A leak grows in every part of the time. So memory is also compared with that of half of the time
//! between the measurements, more strictly.

use std::thread;
use std::time::{Duration, Instant};

use crate::blind::garbage;
use crate::joining::{Background, flood_of_connects};
use crate::process::{Server, Sizes, Subject, honest, variable};
use crate::wire::{Join, Wire, local, socket};

/// The share of the time that the rounds before the measurement take, and their smallest number. As many
/// follow at least.
const WARM_UP: f64 = 0.3;
const WARM_UP_ROUNDS: u32 = 3;
/// The share of the time between two looks at what has grown.
const LOOKS: f64 = 0.1;
/// The time in which the server forgets every client that was killed, and the longest that it may take.
const QUIET: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(45);
/// Allowed growth between the measurements. Of the memory it covers what the allocator keeps apart.
const MEMORY_KIB: u64 = 4096;
/// The same from the look in the middle on.
const LATE_MEMORY_KIB: u64 = 1024;
const FILES: u64 = 0;
const THREADS: u64 = 0;
const OBJECTS: f64 = 2.0;

/// Runs `minutes=N`; the exit code.
pub fn run(words: &[String]) -> i32 {
    let number = |name: &str| {
        let value = words.iter().find_map(|word| word.strip_prefix(name));
        value.and_then(|text| text.parse::<f64>().ok())
    };
    let minutes = number("minutes=").unwrap_or(60.0).clamp(0.2, 24.0 * 60.0);
    // Both classes live at the same time, so that an hour is an hour.
    let threads = [Subject::Ours, Subject::Threaded].map(|subject| {
        thread::spawn(move || {
            let result = soak(subject, Duration::from_secs_f64(minutes * 60.0));
            match &result {
                Ok(()) => println!("ok soak {}", subject.name()),
                Err(cause) => println!("FAIL soak {}: {cause}", subject.name()),
            }
            result.is_ok()
        })
    });
    let good = threads.map(|it| it.join().unwrap_or(false));
    i32::from(good.contains(&false))
}

/// What must not grow.
struct Count {
    sizes: Sizes,
    objects: f64,
}

fn soak(subject: Subject, time: Duration) -> Result<(), String> {
    let life = format!("life={}", time.as_secs() + 600);
    let mut server = Server::start(subject, &[&life])?;
    let begun = Instant::now();
    let (mut round, mut first, mut enough) = (0, None, u32::MAX);
    let mut looks: Vec<Count> = Vec::new();
    // The quiet before a measurement is part of the time.
    while begun.elapsed() + QUIET < time || round < enough {
        play(&server, round)?;
        round += 1;
        if first.is_none() && round >= WARM_UP_ROUNDS && begun.elapsed() > time.mul_f64(WARM_UP) {
            first = Some(count(subject, &server, round)?);
            enough = round + WARM_UP_ROUNDS;
        } else if first.is_some()
            && begun.elapsed() > time.mul_f64(WARM_UP + LOOKS * (looks.len() + 1) as f64)
        {
            looks.push(count(subject, &server, round)?);
        }
        if !server.process.is_alive() {
            return Err("the server's process has ended".to_owned());
        }
    }
    let first = first.ok_or("the time is too short for a measurement")?;
    let last = count(subject, &server, round)?;
    let mut causes = Vec::new();
    let mut compare = |what: &str, before: f64, after: f64, slack: f64| {
        if after > before + slack {
            causes.push(format!("{what} grew from {before:.0} to {after:.0}"));
        }
    };
    let (a, b) = (&first.sizes, &last.sizes);
    for (what, before, after, slack) in [
        ("memory in KiB", a.resident_kib, b.resident_kib, MEMORY_KIB),
        ("files", a.files, b.files, FILES),
        ("threads", a.threads, b.threads, THREADS),
    ] {
        compare(what, before as f64, after as f64, slack as f64);
    }
    if let Some(middle) = looks.get(looks.len() / 2) {
        let (before, after) = (middle.sizes.resident_kib, b.resident_kib);
        let what = "memory in KiB of the second half";
        compare(what, before as f64, after as f64, LATE_MEMORY_KIB as f64);
    }
    compare("objects", first.objects, last.objects, OBJECTS);
    match causes.is_empty() {
        true => Ok(()),
        false => Err(causes.join(", ")),
    }
}

/// Waits until nobody is connected, and counts.
fn count(subject: Subject, server: &Server, round: u32) -> Result<Count, String> {
    let begun = Instant::now();
    while server.process.latest("peers") > 0.0 {
        if begun.elapsed() > PATIENCE {
            return Err("clients that are gone stay connected".to_owned());
        }
        thread::sleep(Duration::from_millis(200));
    }
    thread::sleep(Duration::from_millis(2200));
    let (sizes, objects) = (server.process.sizes(), server.process.latest("objects"));
    println!(
        "   {}, round {round}: {} KiB, {} files, {} threads, {objects:.0} objects",
        subject.name(),
        sizes.resident_kib,
        sizes.files,
        sizes.threads
    );
    Ok(Count { sizes, objects })
}

/// One round of everything.
fn play(server: &Server, round: u32) -> Result<(), String> {
    let port = server.port;
    let stock = || variable("ENET_BENCH_STOCK");
    let words = |list: &[&str]| -> Vec<String> { list.iter().map(|&it| it.to_owned()).collect() };
    let joins = honest(
        stock(),
        port,
        &words(&["joins", "count=8", "interval=150", "limit=5000"]),
    );
    // This one is killed in the middle of its echo.
    let killed = honest(stock(), port, &words(&["echo", "seconds=30"]));
    let connects = flood_of_connects(port, 100);
    let (stranger, to) = (socket(78), local(port));
    let strangers = Background::start(2000, move |number| {
        let _ = stranger.send_to(&garbage(number), to);
    });
    killed.wait_for("@joined")?;
    flood(port, 9_000_000 + round * 2)?;
    drop(killed);
    joins.result()?;
    drop((connects, strangers));
    // A load: the frame in which the game loads, with packets that arrive meanwhile.
    let mut wire = Wire::new(79, port);
    if wire.join(Join::with_id(9_000_001 + round * 2)).is_ok() {
        let order = wire.reliable(0, b"!sleep 800");
        wire.send(&order, false);
        wire.idle(Duration::from_millis(1200));
        wire.send(&[0x44, 0xFF, 0, 2, 0, 0, 0, 0], false);
    }
    Ok(())
}

/// A client that floods for a second and is gone without a word.
fn flood(port: u16, id: u32) -> Result<(), String> {
    let mut wire = Wire::new(79, port);
    // The server may be full of the other flood.
    if wire.join(Join::with_id(id)).is_err() {
        return Ok(());
    }
    let begun = Instant::now();
    let mut group = 0_u16;
    while begun.elapsed() < Duration::from_secs(1) {
        let mut bytes = Vec::new();
        for _ in 0..100 {
            group = group.wrapping_add(1);
            bytes.extend([0x49, 0, 0, 0]);
            bytes.extend(group.to_be_bytes());
            bytes.extend([0, 1, 0x5A]);
        }
        wire.send(&bytes, false);
        wire.serve();
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

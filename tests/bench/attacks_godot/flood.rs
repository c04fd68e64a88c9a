//! A connected client sends as much as it can: what the frames and an honest client notice.

use std::thread;
use std::time::{Duration, Instant};

use enet_codec::Compression;

use crate::process::{Figures, Process, Server, Subject, honest, variable};
use crate::wire::Wire;
use crate::{Cell, Played};

const FLOOD: Duration = Duration::from_secs(10);
/// The largest number of bytes that a flood sends, uncompressed.
const MOST: u64 = 400_000_000;
/// Commands in a datagram of the protocol's largest size.
const PACKED_COMMANDS: usize = 400;
const PLAIN_COMMANDS: usize = 150;

fn echo(port: u16, seconds: u32) -> Result<Process, String> {
    let words = ["echo".to_owned(), format!("seconds={seconds}")];
    let process = honest(variable("ENET_BENCH_STOCK"), port, &words);
    process.wait_for("@joined")?;
    Ok(process)
}

/// The frames of the server and what the honest client noticed.
fn judged(server: &Process, since: Instant, honest: &Process, peak: f64) -> Played {
    let result = honest.result()?;
    let of = |figures: &Figures, name: &str| figures.get(name).copied().unwrap_or(0.0);
    let seconds = server.since(since);
    let least = seconds
        .iter()
        .map(|it| of(it, "frames"))
        .fold(f64::MAX, f64::min);
    let worst = seconds
        .iter()
        .map(|it| of(it, "worst_msec"))
        .fold(0.0, f64::max);
    let least = if seconds.is_empty() { 0.0 } else { least };
    let (sent, echoed) = (of(&result, "sent"), of(&result, "echoed"));
    let lost = sent - echoed;
    let ended = of(&result, "ended_at_msec");
    let frames = match seconds.is_empty() {
        true => "no frame".to_owned(),
        false => format!("{least:.0} f/s"),
    };
    let mut text = format!(
        "{frames}, echo {:.0} ms (worst {:.0})",
        of(&result, "p50_msec"),
        of(&result, "max_msec")
    );
    if lost > 0.0 {
        text += &format!(", lost {:.0} %", 100.0 * lost / sent);
    }
    if ended > 0.0 {
        text += &format!(", thrown out at {:.0} s", ended / 1000.0);
    }
    if peak > 0.0 {
        text += &format!(", +{peak:.0} MB");
    }
    Ok(Cell::new(
        text,
        &[
            ("frames_per_second", least),
            ("worst_frame_msec", worst),
            ("echo_p50_msec", of(&result, "p50_msec")),
            ("echo_p99_msec", of(&result, "p99_msec")),
            ("echo_max_msec", of(&result, "max_msec")),
            ("sent", sent),
            ("lost", lost),
            ("ended_at_msec", ended),
            ("memory_mib", peak),
        ],
    ))
}

pub fn calm(subject: Subject) -> Played {
    let server = Server::start(subject, &[])?;
    let honest = echo(server.port, 4)?;
    let since = Instant::now() + Duration::from_secs(1);
    judged(&server.process, since, &honest, 0.0)
}

/// Unsequenced packets of one byte, which no window holds back.
fn tiny(group: &mut u16, commands: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..commands {
        *group = group.wrapping_add(1);
        bytes.extend([0x49, 0, 0, 0]);
        bytes.extend(group.to_be_bytes());
        bytes.extend([0, 1, 0x5A]);
    }
    bytes
}

fn flooded(subject: Subject, is_packed: bool) -> Played {
    let mode = Compression::by_number(3, None).expect("zlib");
    let words: &[&str] = if is_packed { &["compression=3"] } else { &[] };
    let server = Server::start(subject, words)?;
    // An honest client does not need the codec: what is plain, every host takes.
    let honest = match is_packed {
        false => echo(server.port, 12)?,
        true => {
            let words = ["echo".to_owned(), "seconds=12".to_owned()];
            let words = [&words[..], &["compression=3".to_owned()]].concat();
            let process = honest(variable("ENET_BENCH_STOCK"), server.port, &words);
            process.wait_for("@joined")?;
            process
        }
    };
    let mut wire = Wire::new(66, server.port);
    if is_packed {
        wire.set_codec(&mode);
    }
    wire.join(crate::wire::Join::with_id(4_000_000))?;
    let before = server.process.resident_mib();
    let begun = Instant::now();
    let (mut group, mut sent, mut peak) = (0, 0, before);
    while begun.elapsed() < FLOOD && sent < MOST && !wire.heard.has_ended {
        for _ in 0..64 {
            sent += match is_packed {
                true => wire.send_packed(&tiny(&mut group, PACKED_COMMANDS)) as u64,
                false => wire.send(&tiny(&mut group, PLAIN_COMMANDS), false) as u64,
            };
        }
        wire.serve();
        peak = peak.max(server.process.resident_mib());
        // The honest client needs a CPU as well.
        thread::sleep(Duration::from_millis(2));
    }
    let flooded = begun.elapsed().as_secs_f64();
    let mut cell = judged(&server.process, begun, &honest, peak - before)?;
    let rate = sent as f64 * 8.0 / 1e6 / flooded;
    cell.text += &format!(", {rate:.0} Mbit/s");
    cell.figures.push(("megabits_per_second", rate));
    if wire.heard.has_ended {
        cell.text += &format!(", attacker out after {flooded:.1} s");
        cell.figures.push(("attacker_out_after_seconds", flooded));
    }
    Ok(cell)
}

pub fn plain(subject: Subject) -> Played {
    flooded(subject, false)
}

pub fn packed(subject: Subject) -> Played {
    flooded(subject, true)
}

/// The main thread sleeps, as a game does that loads, and a client sends empty packets meanwhile.
pub fn while_loading(subject: Subject) -> Played {
    const MEGABYTES: u64 = 64;
    let server = Server::start(subject, &[])?;
    let honest = echo(server.port, 16)?;
    let mut wire = Wire::joined(66, server.port, 4_000_001)?;
    let order = wire.reliable(0, b"!sleep 12000");
    wire.send(&order, false);
    thread::sleep(Duration::from_millis(100));
    let before = server.process.resident_mib();
    let begun = Instant::now();
    let (mut group, mut sent, mut peak, mut datagrams) = (0_u16, 0, before, 0_u32);
    while sent < MEGABYTES << 20 && !wire.heard.has_ended && begun.elapsed() < FLOOD {
        let mut bytes = Vec::new();
        for _ in 0..170 {
            group = group.wrapping_add(1);
            bytes.extend([0x49, 0, 0, 0]);
            bytes.extend(group.to_be_bytes());
            bytes.extend([0, 0]);
        }
        sent += wire.send(&bytes, false) as u64;
        wire.serve();
        datagrams += 1;
        if datagrams % 256 == 0 {
            peak = peak.max(server.process.resident_mib());
        }
        // Some 5 MB/s: a network thread loses little of that in its socket's buffer.
        thread::sleep(Duration::from_micros(200));
    }
    peak = peak.max(server.process.resident_mib());
    wire.idle(Duration::from_secs(4));
    peak = peak.max(server.process.resident_mib());
    // The frame that sleeps is no figure; what the flood adds to it is in the honest client's.
    judged(
        &server.process,
        begun + Duration::from_secs(13),
        &honest,
        peak - before,
    )
}

//! Attacks with datagrams in the name of others, and what a few bytes make a server send or log.
//!
//! The forged sender's address is one of this program's sockets. The attack does not look at what arrives
//! there; that is only counted.

use std::thread;
use std::time::{Duration, Instant};

use enet_codec::Compression;

use crate::process::{Server, Subject};
use crate::wire::{Join, NO_SLOT, Wire, connect, local, socket};
use crate::{Cell, Played};

const HONEST: u8 = 0x48;

/// A CONNECT, and acknowledgements for an answer that the attacker does not see. The server's game sends
/// 180 kB/s to every client.
pub fn completion(subject: Subject) -> Played {
    let server = Server::start(subject, &["count=3", "size=1000"])?;
    let (forged, to) = (socket(9), local(server.port));
    let mut sent = 0;
    let mut send = |bytes: &[u8]| {
        sent += bytes.len();
        let _ = forged.send_to(bytes, to);
    };
    send(&connect(Join::with_id(7_000_000), 0));
    thread::sleep(Duration::from_millis(150));
    // The first slots, all sessions, and a time in each half of the clock's range.
    for slot in 0..4 {
        for session in 0..4 {
            for time in [0, 0x80] {
                send(&[session << 4, slot, 1, 0xFF, 0, 1, 0, 1, time, 0]);
            }
        }
    }
    let begun = Instant::now();
    let (mut reflected, mut last) = (0, Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(12) {
        while let Ok(size) = forged.recv(&mut [0; 4096]) {
            reflected += size;
            last = begun.elapsed();
        }
        thread::sleep(Duration::from_millis(5));
    }
    let ratio = reflected as f64 / sent as f64;
    Ok(Cell::new(
        format!(
            "x{ratio:.1} ({:.1} kB of {sent} B, {:.1} s)",
            reflected as f64 / 1e3,
            last.as_secs_f64()
        ),
        &[("ratio", ratio), ("reflected_bytes", reflected as f64)],
    ))
}

/// Whether the server still answers the connection's pings.
fn is_alive(wire: &mut Wire) -> bool {
    wire.heard.acknowledged.clear();
    for _ in 0..4 {
        // Out of the order that the server expects, so it counts for nothing but an acknowledgement.
        wire.send(&[0x85, 0xFF, 0, 2], true);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(120) {
            wire.serve();
            if !wire.heard.acknowledged.is_empty() {
                return true;
            }
            if wire.heard.has_ended {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
    false
}

/// DISCONNECTs for a young connection. The forger knows the addresses and the slot.
pub fn disconnects(subject: Subject) -> Played {
    const MOST: u32 = 2048;
    let server = Server::start(subject, &[])?;
    let mut wire = Wire::joined(66, server.port, 7_000_001)?;
    wire.idle(Duration::from_millis(500));
    let [high, low] = wire.links[0];
    let mut guesses = 0;
    for sequence in (1..=u16::MAX).step_by(128) {
        for session in 0..4 {
            let [n0, n1] = sequence.to_be_bytes();
            let header = [high & 0x0F | session << 4, low];
            let command = [0x44, 0xFF, n0, n1, 0, 0, 0, 0];
            wire.send_from_socket(&[&header[..], &command].concat());
            guesses += 1;
            // Later guesses are judged in groups, which takes less time.
            let is_judged = guesses < 16 || guesses % 64 == 0;
            if is_judged && !is_alive(&mut wire) {
                return Ok(Cell::new(
                    format!("{guesses} guesses"),
                    &[("guesses", guesses.into())],
                ));
            }
        }
        if guesses >= MOST {
            break;
        }
    }
    Ok(Cell::new(format!("none of {guesses}"), &[]))
}

/// An unsequenced packet in a client's name.
pub fn data(subject: Subject) -> Played {
    let server = Server::start(subject, &[])?;
    let mut wire = Wire::joined(66, server.port, 7_000_002)?;
    wire.keeps_packets = true;
    wire.idle(Duration::from_millis(500));
    let [high, low] = wire.links[0];
    let mut guesses = 0;
    for session in 0..4 {
        let header = [high & 0x0F | session << 4, low];
        let command = [0x49, 0, 0, 0, 0, 1, 0, 4, HONEST, 1, 2, 3];
        wire.send_from_socket(&[&header[..], &command].concat());
        guesses += 1;
        wire.idle(Duration::from_millis(150));
        let is_echo = |packet: &Vec<u8>| packet.first() == Some(&HONEST);
        if wire.heard.packets.iter().any(is_echo) {
            return Ok(Cell::new(
                format!("{guesses} guesses"),
                &[("guesses", guesses.into())],
            ));
        }
    }
    Ok(Cell::new(format!("none of {guesses}"), &[]))
}

fn logged(count: u64) -> Cell {
    Cell::new(format!("{count} errors"), &[("logged", count as f64)])
}

/// The server sends unreliable packets to a client that asked for one channel.
pub fn log(subject: Subject) -> Played {
    let server = Server::start(subject, &["count=1", "size=100"])?;
    let before = server.process.logged();
    let mut wire = Wire::new(66, server.port);
    wire.join(Join {
        channels: 1,
        ..Join::with_id(7_000_003)
    })?;
    wire.idle(Duration::from_secs(6));
    Ok(logged(server.process.logged() - before))
}

/// A connected client sends what no codec can decode.
pub fn undecodable(subject: Subject) -> Played {
    let server = Server::start(subject, &["compression=3"])?;
    let mut wire = Wire::new(66, server.port);
    wire.set_codec(&Compression::by_number(3, None).expect("zlib"));
    wire.join(Join::with_id(7_000_004))?;
    let before = server.process.logged();
    let [high, low] = wire.links[0];
    for number in 0..3000_u32 {
        let garbage = [
            &[high | 0xC0, low, 0, 0][..],
            &number.to_be_bytes(),
            &[9; 32],
        ]
        .concat();
        wire.send_raw(&garbage);
        if number % 10 == 9 {
            wire.idle(Duration::from_millis(8));
        }
    }
    wire.idle(Duration::from_millis(500));
    Ok(logged(server.process.logged() - before))
}

/// Datagrams of a thousand pings each, from a client and from an address that has not proved itself.
pub fn pings(subject: Subject) -> Played {
    const COUNT: usize = 20;
    let server = Server::start(subject, &["compression=4"])?;
    let mut ratios = Vec::new();
    for (last, is_proven) in [(66, true), (67, false)] {
        let mut wire = Wire::new(last, server.port);
        wire.set_codec(&Compression::by_number(4, None).expect("zstd"));
        wire.is_mute = !is_proven;
        wire.join(Join::with_id(7_000_005 + u32::from(is_proven)))?;
        wire.idle(Duration::from_millis(100));
        let pings = [0x85, 0xFF, 0, 2].repeat(1000);
        let before = wire.heard.bytes;
        let mut sent = 0;
        for _ in 0..COUNT {
            sent += wire.send_packed(&pings);
            wire.idle(Duration::from_millis(50));
        }
        wire.idle(Duration::from_millis(300));
        ratios.push((wire.heard.bytes - before) as f64 / sent as f64);
    }
    Ok(Cell::new(
        format!("x{:.1}, unproven x{:.1}", ratios[0], ratios[1]),
        &[("proven", ratios[0]), ("unproven", ratios[1])],
    ))
}

/// Datagrams for no slot that are no CONNECT: used by the soak.
pub fn garbage(number: u64) -> Vec<u8> {
    let mut bytes = NO_SLOT.to_vec();
    let mut state = number as u32 ^ 0x9E37_79B9;
    for _ in 0..20 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.push((state >> 24) as u8);
    }
    bytes
}

//! Attacks on the memory: what a server, or a client, holds for its remote.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use enet_codec::Compression;

use crate::process::{Process, Server, Subject, godot3_server, honest};
use crate::wire::{Join, NO_SLOT, Wire, connect, fragment};
use crate::{Cell, Played};

/// The time between two acknowledgements of a slow receiver, which the sender does not take for dead.
const SLOW: Duration = Duration::from_millis(200);
const ATTACK: Duration = Duration::from_secs(8);
/// Datagrams between two pauses, which any socket buffer holds, and how often a second they go out.
const BURST: u32 = 64;
const BURSTS_PER_SECOND: f64 = 125.0;
/// The fragments of the one packet, and the bytes of each.
const FRAGMENTS: u32 = 200_000;
const FRAGMENT: usize = 1340;

/// The growth of the resident memory, its peak, for the bytes that were sent.
struct Growth<'a> {
    process: &'a Process,
    before: f64,
    peak: f64,
}

impl<'a> Growth<'a> {
    fn new(process: &'a Process) -> Self {
        let before = process.resident_mib();
        Self {
            process,
            before,
            peak: before,
        }
    }

    fn look(&mut self) {
        self.peak = self.peak.max(self.process.resident_mib());
    }

    fn cell(&mut self, sent: u64, note: &str) -> Cell {
        self.look();
        let (grown, sent) = (self.peak - self.before, sent as f64 / 1048576.0);
        Cell::new(
            format!("+{grown:.0} MiB for {sent:.1}{note}"),
            &[("grown_mib", grown), ("sent_mib", sent)],
        )
    }
}

/// Calls `send` in bursts until the attack's time is over or it says that there is no more.
fn paced(mut send: impl FnMut() -> bool, mut between: impl FnMut()) {
    let begun = Instant::now();
    let mut bursts = 0.0;
    while begun.elapsed() < ATTACK {
        for _ in 0..BURST {
            if !send() {
                return;
            }
        }
        between();
        bursts += 1.0;
        let due = Duration::from_secs_f64(bursts / BURSTS_PER_SECOND);
        thread::sleep(due.saturating_sub(begun.elapsed()));
    }
}

/// All but the first fragment of a packet, each with offset 0.
fn overlap(wire: &mut Wire, process: &Process, per_datagram: u32, is_packed: bool) -> Cell {
    let mut growth = Growth::new(process);
    let before = wire.sent;
    let data = [0; FRAGMENT];
    let mut number = 0;
    let wire = std::cell::RefCell::new(wire);
    let send = || {
        let mut wire = wire.borrow_mut();
        let mut commands = Vec::new();
        for _ in 0..per_datagram {
            number += 1;
            commands.extend(fragment(8, 1, 1, [FRAGMENTS, number, FRAGMENTS, 0], &data));
        }
        match is_packed {
            true => wire.send_packed(&commands),
            false => wire.send(&commands, false),
        };
        number + per_datagram < FRAGMENTS && !wire.heard.has_ended
    };
    paced(send, || {
        wire.borrow_mut().serve();
        growth.look();
    });
    let mut wire = wire.borrow_mut();
    wire.idle(Duration::from_millis(300));
    let note = if wire.heard.has_ended {
        ", thrown out"
    } else {
        ""
    };
    growth.cell(wire.sent - before, note)
}

pub fn fragments(subject: Subject) -> Played {
    let server = Server::start(subject, &[])?;
    let mut wire = Wire::joined(66, server.port, 5_000_000)?;
    Ok(overlap(&mut wire, &server.process, 1, false))
}

pub fn packed_fragments(subject: Subject) -> Played {
    let server = Server::start(subject, &["compression=4"])?;
    let mut wire = Wire::new(66, server.port);
    wire.set_codec(&Compression::by_number(4, None).expect("zstd"));
    wire.join(Join::with_id(5_000_001))?;
    Ok(overlap(&mut wire, &server.process, 3, true))
}

/// This program is the server.
pub fn fragments_to_client(subject: Subject) -> Played {
    let (mut wire, client) = Wire::accepting(|port| {
        let words = ["echo".to_owned(), "seconds=12".to_owned()];
        let threaded = format!("threaded={}", u8::from(subject == Subject::Threaded));
        Ok(honest(
            subject.class(),
            port,
            &[&words[..], &[threaded]].concat(),
        ))
    })?;
    client.wait_for("@joined")?;
    Ok(overlap(&mut wire, &client, 1, false))
}

/// The server sends 10 MB/s of reliable packets to a client that acknowledges one in 200 ms.
pub fn deaf_receiver(subject: Subject) -> Played {
    let server = Server::start(subject, &["count=3", "size=60000", "reliable=1"])?;
    let mut wire = Wire::new(66, server.port);
    wire.data_pause = SLOW;
    let mut growth = Growth::new(&server.process);
    wire.join(Join::with_id(5_000_002))?;
    let begun = Instant::now();
    while begun.elapsed() < ATTACK && !wire.heard.has_ended {
        wire.idle(Duration::from_millis(100));
        growth.look();
    }
    let ended = begun.elapsed();
    // The last figures of the server.
    wire.idle(Duration::from_millis(1100));
    let put = server.process.latest("put_bytes");
    let errors = server.process.latest("put_errors");
    let mut note = " put".to_owned();
    if errors > 0.0 {
        note += &format!(", {errors:.0} puts refused");
    }
    if server.process.latest("peers") == 0.0 {
        note += &format!(", dropped by {:.1} s", ended.as_secs_f64());
    }
    let mut cell = growth.cell(put as u64, &note);
    cell.figures.push(("refused_puts", errors));
    Ok(cell)
}

/// Client A sends reliable packets to client B, which acknowledges one in 200 ms, through the server.
pub fn deaf_receiver_behind_relay(subject: Subject) -> Played {
    const WINDOW: usize = 60;
    const PATIENCE: Duration = Duration::from_millis(60);
    const BEGINNING: [u8; 2] = [6 | 0x80, 1];
    let server = match subject {
        Subject::Stock => godot3_server()?,
        _ => Server::start(subject, &["godot3=1"])?,
    };
    let (sender, receiver) = (5_000_003_u32, 5_000_004_u32);
    let mut b = Wire::new(67, server.port);
    b.data_pause = SLOW;
    b.join(Join::with_id(receiver))?;
    let mut a = Wire::joined(66, server.port, sender)?;
    a.idle(Duration::from_millis(200));
    let mut growth = Growth::new(&server.process);
    let mut payload = sender.to_le_bytes().to_vec();
    payload.extend(receiver.to_le_bytes());
    payload.resize(1340, 0x5A);
    let begun = Instant::now();
    let mut through = 0_u64;
    while begun.elapsed() < ATTACK && !a.heard.has_ended && !b.heard.has_ended {
        let mut window: Vec<Vec<u8>> = (0..WINDOW).map(|_| a.reliable(1, &payload)).collect();
        // Each is repeated until the server has it.
        while !window.is_empty() && begun.elapsed() < ATTACK && !a.heard.has_ended {
            for command in &mut window {
                command[..2].copy_from_slice(&BEGINNING);
                a.send(command, true);
            }
            let sent = Instant::now();
            while !window.is_empty() && sent.elapsed() < PATIENCE {
                thread::sleep(Duration::from_micros(500));
                a.serve();
                b.serve();
                let heard: HashSet<u16> = a.heard.acknowledged.drain(..).collect();
                let before = window.len();
                window.retain(|it| !heard.contains(&u16::from_be_bytes([it[2], it[3]])));
                through += ((before - window.len()) * payload.len()) as u64;
            }
        }
        growth.look();
    }
    let seconds = begun.elapsed().as_secs_f64();
    let mut note = " through".to_owned();
    for (who, wire) in [("A", &a), ("B", &b)] {
        if wire.heard.has_ended {
            note += &format!(", {who} out after {seconds:.1} s");
        }
    }
    Ok(growth.cell(through, &note))
}

/// Connections that are begun and ended at once.
pub fn pairs(subject: Subject) -> Played {
    const AT_ONCE: usize = 14;
    const WARM_UP: u64 = 1000;
    const MOST: u64 = 20_000;
    let server = Server::start(subject, &[])?;
    let mut wire = Wire::new(66, server.port);
    wire.is_mute = true;
    let mut id = 6_000_000;
    let mut before = None;
    let begun = Instant::now();
    let (mut pairs, mut answered) = (0, 0);
    while pairs < MOST && begun.elapsed() < 2 * ATTACK {
        wire.links = vec![NO_SLOT; AT_ONCE];
        for slot in 0..AT_ONCE {
            id += 1;
            let bytes = connect(Join::with_id(id), slot as u16);
            wire.send_raw(&bytes);
        }
        let sent = Instant::now();
        while wire.links.contains(&NO_SLOT) && sent.elapsed() < Duration::from_millis(100) {
            thread::sleep(Duration::from_micros(200));
            wire.serve();
        }
        for link in 0..AT_ONCE {
            if wire.links[link] != NO_SLOT {
                answered += 1;
                wire.send_over(link, &[0x44, 0xFF, 0, 2, 0, 0, 0, 0], false);
            }
        }
        pairs += AT_ONCE as u64;
        if before.is_none() && pairs >= WARM_UP {
            before = Some((pairs, server.process.sizes().resident_kib));
        }
    }
    thread::sleep(Duration::from_millis(500));
    let (first, resident) = before.ok_or("too few connections")?;
    let grown = server.process.sizes().resident_kib as f64 - resident as f64;
    let each = grown * 1024.0 / (pairs - first) as f64;
    Ok(Cell::new(
        format!("{each:.0} B, {answered} of {pairs} answered"),
        &[
            ("bytes_per_pair", each),
            ("pairs", pairs as f64),
            ("answered", answered as f64),
        ],
    ))
}

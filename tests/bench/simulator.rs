//! `cargo xtask bench simulator`: whether datagrams meet the network that was set, on the system's sockets.
//!
//! A client with an emulated network sends numbered packets to a server on the same machine, both in this process and
//! each with its network thread, as games have them. Taps at both sockets see the datagrams as they are on the wire, so
//! that neither ENet nor DTLS hides losses, duplicates or changes of order. A datagram's time runs from its hand-over to
//! the emulated network until the server's thread has read it. The column "busy" has the time that all threads waited
//! for a processor, as a share of the run's time: where that is more than a hundredth, datagrams that are late are no
//! fault of the emulated network.
//!
//! A share or a mean matches if the set value lies in the 99 % confidence interval around the measured one. A row in a
//! hundred falls out of its interval by chance, so a row that does not match runs once more with another seed. An
//! argument limits the rows to those whose name contains it.

use enet_codec::Compression;
use enet_multiplayer::{LinkProperty, LinkSettings, SimulationSettings};

#[path = "simulator/figures.rs"]
mod figures;
#[path = "simulator/hosts.rs"]
mod hosts;

/// The number of packets of a row.
const PACKETS: usize = 10_000;

/// What is between the protocol and the wire.
struct Wire {
    name: &'static str,
    is_encrypted: bool,
    compression: Compression,
}

const WIRES: [Wire; 4] = [
    Wire {
        name: "plain",
        is_encrypted: false,
        compression: Compression::None,
    },
    Wire {
        name: "FastLZ",
        is_encrypted: false,
        compression: Compression::FastLz,
    },
    Wire {
        name: "DTLS",
        is_encrypted: true,
        compression: Compression::None,
    },
    Wire {
        name: "DTLS, zlib",
        is_encrypted: true,
        compression: Compression::Zlib,
    },
];

/// A network, and what is sent through it.
struct Case {
    name: &'static str,
    settings: &'static [(LinkProperty, f64)],
    is_threaded: bool,
    /// Packets a second.
    per_second: f64,
    /// The least size of a packet and the largest one.
    sizes: (usize, usize),
}

impl Case {
    const fn new(name: &'static str, settings: &'static [(LinkProperty, f64)]) -> Self {
        Self {
            name,
            settings,
            is_threaded: true,
            per_second: 2000.0,
            // Two do not fit into a datagram.
            sizes: (720, 720),
        }
    }

    fn settings(&self) -> LinkSettings {
        if self.settings.is_empty() {
            let preset = SimulationSettings::preset(self.name);
            return preset.expect("a preset").outgoing;
        }
        let mut settings = LinkSettings::default();
        for &(property, value) in self.settings {
            settings.set(property, value).expect("in range");
        }
        settings
    }

    /// A packet that no other equals. One half can be compressed.
    fn payload(&self, number: usize) -> Vec<u8> {
        let (least, most) = self.sizes;
        let size = least + number * 37 % (most - least + 1);
        let mut data = vec![b'x'; size];
        let mut state = number as u64;
        for bytes in data[..size / 2].chunks_mut(8) {
            // An odd factor and an odd sum: the first eight bytes are different in each packet.
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            let noise = state.rotate_left(32).to_le_bytes();
            bytes.copy_from_slice(&noise[..bytes.len()]);
        }
        data
    }
}

const CASES: [Case; 13] = [
    Case::new("Fiber", &[]),
    Case::new("4G", &[]),
    Case::new("3G", &[]),
    Case::new("2G", &[]),
    Case::new("latency 50", &[(LinkProperty::Latency, 50.0)]),
    Case::new(
        "latency 80, jitter 20",
        &[(LinkProperty::Latency, 80.0), (LinkProperty::Jitter, 20.0)],
    ),
    Case::new("loss 10", &[(LinkProperty::Loss, 10.0)]),
    Case::new(
        "loss 10, burst 5",
        &[(LinkProperty::Loss, 10.0), (LinkProperty::Burst, 5.0)],
    ),
    Case::new("duplication 5", &[(LinkProperty::Duplication, 5.0)]),
    Case::new("reordering 10", &[(LinkProperty::Reordering, 10.0)]),
    // More than passes.
    Case {
        per_second: 1000.0,
        sizes: (60, 60),
        ..Case::new("rate 256", &[(LinkProperty::Rate, 256.0)])
    },
    Case {
        sizes: (500, 1290),
        ..Case::new("mtu 600", &[(LinkProperty::Mtu, 600.0)])
    },
    Case {
        is_threaded: false,
        ..Case::new("latency 50, no thread", &[(LinkProperty::Latency, 50.0)])
    },
];

const HEADS: [&str; 15] = [
    "set",
    "wire",
    "min",
    "mean",
    "p50",
    "p99",
    "loss in % (99 %)",
    "burst",
    "twice in %",
    "late in %",
    "kbit/s",
    "mtu",
    "elsewhere",
    "datagrams",
    "busy",
];
const WIDTHS: [usize; 15] = [22, 11, 7, 7, 7, 7, 25, 19, 10, 11, 12, 28, 9, 9, 6];

fn print(cells: &[String], verdict: &str) {
    let padded = cells.iter().zip(WIDTHS);
    let padded = padded.map(|(cell, width)| format!("{cell:<width$}"));
    println!("{} {verdict}", padded.collect::<Vec<_>>().join(" "));
}

fn main() {
    let only = std::env::args().skip(1).find(|word| word != "--bench");
    let only = only.unwrap_or_default();
    println!("{PACKETS} packets a row; set / measured; latencies are milliseconds more than set");
    print(&HEADS.map(str::to_owned), "verdict");
    let mut differing = 0;
    for (row, case) in (0..).zip(&CASES) {
        let settings = case.settings();
        // Frames matter to all wires alike.
        let wires = if case.is_threaded {
            &WIRES[..]
        } else {
            &WIRES[..1]
        };
        for (column, wire) in (0..).zip(wires) {
            if !format!("{}, {}", case.name, wire.name).contains(&only) {
                continue;
            }
            for attempt in 0..2 {
                let seed = 1 + attempt * 1000 + row * 10 + column;
                let run = hosts::play(case, settings, wire, seed);
                let figures = figures::row(&run, &settings, case.is_threaded);
                let mut cells = vec![case.name.to_owned(), wire.name.to_owned()];
                cells.extend(figures.cells);
                let faults = figures.faults.join(", ");
                match (faults.is_empty(), attempt) {
                    (true, _) => {
                        print(&cells, &format!("as set{}", figures.note));
                        break;
                    }
                    (false, 0) => print(&cells, &format!("{faults}? once more:")),
                    (false, _) => {
                        print(&cells, &format!("DIFFERS: {faults}"));
                        differing += 1;
                    }
                }
            }
        }
    }
    match differing {
        0 => println!("all rows are as set"),
        _ => {
            println!("{differing} rows differ");
            std::process::exit(1);
        }
    }
}

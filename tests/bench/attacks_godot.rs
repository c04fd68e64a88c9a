//! `cargo xtask bench attacks-godot`: what attacks cost a running Godot server with Godot's class and with ours,
//! without the network thread and with it.
//!
//! The server runs at 60 frames a second with 32 slots. The attacker is this program, with sockets at
//! 127.0.0.2 and up. Honest clients are Godots with Godot's own class at 127.0.0.1, except where the server
//! encrypts. Every attack is bounded in datagrams and in time.
//!
//! `cargo xtask soak` is in [`soak`].

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

#[path = "attacks_godot/blind.rs"]
mod blind;
#[path = "attacks_godot/encrypted.rs"]
mod encrypted;
#[path = "attacks_godot/flood.rs"]
mod flood;
#[path = "attacks_godot/forger.rs"]
mod forger;
#[path = "attacks_godot/joining.rs"]
mod joining;
#[path = "attacks_godot/memory.rs"]
mod memory;
#[path = "attacks_godot/process.rs"]
mod process;
#[path = "attacks_godot/soak.rs"]
mod soak;
#[path = "attacks_godot/tokens.rs"]
mod tokens;
#[path = "attacks_godot/tunnel.rs"]
mod tunnel;
#[path = "attacks_godot/wire.rs"]
mod wire;

use process::{SUBJECTS, Subject, variable};

/// What an attack did to a server: in words, and as figures for the file.
pub struct Cell {
    text: String,
    figures: Vec<(&'static str, f64)>,
}

impl Cell {
    fn new(text: String, figures: &[(&'static str, f64)]) -> Self {
        Self {
            text,
            figures: figures.to_vec(),
        }
    }

    /// The class cannot be asked.
    fn none() -> Self {
        Self::new("-".to_owned(), &[])
    }
}

type Played = Result<Cell, String>;
type Attack = fn(Subject) -> Played;

/// By the numbers of the table in docs/security.md.
const ATTACKS: [(&str, &str, Attack); 26] = [
    (
        "1",
        "overlapping early fragments: memory",
        memory::fragments,
    ),
    ("1", "the same with zstd: memory", memory::packed_fragments),
    (
        "1",
        "the same by a server, to a client: memory",
        memory::fragments_to_client,
    ),
    (
        "2",
        "DTLS: encrypted Certificates of 16 MiB: frame",
        encrypted::certificates,
    ),
    (
        "3",
        "DTLS: 400 handshakes/s of one address: joins",
        encrypted::handshakes,
    ),
    ("4", "no attack: joins of 20", joining::calm),
    (
        "4",
        "50 CONNECTs/s of many addresses: joins of 20",
        joining::slow_flood,
    ),
    (
        "4",
        "200 CONNECTs/s of many addresses: joins of 20",
        joining::fast_flood,
    ),
    (
        "5",
        "one socket asks for 32 slots: joins of 5",
        joining::all_slots,
    ),
    ("6", "no flood: honest echo", flood::calm),
    ("6", "a client's flood of tiny packets", flood::plain),
    ("6", "the same with zlib", flood::packed),
    (
        "6",
        "empty packets in a frame of 12 s",
        flood::while_loading,
    ),
    (
        "7",
        "blind completion for a forged address",
        blind::completion,
    ),
    (
        "8",
        "a receiver that acknowledges little: memory",
        memory::deaf_receiver,
    ),
    (
        "8",
        "the same behind Godot 3's relay: memory",
        memory::deaf_receiver_behind_relay,
    ),
    (
        "9",
        "forged DISCONNECTs until one is believed",
        blind::disconnects,
    ),
    ("9", "forged packets until one is believed", blind::data),
    ("10", "client with one channel, 6 s: log", blind::log),
    ("10", "3,000 undecodable datagrams: log", blind::undecodable),
    ("11", "next token from two tokens", tokens::predict),
    (
        "12",
        "CONNECT and DISCONNECT: bytes kept per pair",
        memory::pairs,
    ),
    ("13", "compressed pings: bytes out per byte", blind::pings),
    ("14", "DTLS: hello with a session id", encrypted::session_id),
    (
        "14",
        "DTLS: a second hello ends the session",
        encrypted::second_hello,
    ),
    (
        "14",
        "DTLS: a second session ends the first",
        encrypted::second_session,
    ),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "soak") {
        std::process::exit(soak::run(&words[1..]));
    }
    let only = words.first().filter(|word| !word.starts_with("--"));
    let begun = Instant::now();
    let mut rows = Vec::new();
    println!(
        "{:<4}{:<50}{:<62}{:<62}ours threaded",
        "#", "attack", "stock", "ours"
    );
    for (number, name, attack) in ATTACKS {
        // A number is a row's, and no part of a name.
        let is_chosen = |only: &String| match only.parse::<u32>() {
            Ok(_) => number == only,
            Err(_) => name.contains(only.as_str()),
        };
        if only.is_some_and(|only| !is_chosen(only)) {
            continue;
        }
        let mut cells = Vec::new();
        for subject in SUBJECTS {
            // An attack that cannot be played is a result too, and the others go on.
            cells.push(attack(subject).unwrap_or_else(|cause| {
                Cell::new(format!("not played: {}", first_line(&cause)), &[])
            }));
        }
        let [stock, ours, threaded] = &cells[..] else {
            unreachable!("three subjects");
        };
        println!(
            "{number:<4}{name:<50}{:<62}{:<62}{}",
            stock.text, ours.text, threaded.text
        );
        rows.push(json_row(number, name, &cells));
    }
    let text = format!("[\n{}\n]\n", rows.join(",\n"));
    let place = PathBuf::from(variable("ENET_BENCH_FIGURES"));
    match std::fs::write(&place, text) {
        Ok(()) => println!("figures: {}", place.display()),
        Err(error) => println!("figures are not written: {error}"),
    }
    println!("took {} s", begun.elapsed().as_secs());
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn json_row(number: &str, name: &str, cells: &[Cell]) -> String {
    let mut row = format!("{{\"number\": {number}, \"attack\": \"{name}\"");
    for (subject, cell) in SUBJECTS.iter().zip(cells) {
        let text = cell.text.replace(['"', '\\'], "'");
        let _ = write!(row, ", \"{}\": {{\"text\": \"{text}\"", subject.name());
        // A time that there is not, such as that of the joins of nobody, is left out.
        for (name, value) in cell.figures.iter().filter(|(_, value)| value.is_finite()) {
            let _ = write!(row, ", \"{name}\": {value:.3}");
        }
        row.push('}');
    }
    row.push('}');
    row
}

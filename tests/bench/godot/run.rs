//! One run: a server and its clients.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::cases::{Case, Clients, PACKETS_PER_SECOND};

/// A run that takes longer is considered hung.
const LIMIT: Duration = Duration::from_secs(120);

/// The figures that the server and the clients print, by name.
pub type Figures = HashMap<String, f64>;

/// A process that is killed when this value is dropped.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // These calls fail if the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a case on a Godot with one of the classes.
pub fn godot(class: &OsStr, case: &Case, is_threaded: bool) -> Figures {
    let mut server = Command::new(variable("GODOT"));
    server
        .args(["--headless", "--path"])
        .arg(variable("ENET_BENCH_PROJECT"))
        .args(["--script", "res://bench.gd", "--"])
        .arg(class)
        .args([
            case.kind.to_owned(),
            format!("clients={}", case.clients),
            format!("size={}", case.size),
            format!("packets={}", case.packets),
            format!("ticks_per_second={}", case.ticks_per_second),
            format!("seconds={}", case.seconds),
            format!("threaded={}", u8::from(is_threaded)),
        ]);
    let (rate, kind) = match case.doing {
        Clients::Join => (0, "join"),
        Clients::Listen => (0, "talk"),
        Clients::Talk => (PACKETS_PER_SECOND, "talk"),
        Clients::Relay => (PACKETS_PER_SECOND, "relay"),
    };
    pair(&mut server, |port| {
        let (clients, rate) = (case.clients.to_string(), rate.to_string());
        ["load", port, &clients, &rate, kind]
            .map(str::to_owned)
            .to_vec()
    })
}

/// Runs a server, which prints its port and its result, and, until the result arrives, this program as
/// the clients, with the arguments that `clients` returns.
pub fn pair(server: &mut Command, clients: impl FnOnce(&str) -> Vec<String>) -> Figures {
    let server = server.stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut server = Owned(server.spawn().expect("the server starts"));
    let output = server.0.stdout.take().expect("piped");
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let wait_for = |word: &str| loop {
        let line = lines.recv_timeout(LIMIT);
        let line = line.unwrap_or_else(|_| panic!("the server ended or hung before its {word}"));
        if let Some(rest) = line.strip_prefix(word) {
            return rest.trim().to_owned();
        }
    };
    let port = wait_for("@port");
    let mut load = Owned(
        Command::new(std::env::current_exe().expect("a path"))
            .args(clients(&port))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the clients start"),
    );
    let mut result = wait_for("@result");
    // The clients end with their input.
    drop(load.0.stdin.take());
    let mut output = load.0.stdout.take().expect("piped");
    result.push(' ');
    output.read_to_string(&mut result).expect("text");
    let figures = result.split_whitespace().map(|figure| {
        let (name, value) = figure.split_once('=').expect("name=value");
        (name.to_owned(), value.parse().expect("a number"))
    });
    figures.collect()
}

/// An environment variable that `cargo xtask bench godot` sets.
pub fn variable(name: &str) -> OsString {
    std::env::var_os(name).unwrap_or_else(|| panic!("{name} is set by cargo xtask bench godot"))
}

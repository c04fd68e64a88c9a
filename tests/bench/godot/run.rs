//! One run of one class: a headless Godot as the server, and its clients.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::Case;

/// A run that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// A process that ends with its owner.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The figures that the server prints, by name.
pub fn run(class: &OsStr, case: &Case, seconds: f64) -> HashMap<String, f64> {
    let mut server = Owned(
        Command::new(variable("GODOT"))
            .args(["--headless", "--path"])
            .arg(variable("ENET_BENCH_PROJECT"))
            .args(["--script", "res://bench.gd", "--"])
            .arg(class)
            .arg(case.kind)
            .args([
                case.clients.to_string(),
                case.size.to_string(),
                seconds.to_string(),
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("Godot starts"),
    );
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
        let line = lines.recv_timeout(LIMIT).expect("the server tells");
        if let Some(rest) = line.strip_prefix(word) {
            return rest.trim().to_owned();
        }
    };
    let port = wait_for("@port");
    let rate = if case.is_busy {
        super::PACKETS_PER_SECOND
    } else {
        0
    };
    let mut load = Owned(
        Command::new(std::env::current_exe().expect("a path"))
            .args(["load", &port, &case.clients.to_string(), &rate.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the clients start"),
    );
    let mut result = wait_for("@result");
    // They end with their input.
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

/// What the command that runs this benchmark sets.
pub fn variable(name: &str) -> OsString {
    std::env::var_os(name).unwrap_or_else(|| panic!("{name} is set by cargo xtask bench godot"))
}

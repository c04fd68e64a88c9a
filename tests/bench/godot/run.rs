//! One run: the measured process, and the one at the other end.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::cases::{Case, Clients, PACKETS_PER_SECOND};
use super::load;

/// A run that takes longer is considered hung.
const LIMIT: Duration = Duration::from_secs(120);

/// The figures that the server and the clients print, by name.
pub type Figures = HashMap<String, f64>;

/// The class that is measured, and how.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub class: &'a OsStr,
    pub is_threaded: bool,
    /// The number of rounds before this one.
    pub round: usize,
}

/// A process that prints lines. It is killed when this value is dropped.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    limit: Duration,
}

impl Process {
    /// Starts a process. It ends with its input, or by itself.
    pub fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the process starts");
        let output = child.stdout.take().expect("piped");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            lines,
            limit: LIMIT,
        }
    }

    /// The system's number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets the process take this much longer.
    pub fn allow(&mut self, time: Duration) {
        self.limit += time;
    }

    /// The rest of the next line that begins with this word.
    pub fn wait_for(&self, word: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(self.limit);
            let line = line.unwrap_or_else(|_| panic!("a process ended or hung before its {word}"));
            if let Some(cause) = line.strip_prefix("@failure") {
                panic!("{}", cause.trim());
            }
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().to_owned();
            }
        }
    }

    /// The figures of the process's result.
    pub fn result(&self) -> Figures {
        let figures = self.wait_for("@result");
        let figures = figures.split_whitespace().map(|figure| {
            let (name, value) = figure.split_once('=').expect("name=value");
            (name.to_owned(), value.parse().expect("a number"))
        });
        figures.collect()
    }

    /// Closes the process's input.
    pub fn close_input(&mut self) {
        drop(self.child.stdin.take());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // These calls fail if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The arguments of a headless Godot that runs a script of the test project on a class with these words.
pub fn script_words(name: &str, class: &OsStr, words: &[String]) -> Vec<OsString> {
    let mut list: Vec<OsString> = vec!["--headless".into(), "--path".into()];
    list.push(variable("ENET_BENCH_PROJECT"));
    list.extend(["--script".into(), format!("res://{name}").into()]);
    list.extend(["--".into(), class.to_owned()]);
    list.extend(words.iter().map(OsString::from));
    list
}

/// The command of a Godot.
pub fn godot(words: &[OsString]) -> Command {
    let mut command = Command::new(variable("GODOT"));
    command.args(words);
    command
}

/// Runs a case on a server with one of the classes, with the load process as its clients.
pub fn server(case: &Case, subject: &Subject<'_>) -> Figures {
    let words = [
        case.kind.to_owned(),
        format!("clients={}", case.clients),
        format!("size={}", case.size),
        format!("packets={}", case.packets),
        format!("ticks_per_second={}", case.ticks_per_second),
        format!("seconds={}", case.seconds),
        format!("threaded={}", u8::from(subject.is_threaded)),
    ];
    let mut server = godot(&script_words("bench.gd", subject.class, &words));
    let (rate, kind) = match case.doing {
        Clients::Join => (0, "join"),
        Clients::Listen => (0, "talk"),
        Clients::Talk | Clients::Play => (PACKETS_PER_SECOND, "talk"),
        Clients::Relay => (PACKETS_PER_SECOND, "relay"),
    };
    pair(&mut server, |port| {
        load::words(port, case.clients, rate, kind)
    })
}

/// Starts this program with other arguments.
pub fn this_program(words: &[String]) -> Process {
    let program = std::env::current_exe().expect("a path");
    Process::start(Command::new(program).args(words))
}

/// Runs a server, which prints its port and its result, and, until the result arrives, this program as
/// the clients, with the arguments that `clients` returns.
pub fn pair(server: &mut Command, clients: impl FnOnce(&str) -> Vec<String>) -> Figures {
    let server = Process::start(server);
    let port = server.wait_for("@port");
    let mut load = this_program(&clients(&port));
    let mut figures = server.result();
    load.close_input();
    figures.extend(load.result());
    figures
}

/// An environment variable that `cargo xtask bench godot` sets.
pub fn variable(name: &str) -> OsString {
    std::env::var_os(name).unwrap_or_else(|| panic!("{name} is set by cargo xtask bench godot"))
}

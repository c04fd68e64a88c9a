//! Headless Godots that are attacked or that are honest: started, watched through /proc, killed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A process that says nothing for longer is considered hung.
const LIMIT: Duration = Duration::from_secs(60);
/// Lines of the errors that are shown when a process fails.
const SHOWN_ERRORS: usize = 12;

pub type Figures = HashMap<String, f64>;

/// Who is attacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Stock,
    Ours,
    Threaded,
}

pub const SUBJECTS: [Subject; 3] = [Subject::Stock, Subject::Ours, Subject::Threaded];

impl Subject {
    pub fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Ours => "ours",
            Self::Threaded => "ours threaded",
        }
    }

    pub fn is_ours(self) -> bool {
        self != Self::Stock
    }

    pub fn class(self) -> OsString {
        variable(match self {
            Self::Stock => "ENET_BENCH_STOCK",
            _ => "ENET_BENCH_CLASS",
        })
    }
}

/// An environment variable that `cargo xtask` sets.
pub fn variable(name: &str) -> OsString {
    std::env::var_os(name).unwrap_or_else(|| panic!("{name} is set by cargo xtask"))
}

/// A figure of a process, read from /proc.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sizes {
    pub resident_kib: u64,
    pub files: u64,
    pub threads: u64,
}

pub struct Process {
    child: Child,
    lines: Receiver<String>,
    /// What the process says once a second, with the time of arrival.
    seconds: Arc<Mutex<Vec<(Instant, Figures)>>>,
    log_count: Arc<AtomicU64>,
    errors: Arc<Mutex<Vec<String>>>,
}

fn figures(line: &str) -> Figures {
    let pairs = line.split_whitespace().filter_map(|word| {
        let (name, value) = word.split_once('=')?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    pairs.collect()
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the process starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let complaints = BufReader::new(child.stderr.take().expect("piped"));
        let (sender, lines) = mpsc::channel();
        let seconds = Arc::<Mutex<Vec<_>>>::default();
        let log_count = Arc::new(AtomicU64::new(0));
        let errors = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&seconds);
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(rest) = line.strip_prefix("@second") {
                    kept.lock()
                        .expect("no panic")
                        .push((Instant::now(), figures(rest)));
                } else if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let (count, texts) = (Arc::clone(&log_count), Arc::clone(&errors));
        thread::spawn(move || {
            for line in complaints.lines().map_while(Result::ok) {
                // An error of Godot's is several lines, with where it was printed.
                let is_first = line.contains("ERROR:") || line.contains("WARNING:");
                count.fetch_add(u64::from(is_first), Ordering::Relaxed);
                let mut texts = texts.lock().expect("no panic");
                if texts.len() < SHOWN_ERRORS {
                    texts.push(line);
                }
            }
        });
        Self {
            child,
            lines,
            seconds,
            log_count,
            errors,
        }
    }

    /// The rest of the next line that begins with this word.
    pub fn wait_for(&self, word: &str) -> Result<String, String> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                let errors = self.errors.lock().expect("no panic").join("\n");
                return Err(format!("a process ended before its {word}\n{errors}"));
            };
            if let Some(cause) = line.strip_prefix("@failure") {
                return Err(cause.trim().to_owned());
            }
            if let Some(rest) = line.strip_prefix(word) {
                return Ok(rest.trim().to_owned());
            }
        }
    }

    pub fn result(&self) -> Result<Figures, String> {
        Ok(figures(&self.wait_for("@result")?))
    }

    /// What the process said since.
    pub fn since(&self, begin: Instant) -> Vec<Figures> {
        let seconds = self.seconds.lock().expect("no panic");
        let since = seconds.iter().filter(|(at, _)| *at >= begin);
        since.map(|(_, figures)| figures.clone()).collect()
    }

    /// The newest value of a figure that the process says once a second.
    pub fn latest(&self, name: &str) -> f64 {
        let seconds = self.seconds.lock().expect("no panic");
        let last = seconds
            .last()
            .and_then(|(_, figures)| figures.get(name).copied());
        last.unwrap_or(0.0)
    }

    /// Errors and warnings that were logged so far.
    pub fn logged(&self) -> u64 {
        self.log_count.load(Ordering::Relaxed)
    }

    pub fn sizes(&self) -> Sizes {
        let folder = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let word = line.and_then(|rest| rest.split_whitespace().next());
            word.and_then(|word| word.parse().ok()).unwrap_or(0)
        };
        let files = fs::read_dir(format!("{folder}/fd")).map_or(0, |list| list.count() as u64);
        Sizes {
            resident_kib: number("VmRSS:"),
            files,
            threads: number("Threads:"),
        }
    }

    pub fn resident_mib(&self) -> f64 {
        self.sizes().resident_kib as f64 / 1024.0
    }

    /// Whether the process runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // These calls fail if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn script(name: &str, class: OsString, words: &[String]) -> Command {
    let mut command = Command::new(variable("GODOT"));
    command
        .args(["--headless", "--path"])
        .arg(variable("ENET_BENCH_PROJECT"))
        .args(["--script", &format!("res://{name}"), "--"])
        .arg(class)
        .args(words);
    command
}

/// The server under attack, with its port.
pub struct Server {
    pub process: Process,
    pub port: u16,
}

impl Server {
    pub fn start(subject: Subject, words: &[&str]) -> Result<Self, String> {
        let mut all: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        all.push(format!(
            "threaded={}",
            u8::from(subject == Subject::Threaded)
        ));
        let process = Process::start(&mut script("bench_attacks.gd", subject.class(), &all));
        let port = process.wait_for("@port")?;
        let port = port.parse().map_err(|_| format!("port {port}"))?;
        // The first frames of a process are slow.
        thread::sleep(Duration::from_millis(1200));
        Ok(Self { process, port })
    }
}

/// An honest client: of the stock class, unless encryption is needed.
pub fn honest(class: OsString, port: u16, words: &[String]) -> Process {
    let mut all = words.to_vec();
    all.push(format!("port={port}"));
    Process::start(&mut script("bench_honest.gd", class, &all))
}

/// A server of stock Godot 3 that relays, if there is a Godot 3.
pub fn godot3_server() -> Result<Server, String> {
    let godot = variable("GODOT3");
    if godot.is_empty() {
        return Err("no Godot 3".to_owned());
    }
    let port = std::net::UdpSocket::bind(("127.0.0.1", 0))
        .and_then(|socket| socket.local_addr())
        .map_err(|error| error.to_string())?
        .port();
    let mut command = Command::new(godot);
    command
        .arg("--path")
        .arg(variable("ENET_BENCH_GODOT3_PROJECT"))
        .args(["--script", "relay.gd", &port.to_string()]);
    let process = Process::start(&mut command);
    process.wait_for("@ready")?;
    thread::sleep(Duration::from_millis(500));
    Ok(Server { process, port })
}

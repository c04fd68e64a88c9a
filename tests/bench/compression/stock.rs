//! Stock's codecs, in separate programs that read commands line by line.
//!
//! The programs are timed from outside, by the CPU time that they use from a command to its answer. The
//! time of an empty pass over the datagrams has to be subtracted.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use super::subject::Packed;
use super::{Mode, Set};

/// The passes in one measurement: some 20 milliseconds for the slowest codec, and enough for the fastest.
const PASSES: [u32; 5] = [1, 1, 10, 1, 2];

/// The program that has the codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    C,
    Godot,
}

/// The tasks of a program.
#[derive(Debug, Clone, Copy)]
pub enum Task {
    Pack,
    /// An empty pass over the datagrams.
    Plain,
    /// Decompresses the datagrams that `prepare` compressed.
    Unpack,
    /// An empty pass over the datagrams that `prepare` compressed.
    PlainUnpack,
}

impl Task {
    fn name(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Plain => "plain",
            Self::Unpack => "unpack",
            Self::PlainUnpack => "plain_unpack",
        }
    }
}

pub struct Stock {
    c: Process,
    godot: Process,
}

impl Stock {
    /// Starts both programs with all sets.
    pub fn start(sets: &[Set]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compression");
        fs::create_dir_all(&folder).expect("a folder for the datagrams");
        let files: Vec<PathBuf> = (0..sets.len())
            .map(|number| folder.join(number.to_string()))
            .collect();
        for (set, file) in sets.iter().zip(&files) {
            let mut bytes = Vec::new();
            for datagram in &set.datagrams {
                bytes.extend((datagram.len() as u16).to_le_bytes());
                bytes.extend(datagram);
            }
            fs::write(file, bytes).expect("the datagrams are written");
        }
        let named = |name| std::env::var_os(name).unwrap_or_else(|| panic!("{name} names it"));
        let mut c = Command::new(named("ENET_C_CODECS"));
        c.args(&files).stdout(Stdio::piped());
        let mut godot = Command::new(named("GODOT"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/compression/stock.gd");
        godot
            // A folder without a project.
            .current_dir(&folder)
            .args(["--headless", "--script"])
            .arg(script)
            .arg("--")
            .args(&files)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Self {
            c: Process::start(&mut c),
            godot: Process::start(&mut godot),
        }
    }

    fn of(&mut self, mode: &Mode) -> &mut Process {
        match mode.program {
            Program::C => &mut self.c,
            Program::Godot => &mut self.godot,
        }
    }

    /// Compresses a set once and keeps the result for `unpack`.
    pub fn prepare(&mut self, mode: &Mode, set: usize) -> Packed {
        let line = format!("prepare {} {set} 1", mode.number);
        let answer = self.of(mode).ask(&line).0;
        let mut numbers = answer.split_whitespace().map(|word| {
            let number = word.parse::<u64>();
            number.unwrap_or_else(|_| panic!("{}: {answer}", mode.name))
        });
        Packed {
            bytes: numbers.next().expect("bytes") as usize,
            hash: numbers.next(),
        }
    }

    /// Returns the nanoseconds that a task takes for a set.
    pub fn time(&mut self, mode: &Mode, set: usize, task: Task) -> f64 {
        let passes = PASSES[mode.number];
        let line = format!("{} {} {set} {passes}", task.name(), mode.number);
        let time = self.of(mode).ask(&line).1;
        time.as_nanos() as f64 / f64::from(passes)
    }
}

struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<Box<dyn Read>>,
}

impl Process {
    /// Starts a program, which answers on the one output stream that is a pipe.
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let input = child.stdin.take().expect("piped");
        let output: Box<dyn Read> = match (child.stdout.take(), child.stderr.take()) {
            (Some(output), _) => Box::new(output),
            (None, Some(errors)) => Box::new(errors),
            (None, None) => panic!("no stream is a pipe"),
        };
        let mut process = Self {
            child,
            input,
            output: BufReader::new(output),
        };
        process.answer();
        process
    }

    /// Sends a command; returns the answer and the CPU time until it arrived.
    fn ask(&mut self, line: &str) -> (String, Duration) {
        let begun = cpu_time(self.child.id());
        writeln!(self.input, "{line}").expect("it listens");
        let answer = self.answer();
        (answer, cpu_time(self.child.id()) - begun)
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let size = self.output.read_line(&mut line).expect("an answer");
            assert!(size > 0, "the program has ended");
            if let Some(answer) = line.strip_prefix("ok") {
                return answer.trim().to_owned();
            }
            eprint!("{line}");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // These calls fail if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The CPU time of a process.
#[cfg(target_os = "linux")]
fn cpu_time(process: u32) -> Duration {
    use nix::time::{clock_getcpuclockid, clock_gettime};
    use nix::unistd::Pid;

    let clock = clock_getcpuclockid(Pid::from_raw(process as i32));
    let time = clock.and_then(clock_gettime).expect("it runs");
    time.into()
}

/// The wall-clock time, on systems without the CPU time of another process. Nothing else should run
/// meanwhile.
#[cfg(not(target_os = "linux"))]
fn cpu_time(_process: u32) -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

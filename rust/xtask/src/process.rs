//! Running programs under a watchdog and keeping their output.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The program exited with this status.
    Exit(i32),
    /// The program crashed, or a signal ended it.
    Crash,
    /// The watchdog killed it.
    Hung,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(status) => write!(f, "exit status {status}"),
            Self::Crash => write!(f, "crashed"),
            Self::Hung => write!(f, "hung, killed by the watchdog"),
        }
    }
}

/// A finished program.
#[derive(Debug)]
pub struct Run {
    /// How the program ended.
    pub ending: Ending,
    /// The lines of both output streams, in the order of their arrival.
    pub output: String,
}

impl Run {
    /// The last lines of the output, indented.
    pub fn tail(&self, count: usize) -> String {
        last_lines(&self.output, count)
    }
}

fn last_lines(output: &str, count: usize) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let tail = &lines[lines.len().saturating_sub(count)..];
    tail.iter().map(|line| format!("    {line}\n")).collect()
}

/// A program that is running.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    output: String,
    deadline: Instant,
    name: String,
}

/// Starts a program, which is killed after `limit`.
pub fn start(command: &mut Command, limit: Duration) -> Outcome<Running> {
    let name = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    own_group(command);
    let mut child = command
        .spawn()
        .map_err(|error| format!("could not start {name}: {error}"))?;
    let (sender, lines) = mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as _),
        child.stderr.take().map(|stream| Box::new(stream) as _),
    ];
    for stream in streams.into_iter().flatten() {
        let sender = sender.clone();
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            // A read error means the same as the end of the stream: the program is gone.
            while let Ok(1..) = stream.read_until(b'\n', &mut line) {
                let text = String::from_utf8_lossy(&line).into_owned();
                if sender.send(text).is_err() {
                    return;
                }
                line.clear();
            }
        });
    }
    Ok(Running {
        child,
        lines,
        output: String::new(),
        deadline: Instant::now() + limit,
        name,
    })
}

/// Runs a program to its end, or kills it after `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Outcome<Run> {
    start(command, limit)?.finish()
}

impl Running {
    /// Waits until a line of output contains `text`. False if the program ends or the time limit
    /// passes first.
    pub fn wait_for(&mut self, text: &str) -> bool {
        self.wait_for_line(text).is_some()
    }

    /// As [`Running::wait_for`]; returns the line.
    pub fn wait_for_line(&mut self, text: &str) -> Option<String> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.output.push_str(&line);
                    if line.contains(text) {
                        return Some(line);
                    }
                }
                Err(_) => return None,
            }
        }
    }

    /// The last lines of the output that was waited for, indented.
    pub fn said(&self, count: usize) -> String {
        last_lines(&self.output, count)
    }

    /// Asks the program to end (SIGTERM).
    pub fn terminate(&self) -> Outcome<()> {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            _ => Err(format!("{} could not be asked to end", self.name)),
        }
    }

    /// Waits for the program's end.
    pub fn finish(mut self) -> Outcome<Run> {
        let status = loop {
            self.take_lines();
            let status = self
                .child
                .try_wait()
                .map_err(|error| format!("could not wait for {}: {error}", self.name))?;
            if status.is_some() || Instant::now() >= self.deadline {
                break status;
            }
            thread::sleep(Duration::from_millis(20));
        };
        if status.is_none() {
            self.kill();
        }
        // The streams end with the program, unless a grandchild holds them open.
        let end = Instant::now() + Duration::from_secs(2);
        while let Ok(line) = self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            self.output.push_str(&line);
        }
        Ok(Run {
            ending: status.map_or(Ending::Hung, ending),
            output: std::mem::take(&mut self.output),
        })
    }

    fn take_lines(&mut self) {
        while let Ok(line) = self.lines.try_recv() {
            self.output.push_str(&line);
        }
    }

    fn kill(&mut self) {
        // These calls fail only if the process has ended already. Killing the whole group also ends
        // the children that a test started.
        #[cfg(unix)]
        let _ = Command::new("kill")
            .args(["-KILL", "--", &format!("-{}", self.child.id())])
            .stderr(Stdio::null())
            .status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.kill();
        }
    }
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}

fn ending(status: ExitStatus) -> Ending {
    match status.code() {
        // A shell reports the signal that ended a program as 128 plus its number.
        Some(code) if code < 128 => Ending::Exit(code),
        _ => Ending::Crash,
    }
}

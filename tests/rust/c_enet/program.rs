//! The program around the C library; `tests/c/peer.c` documents its commands.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Time limit for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// One running program with one ENet host.
pub struct Program {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

/// Whether the program exists. If not, prints a message, or panics if the tests are required.
pub fn is_there() -> bool {
    let is_there = std::env::var_os("ENET_C_PEER").is_some();
    assert!(
        is_there || std::env::var_os("REQUIRE_C_ENET").is_none(),
        "ENET_C_PEER names no program, but REQUIRE_C_ENET is set"
    );
    if !is_there {
        // The test harness would capture the output of the print macros.
        let _ = writeln!(
            io::stderr(),
            "LEFT OUT {}: ENET_C_PEER names no program (`cargo xtask test --rust` makes it)",
            thread::current().name().unwrap_or("a test")
        );
    }
    is_there
}

impl Program {
    /// Starts the program.
    pub fn start() -> Self {
        let path = std::env::var_os("ENET_C_PEER").expect("is_there() was asked before");
        let mut child = Command::new(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, answers) = mpsc::channel();
        // A separate reader thread, so that neither side ever blocks on a full pipe.
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            input,
            answers,
        }
    }

    /// Gives a command without waiting for its answer.
    pub fn order(&mut self, command: &str) {
        let written = self.input.write_all(format!("{command}\n").as_bytes());
        written.unwrap_or_else(|error| panic!("the C program takes no command: {error}"));
    }

    /// Gives a command and returns the text after "ok", or the program's error.
    pub fn ask(&mut self, command: &str) -> Result<String, String> {
        self.order(command);
        let answer = match self.answers.recv_timeout(PATIENCE) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => panic!("no answer to {command}"),
            Err(RecvTimeoutError::Disconnected) => self.died(),
        };
        match answer.split_once(' ').unwrap_or((&answer, "")) {
            ("ok", rest) => Ok(rest.to_owned()),
            _ => Err(answer),
        }
    }

    /// The next line of an answer, if it has arrived.
    pub fn line(&mut self) -> Option<String> {
        match self.answers.try_recv() {
            Ok(line) => Some(line),
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => self.died(),
        }
    }

    fn died(&mut self) -> ! {
        panic!("the C program ended: {:?}", self.child.wait());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may be in the middle of a command whose answer is no longer needed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! The program `openssl`, which creates certificates and acts as one end of a session.

use std::fs;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// Time limit for anything the program does, also on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Whether the program exists. If not, prints a message, or panics if the tests are required.
pub fn is_there() -> bool {
    let version = Command::new("openssl").arg("version").output();
    // LibreSSL's program has the same name but other options.
    let is_there = version.is_ok_and(|it| it.stdout.starts_with(b"OpenSSL"));
    assert!(
        is_there || std::env::var_os("REQUIRE_OPENSSL").is_none(),
        "there is no program openssl, but REQUIRE_OPENSSL is set"
    );
    if !is_there {
        // The test harness would capture the output of the print macros.
        let _ = writeln!(
            io::stderr(),
            "LEFT OUT {}: there is no program openssl",
            thread::current().name().unwrap_or("a test")
        );
    }
    is_there
}

/// The folder of one test, removed on drop.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let name = format!("openssl-{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    /// The content of a file in the folder.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).expect(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).expect(file);
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new("openssl");
        command
            .args(arguments.split_whitespace())
            .current_dir(&self.0);
        command
    }

    /// Runs the program to its end. `arguments` are as in a shell, but without quotes.
    pub fn run(&self, arguments: &str) {
        let done = self.command(arguments).output().expect("openssl starts");
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "openssl {arguments}: {errors}");
    }

    /// Starts the program as one end of a session.
    pub fn start(&self, arguments: &str) -> End {
        End::start(self.command(arguments))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover folder below the target folder does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running `s_client` or `s_server`, which sends its input and prints what it receives.
pub struct End {
    child: Child,
    input: Option<ChildStdin>,
    output: Stream,
    errors: Stream,
}

impl End {
    fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("openssl starts");
        Self {
            input: child.stdin.take(),
            output: Stream::of(child.stdout.take().expect("a pipe")),
            errors: Stream::of(child.stderr.take().expect("a pipe")),
            child,
        }
    }

    pub fn write(&mut self, text: &str) {
        let input = self.input.as_mut().expect("not closed");
        input.write_all(text.as_bytes()).expect("openssl reads");
    }

    /// Closes the program's input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// The program's output so far.
    pub fn output(&mut self) -> &str {
        self.output.take_in()
    }

    /// The program's errors and other messages so far.
    pub fn errors(&mut self) -> &str {
        self.errors.take_in()
    }

    /// The program's exit status, if it has ended.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// The address of a server that chose its port itself. Waits until the server listens.
    pub fn address(&mut self) -> SocketAddr {
        loop {
            let told = self.output().split_once("ACCEPT ");
            if let Some((address, _)) = told.and_then(|(_, rest)| rest.split_once('\n')) {
                return address.parse().expect("an address");
            }
            let part = self.output.parts.recv_timeout(PATIENCE);
            let part = part.unwrap_or_else(|_| panic!("does not listen: {}", self.errors()));
            self.output.append(&part);
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        // The program may still be running, but its work is no longer needed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Output read by a thread of its own, so that neither process ever blocks on a full pipe.
struct Stream {
    parts: Receiver<Vec<u8>>,
    text: String,
}

impl Stream {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let (sender, parts) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(size @ 1..) = pipe.read(&mut buffer) {
                if sender.send(buffer[..size].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            parts,
            text: String::new(),
        }
    }

    fn take_in(&mut self) -> &str {
        while let Ok(part) = self.parts.try_recv() {
            self.append(&part);
        }
        &self.text
    }

    fn append(&mut self, part: &[u8]) {
        self.text.push_str(str::from_utf8(part).expect("ASCII"));
    }
}

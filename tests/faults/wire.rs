//! Two network namespaces with a pair of interfaces between them. This needs Linux, root and the program `ip`.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::cases::{End, Path};

pub const HOST_ADDRESS: &str = "10.77.0.1";
const JOIN_ADDRESS: &str = "10.77.0.2";
/// The prefix of the namespaces' names, followed by the id of the process that made them.
const PREFIX: &str = "enet-faults-";
const INTERFACE: &str = "wire";
/// The size of the interface's queue, larger than a socket's send buffer.
const QUEUE: &str = "1mb";

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Why there is no wire.
pub enum Refusal {
    /// This machine, or this user, has no network namespaces, or the kernel lacks the queue.
    Unsupported(String),
    Failed(String),
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// Two namespaces, which are deleted with this value.
pub struct Wire {
    host: String,
    join: String,
}

impl Wire {
    /// Makes the namespaces, or says why it cannot.
    pub fn new(path: Path) -> Result<Self, Refusal> {
        let name = format!(
            "{PREFIX}{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let wire = Self {
            host: format!("{name}h"),
            join: format!("{name}j"),
        };
        for namespace in [&wire.host, &wire.join] {
            ip(&["netns", "add", namespace]).map_err(Refusal::Unsupported)?;
        }
        let mtu = match path {
            Path::Wire { mtu } => mtu,
            _ => 1500,
        };
        // The interfaces are made inside of the namespaces, where they cannot collide with others.
        ip(&[
            "-n", &wire.host, "link", "add", INTERFACE, "type", "veth", "peer", "name", INTERFACE,
            "netns", &wire.join,
        ])?;
        for (namespace, address) in [(&wire.host, HOST_ADDRESS), (&wire.join, JOIN_ADDRESS)] {
            let address = format!("{address}/24");
            ip(&[
                "-n", namespace, "address", "add", &address, "dev", INTERFACE,
            ])?;
            let mtu = mtu.to_string();
            ip(&["-n", namespace, "link", "set", INTERFACE, "mtu", &mtu, "up"])?;
            ip(&["-n", namespace, "link", "set", "lo", "up"])?;
        }
        if let Path::SlowWire { kilobits } = path {
            let rate = format!("{kilobits}kbit");
            let mut tc = Command::new("tc");
            tc.args(["-n", &wire.host, "qdisc", "add", "dev", INTERFACE])
                .args(["root", "tbf", "rate", &rate, "burst", "4kb", "limit", QUEUE]);
            run(&mut tc).map_err(Refusal::Unsupported)?;
        }
        Ok(wire)
    }

    /// A command that runs a program in the namespace of this end.
    pub fn command(&self, end: End, program: &std::ffi::OsStr) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", self.namespace(end)])
            .arg(program);
        command
    }

    pub fn set_up(&self, end: End, is_up: bool) -> Result<(), String> {
        let state = if is_up { "up" } else { "down" };
        ip(&["-n", self.namespace(end), "link", "set", INTERFACE, state])
    }

    /// Adds or deletes a route of this type to the other end.
    pub fn set_refused(&self, end: End, kind: &str, is_refused: bool) -> Result<(), String> {
        let other = match end {
            End::Host => JOIN_ADDRESS,
            End::Join => HOST_ADDRESS,
        };
        let verb = if is_refused { "add" } else { "delete" };
        ip(&["-n", self.namespace(end), "route", verb, kind, other])
    }

    /// Has the system end the UDP sockets of this end, as Android does to an app whose network or rights change: the next
    /// call fails with ECONNABORTED, and a socket whose port the system chose then has another.
    pub fn destroy_sockets(&self, end: End) -> Result<(), Refusal> {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", self.namespace(end)]).args([
            "ss",
            "--kill",
            "--udp",
            "--all",
            "--numeric",
            "--no-header",
        ]);
        let unsupported = |why: String| Refusal::Unsupported(format!("ss --kill: {why}"));
        let output = command
            .output()
            .map_err(|error| unsupported(error.to_string()))?;
        // It lists those that it ended. A kernel may lack the call.
        match output.stdout.is_empty() {
            true => Err(unsupported(
                String::from_utf8_lossy(&output.stderr).into_owned(),
            )),
            false => Ok(()),
        }
    }

    fn namespace(&self, end: End) -> &str {
        match end {
            End::Host => &self.host,
            End::Join => &self.join,
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for namespace in [&self.host, &self.join] {
            // A namespace that could not be made cannot be deleted.
            let _ = ip(&["netns", "delete", namespace]);
        }
    }
}

/// Deletes the namespaces of processes that are gone: a run that was killed leaves its own.
pub fn sweep() {
    let Ok(entries) = std::fs::read_dir("/run/netns") else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('-'));
        if owner.is_some_and(|(id, _)| !std::path::Path::new("/proc").join(id).exists()) {
            // Another run may have deleted it meanwhile.
            let _ = ip(&["netns", "delete", &name]);
        }
    }
}

fn ip(words: &[&str]) -> Result<(), String> {
    run(Command::new("ip").args(words))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let words: Vec<_> = command
        .get_args()
        .map(|word| word.to_string_lossy())
        .collect();
    Err(format!(
        "{} {}: {}",
        command.get_program().display(),
        words.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}

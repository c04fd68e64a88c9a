//! The system calls of a frame, counted by strace. A traced process is slow, so its times are not used.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::run;

const TRACER: &str = "strace";
/// The script looks at files of these names, which do not exist, around each measurement.
const BEGIN: &str = "bench-mark-begin";
const END: &str = "bench-mark-end";
/// The end of a call that the trace shows on two lines, and lines that are no calls.
const NO_CALLS: [&str; 3] = ["resumed>", "+++", "---"];

/// A trace of a process and its threads, which is deleted when this value is dropped.
pub struct Trace {
    file: PathBuf,
}

impl Trace {
    /// None if the system has no strace.
    pub fn new() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let mut folders = std::env::split_paths(&path);
        folders
            .any(|folder| folder.join(TRACER).is_file())
            .then(|| {
                static TRACES: AtomicU32 = AtomicU32::new(0);
                let number = TRACES.fetch_add(1, Ordering::Relaxed);
                let name = format!("enet-bench-{}-{number}.strace", std::process::id());
                Self {
                    file: std::env::temp_dir().join(name),
                }
            })
    }

    /// The command of a Godot with these arguments that is traced.
    pub fn command(&self, words: &[OsString]) -> Command {
        let mut command = Command::new(TRACER);
        command.args(["-f", "-qq", "-o"]).arg(&self.file);
        command.arg(run::variable("GODOT")).args(words);
        command
    }

    /// The calls of a frame with a peer, less those of the frame before and after it, from the numbers of
    /// frames of the three measurements.
    pub fn calls(&self, frames: [f64; 3]) -> f64 {
        let text = fs::read(&self.file).expect("strace wrote its trace");
        let text = String::from_utf8_lossy(&text);
        let mut counts = Vec::new();
        let mut count = None;
        for line in text.lines() {
            if line.contains(BEGIN) {
                count = Some(0_u32);
            } else if line.contains(END) {
                counts.extend(count.take());
            } else if let Some(count) = &mut count
                && !NO_CALLS.iter().any(|mark| line.contains(mark))
            {
                *count += 1;
            }
        }
        let [before, with_peer, after] = counts[..] else {
            panic!("the trace has {} measurements, not 3", counts.len());
        };
        let share = |count: u32, frames: f64| f64::from(count) / frames;
        share(with_peer, frames[1])
            - f64::midpoint(share(before, frames[0]), share(after, frames[2]))
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        // The file is missing if strace did not start.
        let _ = fs::remove_file(&self.file);
    }
}

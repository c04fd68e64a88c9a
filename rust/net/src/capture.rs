//! Captures of the datagrams of hosts, for Wireshark: files in the format pcapng, written by a thread of their own.
//!
//! The sockets' sides copy datagrams into a bounded queue ([`queue`]); the thread makes packets of IP of them
//! ([`headers`], [`local`]), and blocks of the format ([`pcapng`]), and writes them ([`writer`]). What the queue has no room for is
//! left out and counted, also in the file.
//!
//! A capture is bounded in size: where it reaches half of that, its file becomes the older one, which replaces the one before,
//! and a new one begins. Each file can be read by itself.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;

use crate::Host;
use crate::driver::{Form, SinkId};
use crate::sync::lock;

mod headers;
mod local;
mod pcapng;
mod queue;
mod writer;

pub use pcapng::Counts as CaptureCounts;
pub use writer::{MIN_BYTES as MIN_CAPTURE_BYTES, older as older_capture};

use queue::{Inlet, NewInterface, Queue};
use writer::Writer;

/// How to capture.
#[derive(Debug, Clone)]
pub struct CaptureOptions {
    /// The file. An existing one is replaced.
    pub path: PathBuf,
    /// How far the datagrams are decoded.
    pub form: Form,
    /// Most bytes of both files together, at least twice [`MIN_CAPTURE_BYTES`].
    pub max_bytes: u64,
    /// Most bytes of a datagram that are kept, without the headers of IP and UDP.
    pub snap_length: usize,
    /// The program, for the file.
    pub application: String,
    /// Anything else, for the file.
    pub comment: String,
}

/// A capture that goes on until it is dropped. The file is complete then.
#[derive(Debug)]
pub struct Capture {
    queue: Arc<Queue>,
    running: Arc<Running>,
    form: Form,
    snap_length: usize,
    sinks: Vec<SinkId>,
}

impl Capture {
    /// Creates the file and starts the thread. Nothing is captured before [`Capture::listen`].
    ///
    /// # Errors
    /// The file cannot be created, or the system gave no thread.
    pub fn start(options: CaptureOptions) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let (form, snap_length) = (options.form, options.snap_length);
        let writer = Writer::create(options, Arc::clone(&queue))?;
        let thread = std::thread::Builder::new().name("enet capture".to_owned());
        let running = Arc::new(Running {
            queue: Arc::clone(&queue),
            thread: Mutex::new(Some(thread.spawn(|| writer.run())?)),
        });
        let mut all = lock(&RUNNING);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&running));
        drop(all);
        Ok(Self {
            queue,
            running,
            form,
            snap_length,
            sinks: Vec::new(),
        })
    }

    /// Captures what a host sends and receives from now on, as one more interface.
    ///
    /// # Errors
    /// The system does not tell the address of the socket.
    pub fn listen(&mut self, host: &mut Host, name: &str, description: &str) -> io::Result<()> {
        let interface = self.queue.add_interface(NewInterface {
            name: name.to_owned(),
            description: description.to_owned(),
            bound: host.local_address()?,
        });
        let inlet = Inlet {
            queue: Arc::clone(&self.queue),
            interface,
            snap_length: self.snap_length,
        };
        self.sinks.push(host.add_sink(self.form, Box::new(inlet)));
        Ok(())
    }

    /// Captures nothing more of a host.
    pub fn leave(&mut self, host: &mut Host) {
        for &sink in &self.sinks {
            host.remove_sink(sink);
        }
    }

    /// Whether it goes on. It ends by itself if the file cannot be written.
    pub fn is_running(&self) -> bool {
        !self.queue.is_closed()
    }

    /// The counts of all hosts so far.
    pub fn counts(&self) -> CaptureCounts {
        self.queue.counts()
    }

    /// Ends it. The file is complete then.
    ///
    /// # Errors
    /// The file could not be written, at the end or before.
    pub fn finish(self) -> io::Result<()> {
        self.running.end()
    }
}

/// The thread of a capture.
#[derive(Debug)]
struct Running {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

/// All captures that go on.
static RUNNING: Mutex<Vec<Weak<Running>>> = Mutex::new(Vec::new());

impl Running {
    /// Has the thread write the rest, and waits for it. Nothing is left to do for a second call.
    fn end(&self) -> io::Result<()> {
        let Some(thread) = lock(&self.thread).take() else {
            return Ok(());
        };
        self.queue.end();
        let ended = thread.join();
        ended.unwrap_or_else(|_| Err(io::Error::other("the thread that writes panicked")))
    }
}

/// Ends all captures: no thread may go on when the library is unloaded, also where an object is never freed.
pub fn stop_all() {
    end_all(std::mem::take(&mut *lock(&RUNNING)));
}

fn end_all(running: Vec<Weak<Running>>) {
    for capture in running.iter().filter_map(Weak::upgrade) {
        // There is nobody left to tell.
        let _ = capture.end();
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // Who wants to know calls `finish`.
        let _ = self.running.end();
    }
}

#[cfg(test)]
mod tests;

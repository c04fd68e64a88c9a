//! The files of a capture, and the thread that writes them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::local::Local;
use super::pcapng::{self, Counts, Packet};
use super::queue::{Batch, Entry, NewInterface, Queue};
use super::{CaptureOptions, headers};
use crate::driver::Direction;

/// The longest time that a datagram waits before it is written.
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes that are written at once.
const CHUNK: usize = 256 * 1024;
/// Least bytes of a file: a datagram of the largest size, and the blocks that begin and end a file.
pub const MIN_BYTES: u64 = 64 * 1024;

/// Writes what waits in a queue.
pub struct Writer {
    queue: Arc<Queue>,
    options: CaptureOptions,
    /// The size at which a file ends and the next one begins.
    limit: u64,
    /// `None` between two files.
    file: Option<File>,
    /// Bytes of whole blocks in the file.
    written: u64,
    has_packets: bool,
    /// Blocks that are not in the file yet.
    buffer: Vec<u8>,
    packet: Vec<u8>,
    interfaces: Vec<(NewInterface, Local)>,
    counts: Vec<Counts>,
    began: (Instant, SystemTime),
}

impl Writer {
    /// Creates the file.
    pub fn create(options: CaptureOptions, queue: Arc<Queue>) -> io::Result<Self> {
        let file = create(&options.path)?;
        // It would look like the beginning of this capture.
        match fs::remove_file(older(&options.path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut writer = Self {
            queue,
            limit: options.max_bytes / 2,
            options,
            file: Some(file),
            written: 0,
            has_packets: false,
            buffer: Vec::new(),
            packet: Vec::new(),
            interfaces: Vec::new(),
            counts: Vec::new(),
            began: (Instant::now(), SystemTime::now()),
        };
        writer.begin_section();
        writer.flush()?;
        Ok(writer)
    }

    /// Writes until the capture ends.
    pub fn run(mut self) -> io::Result<()> {
        let written = self.write_all();
        self.queue.close();
        if written.is_err() {
            // A reader would stumble over the half of a block. It is the error that counts.
            let _ = self.file.map(|file| file.set_len(self.written));
        }
        written
    }

    fn write_all(&mut self) -> io::Result<()> {
        let mut batch = Batch::default();
        while !batch.is_last {
            batch.clear();
            self.queue.take(PAUSE, &mut batch);
            self.write(&batch)?;
        }
        self.end_section();
        self.flush()
    }

    fn write(&mut self, batch: &Batch) -> io::Result<()> {
        for interface in &batch.interfaces {
            self.describe(interface);
            let local = Local::new(interface.bound);
            self.interfaces.push((interface.clone(), local));
        }
        self.counts.clone_from(&batch.counts);
        for (entry, bytes) in batch.iter() {
            if self.is_full(bytes.len()) {
                self.begin_file()?;
            }
            self.add(entry, bytes);
            self.has_packets = true;
            if self.buffer.len() >= CHUNK {
                self.flush()?;
            }
        }
        self.flush()
    }

    /// Whether the file has no room for one more datagram. An empty file takes it anyway.
    fn is_full(&self, bytes: usize) -> bool {
        let packet = bytes + headers::MAX_SIZE + pcapng::PACKET_OVERHEAD;
        let end = self.interfaces.len() * pcapng::STATISTICS_SIZE;
        let more = (self.buffer.len() + packet + end) as u64;
        self.has_packets && self.written + more > self.limit
    }

    fn add(&mut self, entry: &Entry, bytes: &[u8]) {
        let remote = SocketAddr::new(entry.remote.ip().to_canonical(), entry.remote.port());
        let (_, local) = &mut self.interfaces[entry.interface as usize];
        let local = local.toward(remote);
        let is_inbound = entry.direction == Direction::In;
        let (from, to) = match is_inbound {
            true => (remote, local),
            false => (local, remote),
        };
        self.packet.clear();
        let header = headers::packet(&mut self.packet, from, to, bytes, entry.size);
        let packet = Packet {
            interface: entry.interface,
            time: self.nanoseconds(entry.time),
            is_inbound,
            bytes: &self.packet,
            size: header + entry.size,
        };
        pcapng::packet(&mut self.buffer, &packet);
    }

    /// The time of day, which does not jump if the clock is set during the capture.
    fn nanoseconds(&self, time: Instant) -> u64 {
        let (instant, day) = self.began;
        let since = day.duration_since(UNIX_EPOCH).unwrap_or_default();
        // A datagram may be read while the capture begins.
        let earlier = instant.saturating_duration_since(time);
        let now = (since + time.saturating_duration_since(instant)).saturating_sub(earlier);
        now.as_nanos() as u64
    }

    /// Ends the file, which becomes the older one, and begins the next.
    fn begin_file(&mut self) -> io::Result<()> {
        self.end_section();
        self.flush()?;
        let path = &self.options.path;
        // Windows does not rename an open file.
        self.file = None;
        fs::rename(path, older(path))?;
        self.file = Some(create(path)?);
        self.written = 0;
        self.has_packets = false;
        self.begin_section();
        self.flush()
    }

    fn begin_section(&mut self) {
        let options = &self.options;
        pcapng::section(&mut self.buffer, &options.application, &options.comment);
        let interfaces = std::mem::take(&mut self.interfaces);
        for (interface, _) in &interfaces {
            self.describe(interface);
        }
        self.interfaces = interfaces;
    }

    fn describe(&mut self, interface: &NewInterface) {
        let NewInterface {
            name, description, ..
        } = interface;
        let snap_length = match self.options.snap_length {
            usize::MAX => 0,
            kept => (kept + headers::MAX_SIZE).try_into().unwrap_or(0),
        };
        pcapng::interface(&mut self.buffer, name, description, snap_length);
    }

    fn end_section(&mut self) {
        let now = self.nanoseconds(Instant::now());
        let counts = self.counts.iter().zip(0..).take(self.interfaces.len());
        for (counts, interface) in counts {
            pcapng::statistics(&mut self.buffer, interface, now, *counts);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(&self.buffer)?;
        }
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

/// Creates a file, or empties it, unless another capture writes it: instances of a game share their folder.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    // A decrypted capture holds what players wrote: other users of the machine do not read it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
        // Opening it would wait for a reader.
        if fs::metadata(path).is_ok_and(|known| known.file_type().is_fifo()) {
            return Err(io::Error::other("it is a pipe"));
        }
        options.mode(0o600);
    }
    // A lock would keep others from reading there.
    #[cfg(windows)]
    {
        const FILE_SHARE_READ: u32 = 1;
        std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, FILE_SHARE_READ);
    }
    let file = options.open(path)?;
    // File systems without locks can be written, too.
    #[cfg(not(windows))]
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        return Err(io::Error::other("another capture writes it"));
    }
    // Files that are no storage have no length.
    if file.metadata()?.len() > 0 {
        file.set_len(0)?;
    }
    Ok(file)
}

/// The path of the older file.
pub fn older(path: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".old");
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

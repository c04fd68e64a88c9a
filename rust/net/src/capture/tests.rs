//! Captures of a host's sink, without the host.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::*;
use crate::{BindAddress, Direction, Network, Sink, Tapped, Udp};
use enet_proto::{HostConfig, Time};

/// A folder that is removed with its content.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("enet_{name}_{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn options(path: &Path) -> CaptureOptions {
    CaptureOptions {
        path: path.to_owned(),
        form: Form::Wire,
        max_bytes: 2 * MIN_CAPTURE_BYTES,
        snap_length: usize::MAX,
        application: "a test".to_owned(),
        comment: String::new(),
    }
}

/// A capture with an interface, and what a host would put its datagrams into.
fn started(options: CaptureOptions) -> (Capture, Inlet) {
    let snap_length = options.snap_length;
    let capture = Capture::start(options).expect("the file is created");
    let interface = capture.queue.add_interface(NewInterface {
        name: "enet0".to_owned(),
        description: "a host".to_owned(),
        bound: ([10, 0, 0, 1], 7000).into(),
    });
    let queue = Arc::clone(&capture.queue);
    let inlet = Inlet {
        queue,
        interface,
        snap_length,
    };
    (capture, inlet)
}

fn put(inlet: &mut Inlet, number: u16, bytes: &[u8]) {
    inlet.take(&Tapped {
        time: Instant::now(),
        direction: Direction::Out,
        remote: SocketAddr::from(([10, 0, 0, 2], number)),
        bytes,
        wire_size: bytes.len(),
    });
}

/// The kinds of the blocks, and the ports of the packets' targets. Fails on a file that is not whole.
fn read(path: &Path) -> (Vec<u32>, Vec<u16>) {
    let bytes = fs::read(path).expect("a file");
    let (mut kinds, mut ports) = (Vec::new(), Vec::new());
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().expect("four"));
        kinds.push(word(0));
        if word(0) == 6 {
            ports.push(u16::from_be_bytes([rest[28 + 22], rest[28 + 23]]));
        }
        let size = word(4) as usize;
        assert_eq!(word(size - 4) as usize, size);
        rest = &rest[size..];
    }
    (kinds, ports)
}

#[test]
fn the_file_is_complete_at_the_end() {
    let folder = Folder::new("complete");
    let path = folder.0.join("a.pcapng");
    let (capture, mut inlet) = started(options(&path));
    assert!(capture.is_running());
    for number in 0..3 {
        put(&mut inlet, number, b"abc");
    }
    let counts = CaptureCounts {
        received: 3,
        dropped: 0,
    };
    assert_eq!(capture.counts(), counts);
    let queue = Arc::clone(&capture.queue);
    capture.finish().expect("written");
    assert_eq!(
        read(&path),
        (vec![0x0A0D_0D0A, 1, 6, 6, 6, 5], vec![0, 1, 2])
    );
    // A host that has not heard of the end.
    put(&mut inlet, 3, b"abc");
    assert_eq!(queue.counts(), counts);
}

#[test]
fn two_files_hold_the_latest_and_stay_within_the_bound() {
    const COUNT: u16 = 1000;
    let folder = Folder::new("ring");
    let path = folder.0.join("a.pcapng");
    let older = older_capture(&path);
    assert_eq!(older, folder.0.join("a.old.pcapng"));
    fs::write(&older, "of an earlier capture").expect("a file");
    let (capture, mut inlet) = started(options(&path));
    assert!(!older.exists());
    for number in 0..COUNT {
        put(&mut inlet, number, &[7; 1000]);
    }
    capture.finish().expect("written");
    let size = |path| fs::metadata(path).expect("a file").len();
    assert!(size(&path) + size(&older) <= 2 * MIN_CAPTURE_BYTES);
    let (mut kinds, mut ports) = read(&older);
    assert_eq!(kinds[..3], [0x0A0D_0D0A, 1, 6], "it can be read by itself");
    assert_eq!(kinds.pop(), Some(5));
    assert!(ports.len() > 50, "it is used well: {}", ports.len());
    let (kinds, newer) = read(&path);
    assert_eq!(kinds[..3], [0x0A0D_0D0A, 1, 6]);
    ports.extend(newer);
    let first = COUNT - ports.len() as u16;
    assert_eq!(ports, (first..COUNT).collect::<Vec<_>>());
}

#[test]
fn two_captures_do_not_write_one_file() {
    let folder = Folder::new("shared");
    let path = folder.0.join("a.pcapng");
    fs::write(&path, "of an earlier capture").expect("a file");
    let (capture, mut inlet) = started(options(&path));
    put(&mut inlet, 3, b"abc");
    assert!(Capture::start(options(&path)).is_err());
    capture.finish().expect("written");
    assert_eq!(read(&path).1, [3]);
    let next = Capture::start(options(&path)).expect("nobody writes it");
    next.finish().expect("written");
}

/// Objects may outlive the library.
#[test]
fn a_capture_that_nobody_ends_ends_with_the_library() {
    let folder = Folder::new("leaked");
    let path = folder.0.join("a.pcapng");
    let (capture, mut inlet) = started(options(&path));
    put(&mut inlet, 3, b"abc");
    let own = Arc::downgrade(&capture.running);
    let mut all = lock(&RUNNING).clone();
    all.retain(|running| running.ptr_eq(&own));
    assert_eq!(all.len(), 1);
    std::mem::forget(capture);
    end_all(all);
    assert_eq!(read(&path), (vec![0x0A0D_0D0A, 1, 6, 5], vec![3]));
    put(&mut inlet, 4, b"abc");
    assert_eq!(inlet.queue.counts().received, 1, "nothing is kept any more");
}

#[test]
fn a_datagram_is_cut_to_the_snap_length() {
    let folder = Folder::new("snap");
    let path = folder.0.join("a.pcapng");
    let short = CaptureOptions {
        snap_length: 10,
        ..options(&path)
    };
    let (capture, mut inlet) = started(short);
    put(&mut inlet, 1, &[7; 1000]);
    capture.finish().expect("written");
    let bytes = fs::read(&path).expect("a file");
    let has = |kept: &[u8]| bytes.windows(kept.len()).any(|part| part == kept);
    assert!(has(&[7; 10]) && !has(&[7; 11]));
    assert_eq!(read(&path).1, [1]);
}

#[test]
fn a_file_that_cannot_be_created_is_an_error() {
    let folder = Folder::new("none");
    let path = folder.0.join("missing").join("a.pcapng");
    assert!(Capture::start(options(&path)).is_err());
}

/// The next file cannot be created.
#[cfg(unix)]
#[test]
fn a_capture_that_cannot_go_on_ends_and_says_why() {
    let folder = Folder::new("gone");
    let path = folder.0.join("a.pcapng");
    let (capture, mut inlet) = started(options(&path));
    fs::remove_dir_all(&folder.0).expect("removed");
    for number in 0..1000 {
        put(&mut inlet, number, &[7; 1000]);
    }
    let begun = Instant::now();
    while capture.is_running() {
        assert!(begun.elapsed().as_secs() < 60, "it ends");
        std::thread::yield_now();
    }
    let error = capture.finish().expect_err("no folder");
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_host_is_captured_while_it_is_listened_to() {
    let folder = Folder::new("host");
    let path = folder.0.join("a.pcapng");
    let local = BindAddress::Ip([127, 0, 0, 1].into());
    let socket = Udp.bind(local, 0).expect("a socket");
    let mut host = Host::new(&HostConfig::new(1, 1, Time::ZERO), socket);
    let mut capture = Capture::start(options(&path)).expect("a file");
    let listening = capture.listen(&mut host, "enet0", "a host");
    listening.expect("an address");
    let to: SocketAddr = ([127, 0, 0, 1], host.local_port()).into();
    for byte in [1, 2] {
        let sent = host.send_raw(Time::ZERO, to, &[byte; 9]);
        sent.expect("sent");
        capture.leave(&mut host);
    }
    assert_eq!(capture.counts().received, 1);
    capture.finish().expect("written");
    assert_eq!(read(&path).1, [host.local_port()]);
}

#[cfg(unix)]
#[test]
fn others_on_the_machine_read_no_capture_and_a_pipe_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("private");
    let path = folder.0.join("a.pcapng");
    drop(started(options(&path)));
    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    let pipe = folder.0.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("a program").success());
    assert!(Capture::start(options(&pipe)).is_err());
}

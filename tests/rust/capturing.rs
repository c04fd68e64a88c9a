//! Captures of sessions: which hosts are in the file, and when it ends.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use enet_codec::Compression;
use enet_multiplayer::{
    CaptureError, CaptureSettings, DEFAULT_CAPTURE_BYTES, ServerOptions, TransferMode,
};
use sim::{NodeId, World};

use crate::mesh::linked_hosts;

/// A file that is removed in the end.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let name = format!("enet_capturing_{name}_{}.pcapng", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn settings(&self) -> CaptureSettings {
        CaptureSettings {
            path: self.0.clone(),
            decrypted: false,
            decompressed: false,
            max_bytes: DEFAULT_CAPTURE_BYTES,
            snap_length: 0,
            class: "Test",
            application: "a test".to_owned(),
            comment: String::new(),
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = fs::remove_file(&self.0);
    }
}

/// A datagram of a file: its interface, source, target and payload.
type Packet = (u32, SocketAddr, SocketAddr, Vec<u8>);

/// The number of interfaces, the datagrams, and whether the counts at the end are there.
fn read(path: &Path) -> (usize, Vec<Packet>, bool) {
    let bytes = fs::read(path).expect("a file");
    let (mut interfaces, mut packets, mut is_complete) = (0, Vec::new(), false);
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().expect("four"));
        match word(0) {
            1 => interfaces += 1,
            5 => is_complete = true,
            6 => {
                let packet = &rest[28..28 + word(20) as usize];
                let end = |ip: usize, port: usize| {
                    let ip: [u8; 4] = packet[ip..ip + 4].try_into().expect("four");
                    let port = u16::from_be_bytes([packet[port], packet[port + 1]]);
                    SocketAddr::new(Ipv4Addr::from(ip).into(), port)
                };
                packets.push((word(8), end(12, 20), end(16, 22), packet[28..].to_vec()));
            }
            _ => {}
        }
        rest = &rest[word(4) as usize..];
    }
    (interfaces, packets, is_complete)
}

fn without_interface(packets: Vec<Packet>) -> Vec<(SocketAddr, SocketAddr, Vec<u8>)> {
    let mut all: Vec<_> = packets
        .into_iter()
        .map(|(_, from, to, bytes)| (from, to, bytes))
        .collect();
    all.sort();
    all
}

fn start(world: &mut World, node: NodeId, file: &File) {
    let started = world[node].peer.start_capture(file.settings());
    started.expect("the file is created");
    assert!(world[node].peer.is_capturing());
}

#[test]
fn a_capture_lasts_from_before_the_host_until_the_session_closes() {
    let mut world = World::new(31);
    world.network.record();
    let file = File::new("session");
    let server = world.idle();
    start(&mut world, server, &file);
    let again = world[server].peer.start_capture(file.settings());
    assert!(matches!(again, Err(CaptureError::AlreadyRunning)));
    let now = world.now();
    let created = world[server]
        .peer
        .create_server(&ServerOptions::default(), now);
    created.expect("a server");
    assert!(world[server].peer.is_capturing(), "it waited for the host");
    let client = world.client(server);
    assert!(world.run_until(5000, |world| world[client].is_up()));
    world.run(200);
    let now = world.now();
    world[server].peer.close(now);
    assert!(!world[server].peer.is_capturing());
    let (interfaces, packets, is_complete) = read(&file.0);
    assert!(is_complete);
    assert_eq!(interfaces, 1);
    let mut recording = world.network.take_recording();
    recording.sort();
    assert_eq!(without_interface(packets), recording, "with the goodbye");

    // A later session is not captured.
    let created = world[server]
        .peer
        .create_server(&ServerOptions::default(), now);
    created.expect("a server");
    assert!(!world[server].peer.is_capturing());
    assert!(world[server].peer.take_capture_stopped().is_none());
}

#[test]
fn each_host_of_a_mesh_is_an_interface_until_it_leaves() {
    let mut world = World::new(32);
    let file = File::new("mesh");
    let nodes = [world.idle(), world.idle(), world.idle()];
    let ids = [11, 22, 33];
    let now = world.now();
    for (node, id) in nodes.into_iter().zip(ids) {
        let created = world[node].peer.create_mesh(id.into(), now);
        created.expect("a mesh");
    }
    let mut ports = Vec::new();
    let mut kept = Vec::new();
    for (index, id) in [(1, 22), (2, 33)] {
        let (one, other) = linked_hosts(&mut world);
        ports.push(one.borrow().local_port().expect("active"));
        kept.push(one.clone());
        let added = world[nodes[0]].peer.add_mesh_peer(id, one);
        added.expect("added");
        let added = world[nodes[index]].peer.add_mesh_peer(11, other);
        added.expect("added");
        if index == 1 {
            // The second host joins a capture that is running.
            start(&mut world, nodes[0], &file);
            world.network.record();
        }
    }
    world.run(100);
    world
        .send(nodes[0], 0, TransferMode::Reliable, 0, b"to both")
        .expect("sent");
    world.run(500);
    let is_known =
        |(_, from, to, _): &Packet| ports.contains(&from.port()) || ports.contains(&to.port());
    world[nodes[0]].peer.stop_capture();
    let (interfaces, packets, is_complete) = read(&file.0);
    assert!(is_complete);
    assert_eq!(interfaces, 2);
    assert!(packets.iter().all(is_known));
    for (interface, port) in (0..).zip(&ports) {
        let has_sent = |(of, from, _, bytes): &Packet| {
            let has_text = bytes.windows(7).any(|part| part == b"to both");
            *of == interface && from.port() == *port && has_text
        };
        assert!(packets.iter().any(has_sent), "{interface}");
    }

    // A host that leaves the mesh lives on, and is captured no more.
    start(&mut world, nodes[0], &file);
    let now = world.now();
    let left = world[nodes[0]].peer.disconnect_peer(22, true, now);
    left.expect("a peer");
    let before = world[nodes[0]].peer.capture_counts().received;
    for host in &kept[..1] {
        let mut host = host.borrow_mut();
        let to = ([10, 0, 0, 1], 9).into();
        let host = host.host().expect("it lives on");
        host.send_raw(now, to, b"more").expect("sent");
    }
    assert_eq!(world[nodes[0]].peer.capture_counts().received, before);
    world
        .send(nodes[0], 33, TransferMode::Reliable, 0, b"to one")
        .expect("sent");
    world.run(100);
    assert!(world[nodes[0]].peer.capture_counts().received > before);
}

#[test]
fn a_host_that_changes_its_codec_becomes_another_interface() {
    let mut world = World::new(33);
    let file = File::new("codec");
    let server = world.server(&ServerOptions::default());
    start(&mut world, server, &file);
    let host = world[server].peer.host().expect("a host");
    let chosen = host.borrow_mut().set_compression(Compression::Zlib);
    chosen.expect("a host");
    world.with_host(server, |host| {
        let to = ([10, 0, 0, 1], 9).into();
        let now = enet_proto::Time::ZERO;
        host.send_raw(now, to, b"once").expect("sent");
    });
    world[server].peer.stop_capture();
    let (interfaces, packets, _) = read(&file.0);
    assert_eq!(interfaces, 2);
    assert_eq!(packets.len(), 1, "it is captured once");
    assert_eq!(packets[0].0, 1);
    let text = fs::read(&file.0).expect("a file");
    for name in ["COMPRESS_NONE", "COMPRESS_ZLIB"] {
        let name = name.as_bytes();
        assert!(text.windows(name.len()).any(|part| part == name));
    }
}

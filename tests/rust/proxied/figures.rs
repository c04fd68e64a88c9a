//! Statistics, listeners and raw datagrams with a suffix.

use std::net::{Ipv4Addr, UdpSocket};
use std::rc::Rc;

use enet_multiplayer::{Connection, Status};
use enet_net::{Direction, Form, Udp};
use enet_proto::Time;

use super::{IDLE, LARGE, Setting, TOKENS, large, proxy, wait_until};
use crate::tapping::Ear;
use crate::threaded::{LIMIT, Node, now};

/// A capture for Wireshark shows the suffix where it shows the wire, and nowhere else.
#[test]
fn listeners_get_the_suffix_with_the_wire_only() {
    for is_encrypted in [false, true] {
        let setting = Setting {
            is_encrypted,
            ..Setting::default()
        };
        let nodes = [Node::server(setting)];
        let proxy = proxy(&nodes, IDLE);
        let [server] = nodes;
        let client = Node::client(2, TOKENS[0], &proxy, setting);
        let [wire, decrypted, plain] = [Form::Wire, Form::Decrypted, Form::Plain].map(|form| {
            let ear = Ear::default();
            let host = client.peer.host().expect("active");
            let mut host = host.borrow_mut();
            let host = host.host().expect("active");
            host.add_sink(form, Box::new(ear.clone()));
            ear
        });
        let mut nodes = [server, client];
        wait_until(&mut nodes, "they connect", |nodes| {
            !nodes[0].signals.is_empty()
        });
        nodes[1].put_reliably(1, &large(7));
        wait_until(&mut nodes, "it arrives", |nodes| {
            !nodes[0].packets.is_empty()
        });
        let has_suffix = |bytes: &Vec<u8>| bytes.ends_with(TOKENS[0]);
        let on_wire = wire.way(Direction::Out);
        assert!(on_wire.iter().all(has_suffix));
        let sizes = on_wire.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
        assert_eq!((on_wire.len() as u64, sizes), nodes[1].sent());
        for ear in [decrypted, plain] {
            let own = ear.way(Direction::Out);
            assert!(own.len() > 10 && !own.iter().any(has_suffix));
            let encryption = if is_encrypted { enet_dtls::OVERHEAD } else { 0 };
            for (_, _, bytes, wire_size) in
                (ear.heard().into_iter()).filter(|(way, ..)| *way == Direction::Out)
            {
                assert_eq!(wire_size, bytes.len() + encryption + TOKENS[0].len());
            }
        }
    }
}

/// The figures of a connection count the suffix as those of the host do.
#[test]
fn figures_of_a_peer_count_the_suffix() {
    let setting = Setting::default();
    let nodes = [Node::server(setting)];
    let proxy = proxy(&nodes, IDLE);
    let [server] = nodes;
    let client = Node::client(2, TOKENS[0], &proxy, setting);
    let mut nodes = [server, client];
    wait_until(&mut nodes, "they connect", |nodes| {
        nodes[1].peer.status() == Status::Connected
    });
    let of = |node: &Node| {
        let figures = node.peer.figures(now()).expect("active");
        let peer = figures.peers[0].1.traffic;
        (figures.host.traffic.bytes_out, peer.bytes_out)
    };
    let before = of(&nodes[1]);
    nodes[1].put_reliably(1, &large(7));
    wait_until(&mut nodes, "it arrives", |nodes| {
        !nodes[0].packets.is_empty()
    });
    let after = of(&nodes[1]);
    assert!(after.0 > before.0 + LARGE as u64);
    assert_eq!(after.0 - before.0, after.1 - before.1);
}

/// A datagram past ENet goes the same way.
#[test]
fn raw_datagrams_have_the_suffix() {
    let receiver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    receiver.set_read_timeout(Some(LIMIT)).expect("a timeout");
    let port = receiver.local_addr().expect("an address").port();
    let mut connection = Connection::new(Rc::new(Udp), 1);
    connection.set_suffix(TOKENS[0]).expect("inactive");
    let created = connection.create(&crate::connection::options(), now());
    created.expect("a host");
    let sent = connection.send_raw(now(), "127.0.0.1", port.into(), b"hello");
    sent.expect("sent");
    let mut buffer = [0; 64];
    let size = receiver.recv(&mut buffer).expect("it arrives");
    assert_eq!(buffer[..size], [b"hello", TOKENS[0]].concat());
    let traffic = connection
        .figures(now(), Time::ZERO)
        .expect("active")
        .host
        .traffic;
    assert_eq!((traffic.datagrams_out, traffic.bytes_out), (1, size as u64));
}

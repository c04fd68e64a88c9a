//! Peers on the system's UDP sockets.

use std::net::UdpSocket;
use std::thread::sleep;
use std::time::{Duration, Instant};

use enet_multiplayer::{ClientOptions, CreateError, Multiplayer, ServerOptions, Status};
use enet_net::{BindAddress, Udp};

fn peer(seed: u32) -> Multiplayer {
    Multiplayer::new(Box::new(Udp), seed)
}

fn server(address: BindAddress) -> (Multiplayer, i32) {
    let mut server = peer(1);
    server.set_bind_address(address);
    let created = server.create_server(&ServerOptions::default(), Duration::ZERO);
    created.expect("a server");
    let port = server.local_port().expect("a port");
    (server, port.into())
}

fn connects(server: &mut Multiplayer, address: &str, port: i32) -> bool {
    let mut client = peer(2);
    let options = ClientOptions {
        unique_id: 7,
        ..ClientOptions::new(address, port)
    };
    let clock = Instant::now();
    if client.create_client(&options, clock.elapsed()).is_err() {
        return false;
    }
    while clock.elapsed() < Duration::from_secs(2) && client.status() != Status::Connected {
        for peer in [&mut *server, &mut client] {
            peer.begin_poll(clock.elapsed()).expect("active");
            while let Some(notice) = peer.next_notice(clock.elapsed()) {
                peer.finish(notice, clock.elapsed());
            }
        }
        sleep(Duration::from_millis(1));
    }
    client.status() == Status::Connected
}

fn has_ipv6() -> bool {
    UdpSocket::bind(("::1", 0)).is_ok()
}

#[test]
fn the_wildcard_listens_on_both_families() {
    let addresses: &[&str] = if has_ipv6() {
        &["127.0.0.1", "localhost", "::1", "[::1]"]
    } else {
        &["127.0.0.1", "localhost"]
    };
    for address in addresses {
        let (mut server, port) = server(BindAddress::Any);
        assert!(connects(&mut server, address, port), "{address}");
    }
}

#[test]
fn a_specific_address_listens_only_on_itself() {
    let bind = BindAddress::parse("127.0.0.1").expect("an address");
    let (mut server, port) = server(bind);
    assert!(connects(&mut server, "127.0.0.1", port));
    if has_ipv6() {
        assert!(
            UdpSocket::bind(("::1", port as u16)).is_ok(),
            "the other family is free"
        );
    }
}

#[test]
fn bind_addresses_are_parsed() {
    assert_eq!(BindAddress::parse("*"), Some(BindAddress::Any));
    assert!(matches!(
        BindAddress::parse("::1"),
        Some(BindAddress::Ip(_))
    ));
    for nonsense in ["", "localhost", "1.2.3", "1.2.3.4:5", "**"] {
        assert_eq!(BindAddress::parse(nonsense), None, "{nonsense}");
    }
}

#[test]
fn a_port_in_use_is_reported() {
    let (_server, port) = server(BindAddress::Any);
    let options = ServerOptions {
        port,
        ..ServerOptions::default()
    };
    let error = peer(3).create_server(&options, Duration::ZERO);
    assert!(matches!(error, Err(CreateError::Bind { .. })));
}

#[test]
fn unresolvable_names_are_reported() {
    let options = ClientOptions {
        unique_id: 7,
        ..ClientOptions::new("no-such-host.invalid", 5000)
    };
    let error = peer(4).create_client(&options, Duration::ZERO);
    assert!(matches!(error, Err(CreateError::Resolve { .. })));
}

#[test]
fn datagrams_of_any_size_are_harmless() {
    let (mut server, port) = server(BindAddress::Any);
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    for size in [0, 1, 4, 5, 4096, 4097, 60_000] {
        let sent = stranger.send_to(&vec![0xFF; size], ("127.0.0.1", port as u16));
        assert_eq!(sent.ok(), Some(size));
    }
    assert!(connects(&mut server, "127.0.0.1", port));
    let host = server.host().expect("active");
    let totals = host.borrow_mut().host().expect("active").totals();
    assert_eq!(totals.dropped_datagrams, 5);
}

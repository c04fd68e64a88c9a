//! The proxy as a program, with a responder to QCMP pings: `test_proxy [SERVERS]`.
//!
//! Chooses ports and tokens by itself, and prints them as variables for the tests: a line `NAME=VALUE` for each, then an
//! empty line. Works until the end of its input, and prints what came by.

use std::error::Error;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use test_proxy::{Fault, Options, Proxy, Records, Responder, base64};

const TOKEN_SIZE: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let servers = std::env::args()
        .nth(1)
        .map_or(Ok(2), |text| text.parse::<u8>())?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // All at the same time, so that no port is found twice.
    let sockets: Vec<_> = (0..servers)
        .map(|_| UdpSocket::bind(any))
        .collect::<Result<_, _>>()?;
    let mut endpoints = Vec::new();
    for (number, socket) in sockets.iter().enumerate() {
        let mut token = *b"token of server ";
        token[TOKEN_SIZE - 1] = number as u8;
        endpoints.push((socket.local_addr()?, token.to_vec()));
    }
    drop(sockets);
    let texts: Vec<_> = (endpoints.iter())
        .map(|(address, token)| format!("{}={}", address.port(), base64(token)))
        .collect();
    let proxy = Proxy::start(Options {
        listen: any,
        token_size: TOKEN_SIZE,
        endpoints,
        idle: Duration::from_secs(60),
    })?;
    let near = Responder::start(any, Fault::default())?;
    let far = Responder::start(
        any,
        Fault {
            delay: Duration::from_millis(30),
            loses_each: 2,
            ..Fault::default()
        },
    )?;
    println!("ENET_TEST_PROXY={}", proxy.address());
    println!("ENET_TEST_PROXY_SERVERS={}", texts.join(","));
    println!("ENET_TEST_PROXY_QCMP={}", near.address());
    println!("ENET_TEST_PROXY_QCMP_FAR={}", far.address());
    println!();
    io::stdin().read_to_end(&mut Vec::new())?;
    let Records {
        datagrams,
        largest,
        largest_answer,
        too_short,
        unknown,
        sessions,
        ..
    } = proxy.records();
    println!("datagrams {datagrams}");
    println!("largest {largest}");
    println!("largest_answer {largest_answer}");
    println!("too_short {too_short}");
    println!("unknown {unknown}");
    println!("sessions {sessions}");
    Ok(())
}

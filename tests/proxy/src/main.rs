//! Runs a program beside the proxy: `test_proxy PROGRAM ARGUMENT...`. There are two servers, at ports that are free, a second
//! proxy at another address of this machine where the system has one, and two responders to QCMP pings.
//!
//! With `--serve` it is the proxy alone, see [`serve::run`].
//!
//! The program learns of them by the variables of [`variables`]. Ends with its status, or with 1 if a datagram was
//! larger than ENet's, after lines that tell what came by.

mod serve;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Command, ExitCode};
use std::time::Duration;

use test_proxy::{Fault, Options, Proxy, Records, Responder, base64};

const SERVERS: usize = 2;
const TOKEN_SIZE: usize = 16;
/// The largest datagram of Godot's ENet.
const MTU: usize = 1392;
/// Quilkin's.
const IDLE: Duration = Duration::from_secs(60);
/// An address for which a server's limits hold, other than 127.0.0.1.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().ok_or("test_proxy PROGRAM ARGUMENT...")?;
    if program == "--serve" {
        return serve::run(arguments);
    }
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let endpoints = endpoints(any)?;
    let start = |ip: Ipv4Addr| {
        Proxy::start(Options {
            listen: (ip, 0).into(),
            token_size: TOKEN_SIZE,
            endpoints: endpoints.clone(),
            idle: IDLE,
        })
    };
    let proxy = start(Ipv4Addr::LOCALHOST)?;
    // Not every system has more than one address of its own.
    let other = start(ELSEWHERE).ok();
    let near = Responder::start(any, Fault::default())?;
    let far = Responder::start(
        any,
        Fault {
            delay: Duration::from_millis(30),
            loses_each: 2,
            ..Fault::default()
        },
    )?;
    let mut command = Command::new(&program);
    command
        .args(arguments)
        .envs(variables(&proxy, other.as_ref(), &endpoints, [&near, &far]));
    let status = command.status()?;

    let mut has_run = status.success();
    for proxy in [Some(proxy), other].into_iter().flatten() {
        has_run &= tell(&proxy.records());
    }
    Ok(match has_run {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Free ports with tokens.
fn endpoints(any: SocketAddr) -> std::io::Result<Vec<(SocketAddr, Vec<u8>)>> {
    // All at the same time, so that no port is found twice.
    let sockets = (0..SERVERS).map(|_| UdpSocket::bind(any));
    let sockets = sockets.collect::<Result<Vec<_>, _>>()?;
    let tokens = (0..).map(|number| {
        let mut token = *b"token of server ";
        token[TOKEN_SIZE - 1] = number;
        token.to_vec()
    });
    let addresses = sockets.iter().map(UdpSocket::local_addr);
    addresses
        .zip(tokens)
        .map(|(address, token)| Ok((address?, token)))
        .collect()
}

/// The proxy, the one at another address or an empty text, the servers' ports with their tokens in Base64, and two
/// responders, of which the second is slow and loses half of the pings.
fn variables(
    proxy: &Proxy,
    other: Option<&Proxy>,
    endpoints: &[(SocketAddr, Vec<u8>)],
    responders: [&Responder; 2],
) -> [(&'static str, String); 4] {
    let servers = (endpoints.iter())
        .map(|(address, token)| format!("{}={}", address.port(), base64(token)))
        .collect::<Vec<_>>();
    [
        ("ENET_TEST_PROXY", proxy.address().to_string()),
        (
            "ENET_TEST_PROXY_OTHER",
            other.map_or_else(String::new, |other| other.address().to_string()),
        ),
        ("ENET_TEST_PROXY_SERVERS", servers.join(",")),
        (
            "ENET_TEST_PROXY_QCMP",
            responders.map(|it| it.address().to_string()).join(","),
        ),
    ]
}

/// Prints what came by. Whether no datagram was larger than ENet's.
fn tell(records: &Records) -> bool {
    let Records {
        datagrams,
        largest,
        largest_answer,
        too_short,
        unknown,
        sessions,
        ..
    } = records;
    println!(
        "proxy: {datagrams} datagrams of {sessions} sessions, the largest of {largest} bytes, of answers {largest_answer}; \
         dropped {unknown} with unknown tokens, {too_short} too short"
    );
    let fits = *largest <= MTU && *largest_answer <= MTU;
    if !fits {
        println!("proxy: a datagram was larger than {MTU} bytes");
    }
    fits
}

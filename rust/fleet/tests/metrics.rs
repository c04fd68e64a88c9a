//! A metrics server, asked over sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use enet_fleet::metrics::{Page, Server};

fn server(page: &Arc<Page>) -> Server {
    Server::bind("127.0.0.1:0".parse().unwrap(), Arc::clone(page)).unwrap()
}

fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const GET: &str = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn a_scrape_gets_what_the_game_writes_for_it() {
    let page = Arc::new(Page::default());
    let server = server(&page);
    let address = server.address();
    let scraper = std::thread::spawn(move || exchange(address, GET));
    while !page.is_wanted() {
        std::thread::sleep(Duration::from_millis(1));
    }
    page.publish("a 1\n".to_owned());
    let answer = scraper.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("\r\n\r\na 1\n# HELP enet_metrics_age_seconds "),
        "{answer}"
    );
}

#[test]
fn a_game_that_does_not_poll_is_seen_with_its_age() {
    let page = Arc::new(Page::default());
    let server = server(&page);
    page.publish("a 1\n".to_owned());
    std::thread::sleep(Duration::from_millis(100));
    let answer = exchange(server.address(), GET);
    let age = answer
        .lines()
        .last()
        .unwrap()
        .strip_prefix("enet_metrics_age_seconds ")
        .unwrap();
    assert!(age.parse::<f64>().unwrap() > 0.3, "{answer}");
    assert!(answer.contains("\na 1\n"));
}

#[test]
fn other_requests_are_refused() {
    let page = Arc::new(Page::default());
    let server = server(&page);
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n", "404"),
        ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
        ("\u{1}\u{2}\r\n\r\n", "400"),
        (
            &format!("GET /metrics HTTP/1.1\r\nA: {}\r\n\r\n", "a".repeat(40_000)),
            "400",
        ),
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        // The server may close the connection amid a long head.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() && request.len() > 1000 || answer[9..].starts_with(status),
            "{answer}"
        );
    }
}

#[test]
fn a_client_that_says_nothing_delays_others_for_moments_only() {
    let page = Arc::new(Page::default());
    let server = server(&page);
    let silent = TcpStream::connect(server.address()).unwrap();
    let begun = Instant::now();
    assert!(exchange(server.address(), GET).starts_with("HTTP/1.1 200"));
    assert!(begun.elapsed() < Duration::from_secs(20));
    drop(silent);
}

#[test]
fn the_port_is_free_when_the_server_has_ended() {
    let page = Arc::new(Page::default());
    let address = server(&page).address();
    let again = Server::bind(address, page).unwrap();
    assert_eq!(again.address(), address);
}

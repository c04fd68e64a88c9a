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
    page.publish(|| "a 1\n".to_owned());
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
    page.publish(|| "a 1\n".to_owned());
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
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer[9..].starts_with(status), "{answer}");
    }
}

#[test]
fn a_client_that_says_nothing_delays_others_for_moments_only() {
    let page = Arc::new(Page::default());
    let server = server(&page);
    let silent = TcpStream::connect(server.address()).unwrap();
    assert!(exchange(server.address(), GET).starts_with("HTTP/1.1 200"));
    drop(silent);
}

/// One thread that waited for each of these in turn would need minutes.
#[test]
fn many_clients_that_say_little_do_not_keep_a_scrape_waiting() {
    let page = Arc::new(Page::default());
    page.settle(|| "a 1\n".to_owned());
    let server = server(&page);
    let mut slow: Vec<_> = (0..200)
        .map(|_| TcpStream::connect(server.address()).unwrap())
        .collect();
    for stream in &mut slow {
        // The server may have closed it for newer ones.
        let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nX: ");
    }
    let begun = Instant::now();
    let answer = exchange(server.address(), GET);
    assert!(answer.contains("\r\n\r\na 1\n"), "{answer}");
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    // They end although they do nothing.
    for mut stream in slow {
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let ended = stream.read(&mut [0; 8]);
        let is_open = ended.as_ref().is_err_and(|error| {
            matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            )
        });
        assert!(!is_open, "{ended:?}");
    }
}

/// A client that does not read its answer loses it, and others get theirs meanwhile.
#[test]
fn a_client_that_does_not_read_holds_nobody_up() {
    let page = Arc::new(Page::default());
    page.settle(|| "a 1\n".repeat(4_000_000));
    let server = server(&page);
    let mut deaf = TcpStream::connect(server.address()).unwrap();
    deaf.write_all(GET.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    page.settle(|| "b 1\n".to_owned());
    assert!(exchange(server.address(), GET).contains("\r\n\r\nb 1\n"));
    let mut rest = Vec::new();
    std::thread::sleep(Duration::from_secs(3));
    let _ = deaf.read_to_end(&mut rest);
    assert!(rest.len() < 16_000_000, "{}", rest.len());
}

/// Connections that ask for nothing do not take the place of one whose answer is on its way.
#[test]
fn an_answer_is_finished_in_a_flood_of_connections() {
    let page = Arc::new(Page::default());
    // More than the system takes at once.
    page.settle(|| "a 1\n".repeat(4_000_000));
    let server = server(&page);
    let mut scraper = TcpStream::connect(server.address()).unwrap();
    scraper.write_all(GET.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let silent: Vec<_> = (0..64)
        .map(|_| TcpStream::connect(server.address()).unwrap())
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    let mut answer = Vec::new();
    scraper.read_to_end(&mut answer).unwrap();
    assert!(answer.len() > 16_000_000, "{}", answer.len());
    drop(silent);
}

/// However many scrapes come, the main thread is asked a few times a second only.
#[test]
fn a_flood_of_scrapes_costs_the_main_thread_little() {
    let page = Arc::new(Page::default());
    page.publish(String::new);
    let server = server(&page);
    let address = server.address();
    let begun = Instant::now();
    let scrapers: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(move || {
                let mut count = 0;
                while begun.elapsed() < Duration::from_secs(2) {
                    exchange(address, GET);
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut written = 0;
    while begun.elapsed() < Duration::from_secs(2) {
        if page.is_wanted() {
            page.publish(String::new);
            written += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let scrapes: u32 = scrapers.into_iter().map(|it| it.join().unwrap()).sum();
    assert!(
        written <= 11 && scrapes > written,
        "{scrapes} scrapes, written {written} times"
    );
}

/// The text is the work of the thread that sends it.
#[test]
fn the_game_does_not_write_the_text() {
    let page = Arc::new(Page::default());
    let server = server(&page);
    let here = std::thread::current().id();
    page.settle(move || format!("here {}\n", u8::from(std::thread::current().id() == here)));
    assert!(exchange(server.address(), GET).contains("\nhere 0\n"));
}

#[test]
fn figures_that_cannot_change_are_sent_at_once_and_are_not_old() {
    let page = Arc::new(Page::default());
    let server = server(&page);
    page.settle(|| "a 1\n".to_owned());
    std::thread::sleep(Duration::from_millis(50));
    let answer = exchange(server.address(), GET);
    assert!(
        answer.ends_with("\nenet_metrics_age_seconds 0\n"),
        "{answer}"
    );
    assert!(!page.is_wanted() || page.newest().is_some_and(|it| it.is_settled()));
}

#[test]
fn both_families_are_served_where_all_interfaces_are() {
    let page = Arc::new(Page::default());
    page.settle(|| "a 1\n".to_owned());
    let server = Server::bind("[::]:0".parse().unwrap(), page).unwrap();
    let port = server.address().port();
    let answer = exchange(SocketAddr::from(([127, 0, 0, 1], port)), GET);
    assert!(answer.contains("a 1\n"));
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let page = Arc::new(Page::default());
    let first = server(&page);
    for text in ["127.0.0.1", "[::]", "0.0.0.0"] {
        let address = format!("{text}:{}", first.address().port());
        let error = Server::bind(address.parse().unwrap(), Arc::clone(&page)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse, "{text}");
    }
}

#[test]
fn the_port_is_free_when_the_server_has_ended() {
    let page = Arc::new(Page::default());
    let address = server(&page).address();
    let again = Server::bind(address, page).unwrap();
    assert_eq!(again.address(), address);
}

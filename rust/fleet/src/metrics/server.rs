//! Answers scrapes over HTTP.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use httparse::Status;

use super::{Kind, Page, Text};
use crate::http::{Interrupt, MOST_FIELDS, MOST_HEAD, read};
use crate::threads::Thread;

/// A scrape gets its answer within this time, or none. The next one waits meanwhile: one thread serves all.
const TIMEOUT: Duration = Duration::from_secs(2);
/// For so long a scrape waits for the main thread's next poll.
const PATIENCE: Duration = Duration::from_millis(250);
/// After an error of the listening socket.
const PAUSE: Duration = Duration::from_millis(100);

/// A server of metrics. Dropping it closes its port.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    _thread: Thread,
}

impl Server {
    /// Listens on an address; port 0 takes any.
    pub fn bind(address: SocketAddr, page: Arc<Page>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let interrupt = Interrupt::with_wake(move || {
            // Nothing else ends the wait for a connection.
            let _ = TcpStream::connect_timeout(&local(address), TIMEOUT);
        });
        let run = move |interrupt: &Interrupt| {
            while !interrupt.is_raised() {
                match listener.accept() {
                    Ok((stream, _)) => {
                        // A scraper that breaks the connection harms nobody else.
                        let _ = interrupt.during(&stream, || serve(&stream, &page));
                    }
                    Err(_) => std::thread::sleep(PAUSE),
                }
            }
        };
        Ok(Self {
            address,
            _thread: Thread::spawn("metrics", interrupt, run)?,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// An address at which this machine reaches a listener of its own.
fn local(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn serve(mut stream: &TcpStream, page: &Page) -> std::io::Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let (status, body) = match asked(stream, deadline)? {
        Asked::Metrics => ("200 OK", metrics(page)),
        Asked::Else => ("404 Not Found", "The metrics are at /metrics.\n".to_owned()),
        Asked::BadMethod => (
            "405 Method Not Allowed",
            "Only GET is allowed.\n".to_owned(),
        ),
        Asked::Nonsense => ("400 Bad Request", "This is not HTTP.\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

enum Asked {
    Metrics,
    Else,
    BadMethod,
    Nonsense,
}

fn asked(stream: &TcpStream, deadline: Instant) -> std::io::Result<Asked> {
    let mut head = Vec::new();
    loop {
        let mut piece = [0; 1024];
        let length = read(stream, &mut piece, Some(deadline))?;
        head.extend_from_slice(&piece[..length]);
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(&head) {
            Ok(Status::Partial) if length > 0 && head.len() <= MOST_HEAD => {}
            Ok(Status::Partial) | Err(_) => return Ok(Asked::Nonsense),
            Ok(Status::Complete(_)) => {
                let path = request.path.unwrap_or_default();
                let path = path.split('?').next().unwrap_or_default();
                return Ok(match (request.method, path) {
                    (Some("GET"), "/metrics") => Asked::Metrics,
                    (Some("GET"), _) => Asked::Else,
                    _ => Asked::BadMethod,
                });
            }
        }
    }
}

fn metrics(page: &Page) -> String {
    let (mut body, age) = page.fetch(PATIENCE).unwrap_or_default();
    let mut own = Text::new();
    own.family(
        "enet_metrics_age_seconds",
        Kind::Gauge,
        "Time since the game wrote these metrics. It grows while the main thread does not poll.",
    );
    own.sample(&[], age.as_secs_f64());
    body.push_str(&own.finish());
    body
}

//! The connections of scrapers. One thread looks after all of them and waits for none, so a slow one does not hold up the
//! others. Their number, what each may send, and the time that each has are bounded.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::request::{Asked, asked};
use super::{Kind, Page, Text};

/// Connections at a time. A new one takes the place of the oldest that has not asked for anything.
const MOST_CONNECTIONS: usize = 16;
/// A connection ends after this time, whatever it does.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The same when the answer is sent: what the scraper still sends is read, because the answer may get lost otherwise.
const FAREWELL: Duration = Duration::from_millis(500);
/// For so long a scrape waits for the main thread's next poll. Then it gets former figures.
const PATIENCE: Duration = Duration::from_millis(400);
/// The main thread is asked for figures no more often, however many scrapes come.
const INTERVAL: Duration = Duration::from_millis(200);
/// Bytes that are read from a connection in a round.
const MOST_READ: usize = 16 * 1024;

/// Serves connections, a little of each in each round.
#[derive(Debug)]
pub struct Desk {
    page: Arc<Page>,
    clients: Vec<Client>,
    last_asked: Option<Instant>,
}

#[derive(Debug)]
struct Client {
    stream: TcpStream,
    end: Instant,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The head of the request, as far as it has arrived.
    Asks(Vec<u8>),
    /// For figures newer than those of this number, since this time.
    Waits(u64, Instant),
    /// What is left of the answer.
    Listens(Vec<u8>),
    /// The answer is sent.
    Leaves,
    Gone,
}

impl Desk {
    /// A desk without connections.
    pub fn new(page: Arc<Page>) -> Self {
        Self {
            page,
            clients: Vec::new(),
            last_asked: None,
        }
    }

    /// Whether there are no connections.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Takes new connections.
    pub fn accept(&mut self, listener: &TcpListener) {
        for _ in 0..MOST_CONNECTIONS {
            if self.clients.len() >= MOST_CONNECTIONS && !self.make_room() {
                return;
            }
            // Of an error, such as too many open files, the next round may know nothing.
            let Ok((stream, _)) = listener.accept() else {
                return;
            };
            if stream.set_nonblocking(true).is_ok() {
                let mut client = Client {
                    stream,
                    end: Instant::now() + TIMEOUT,
                    phase: Phase::Asks(Vec::new()),
                };
                // A scraper that has asked already is safe from those that follow it.
                client.read(&self.page);
                self.clients.push(client);
            }
        }
    }

    /// Lets a connection go: the oldest that has not asked for anything, or else that has its answer, or else that gets it.
    fn make_room(&mut self) -> bool {
        let claim = |phase: &Phase| match phase {
            Phase::Gone | Phase::Asks(_) => Some(0),
            Phase::Leaves => Some(1),
            Phase::Listens(_) => Some(2),
            Phase::Waits(..) => None,
        };
        let clients = self.clients.iter().enumerate();
        let oldest = clients
            .filter_map(|(index, client)| Some((claim(&client.phase)?, index)))
            .min();
        oldest
            .map(|(_, index)| self.clients.remove(index))
            .is_some()
    }

    /// Does for each connection what can be done without waiting.
    pub fn serve(&mut self, now: Instant) {
        for client in &mut self.clients {
            match client.phase {
                Phase::Asks(_) => client.read(&self.page),
                Phase::Leaves => client.drain(),
                _ => {}
            }
        }
        self.answer(now);
        for client in &mut self.clients {
            client.write();
        }
        self.clients
            .retain(|client| !matches!(client.phase, Phase::Gone) && now < client.end);
    }

    /// Sees to it that those who wait get figures.
    fn answer(&mut self, now: Instant) {
        let is_waiting = |client: &Client| matches!(client.phase, Phase::Waits(..));
        if !self.clients.iter().any(is_waiting) {
            return;
        }
        let is_due = |last| now.saturating_duration_since(last) >= INTERVAL;
        if self.last_asked.is_none_or(is_due) {
            self.last_asked = Some(now);
            self.page.want();
        }
        let newest = self.page.newest();
        let is_settled = newest.as_ref().is_some_and(|newest| newest.is_settled());
        let number = newest.as_ref().map_or(0, |newest| newest.number);
        let is_served = |&(known, since): &(u64, Instant)| {
            is_settled || number > known || now.saturating_duration_since(since) >= PATIENCE
        };
        let mut text = None;
        for client in &mut self.clients {
            if let Phase::Waits(known, since) = client.phase
                && is_served(&(known, since))
            {
                let text = text.get_or_insert_with(|| {
                    let (body, age) = newest
                        .as_ref()
                        .map_or_else(Default::default, |newest| (newest.text(), newest.age()));
                    reply("200 OK", "", &(body + &age_of(age)))
                });
                client.phase = Phase::Listens(text.clone());
            }
        }
    }
}

/// The metric that this thread adds.
fn age_of(age: Duration) -> String {
    let mut text = Text::new();
    text.family(
        "enet_metrics_age_seconds",
        Kind::Gauge,
        "Time since the game wrote these metrics. It grows while the main thread does not poll.",
    );
    text.sample(&[], age.as_secs_f64());
    text.finish()
}

fn reply(status: &str, fields: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n\
         {fields}Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

impl Client {
    /// Reads what has arrived of the request.
    fn read(&mut self, page: &Page) {
        let Phase::Asks(head) = &mut self.phase else {
            return;
        };
        let mut piece = [0; MOST_READ];
        let length = match self.stream.read(&mut piece) {
            Ok(length) => length,
            Err(error) if is_passing(&error) => return,
            Err(_) => return self.phase = Phase::Gone,
        };
        head.extend_from_slice(&piece[..length]);
        self.phase = match asked(head) {
            None if length > 0 => return,
            None => Phase::Gone,
            Some(Asked::Metrics) => {
                let number = page.newest().map_or(0, |newest| newest.number);
                Phase::Waits(number, Instant::now())
            }
            Some(Asked::Else) => {
                Phase::Listens(reply("404 Not Found", "", "The metrics are at /metrics.\n"))
            }
            Some(Asked::BadMethod) => Phase::Listens(reply(
                "405 Method Not Allowed",
                "Allow: GET\r\n",
                "Only GET is allowed.\n",
            )),
            Some(Asked::Nonsense) => {
                Phase::Listens(reply("400 Bad Request", "", "This is not HTTP.\n"))
            }
        };
    }

    /// Sends what the connection takes of the answer.
    fn write(&mut self) {
        let Phase::Listens(rest) = &mut self.phase else {
            return;
        };
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(length @ 1..) => drop(rest.drain(..length)),
                Err(error) if is_passing(&error) => return,
                _ => return self.phase = Phase::Gone,
            }
        }
        // It fails if the scraper has gone.
        let _ = self.stream.shutdown(Shutdown::Write);
        self.phase = Phase::Leaves;
        self.end = self.end.min(Instant::now() + FAREWELL);
    }

    /// Reads what comes after the request, until the scraper closes the connection.
    fn drain(&mut self) {
        match self.stream.read(&mut [0; MOST_READ]) {
            Ok(1..) => {}
            Err(error) if is_passing(&error) => {}
            _ => self.phase = Phase::Gone,
        }
    }
}

/// Whether another try may succeed.
fn is_passing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

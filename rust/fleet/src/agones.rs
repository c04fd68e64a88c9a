//! The SDK server of Agones, as a game server sees it: requests, health, and what the fleet says of the server.
//!
//! An [`Agones`] has three threads. One carries out requests in their order. It tries again while the SDK server does
//! not answer, which may start after the game. One reports that the server is healthy, for as long as the [`Pulse`]
//! beats. One listens to changes of the game server. The caller never waits: it puts requests, and takes [`Event`]s.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::http::Interrupt;
use crate::threads::Thread;

mod defaults;
mod health;
mod pulse;
mod request;
mod watch;
mod worker;

pub use pulse::Pulse;
pub use request::{BadText, Request};

/// The environment variable with the port of the SDK server. Agones sets it in the containers of its game servers.
pub const PORT_VARIABLE: &str = "AGONES_SDK_HTTP_PORT";
/// Requests that wait or whose outcome nobody has taken, at most.
pub const MOST_REQUESTS: usize = 256;

/// What an [`Agones`] can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The port of the SDK server.
    pub port: u16,
    /// The longest time between two reports of health. It is shorter where the fleet demands one in less than twice this
    /// time: Agones' `periodSeconds` is 5 by default.
    pub health_period: Duration,
    /// For so long a request is tried again while nothing answers.
    pub patience: Duration,
}

impl Settings {
    /// The usual settings.
    pub fn new(port: u16) -> Self {
        Self {
            port,
            health_period: Duration::from_secs(2),
            patience: Duration::from_secs(30),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A request was carried out. The value is the SDK server's answer, `{}` for most.
    Done(Request, serde_json::Value),
    /// A request was not carried out, for this cause.
    Failed(Request, String),
    /// The game server changed, or this is the first that is known of it.
    GameServer(serde_json::Value),
    /// Reports of health have not arrived for a while, for this cause.
    HealthLost(String),
    /// Reports of health arrive again, or for the first time.
    HealthReported,
    /// The pulse does not beat: no more reports of health are made until it does.
    PulseLost,
}

/// Too many requests wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{MOST_REQUESTS} requests wait for the SDK server already")]
pub struct TooMany;

/// What the threads and their owner share.
#[derive(Debug, Default)]
struct Shared {
    /// Requests that wait, the one under way at the front.
    requests: VecDeque<Request>,
    events: VecDeque<Event>,
    /// Events of requests that nobody has taken.
    outcomes: usize,
    /// In each such time the fleet demands a report of health, as far as that is known.
    due: Option<Duration>,
}

impl Shared {
    fn push(&mut self, event: Event) {
        match event {
            Event::Done(..) | Event::Failed(..) => self.outcomes += 1,
            // Of what the owner has not taken, only the last matters.
            Event::GameServer(_) => {
                (self.events).retain(|event| !matches!(event, Event::GameServer(_)));
            }
            _ => self.events.retain(|event| {
                !matches!(
                    event,
                    Event::HealthLost(_) | Event::HealthReported | Event::PulseLost
                )
            }),
        }
        self.events.push_back(event);
    }
}

type Board = Arc<Mutex<Shared>>;

fn lock(board: &Board) -> MutexGuard<'_, Shared> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection to the SDK server. Dropping it ends its threads, without waiting for the network.
#[derive(Debug)]
pub struct Agones {
    board: Board,
    pulse: Arc<Pulse>,
    worker: Thread,
    others: [Thread; 2],
}

impl Drop for Agones {
    fn drop(&mut self) {
        // All are told before the first one is waited for.
        self.worker.interrupt();
        self.others.iter().for_each(Thread::interrupt);
    }
}

impl Agones {
    /// Starts the threads. The SDK server does not have to be there yet.
    pub fn start(settings: Settings, pulse: Arc<Pulse>) -> std::io::Result<Self> {
        let board = Board::default();
        let [requests, reports, changes] = [(); 3].map(|()| Arc::clone(&board));
        let beat = Arc::clone(&pulse);
        Ok(Self {
            worker: Thread::spawn("agones-requests", Interrupt::new(), move |interrupt| {
                worker::run(settings, &requests, interrupt);
            })?,
            others: [
                Thread::spawn("agones-health", Interrupt::new(), move |interrupt| {
                    health::run(settings, &reports, &beat, interrupt);
                })?,
                Thread::spawn("agones-watch", Interrupt::new(), move |interrupt| {
                    watch::run(settings, &changes, interrupt);
                })?,
            ],
            board,
            pulse,
        })
    }

    /// Puts a request behind those that wait. One that sets a count or a list takes the place of one that waits and sets
    /// the same, unless another one changes it in between.
    pub fn request(&self, request: Request) -> Result<(), TooMany> {
        let mut shared = lock(&self.board);
        // The one at the front may be under way.
        let mut waiting = shared.requests.iter_mut().skip(1).rev();
        if let Some(last) = waiting.find(|it| it.subject() == request.subject())
            && request.replaces(last)
        {
            *last = request;
            return Ok(());
        }
        if shared.requests.len() + shared.outcomes >= MOST_REQUESTS {
            return Err(TooMany);
        }
        shared.requests.push_back(request);
        drop(shared);
        self.worker.ring();
        Ok(())
    }

    /// Takes the oldest event.
    pub fn next_event(&self) -> Option<Event> {
        let mut shared = lock(&self.board);
        let event = shared.events.pop_front()?;
        if matches!(event, Event::Done(..) | Event::Failed(..)) {
            shared.outcomes -= 1;
        }
        Some(event)
    }

    /// Requests that were not carried out yet.
    pub fn waiting(&self) -> usize {
        lock(&self.board).requests.len()
    }

    /// What has to beat for the server to count as healthy.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }
}

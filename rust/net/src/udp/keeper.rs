//! A socket that is replaced when it dies.
//!
//! Phones close the sockets of apps that they suspend: the calls of the app that goes on then fail for ever. A new
//! socket at the same local address continues the connections, as their remotes see no difference. The poller of the
//! network thread learns of the new socket by its alarm.

use std::io;
use std::mem;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::errors::{copy, is_dead, is_foreign};
use super::opening::Opening;
use super::poll;
use super::revival::Revival;
use crate::socket::{Mishap, Poller};
use crate::sync::lock;

/// The longest sleep of a poller without a socket: no alarm ends it.
const BLIND: Duration = Duration::from_millis(20);

/// A socket, or what it takes to open it again.
pub struct Keeper {
    /// Opens the socket that the first one was, with its port.
    opening: Opening,
    socket: Option<Arc<UdpSocket>>,
    revival: Revival,
    /// Why the last socket died.
    death: io::Error,
    /// Why there is none, while there is none.
    cause: io::Error,
    is_lost: bool,
    mishap: Option<Mishap>,
    shared: Arc<Shared>,
    alarm: Option<Arc<poll::Alarm>>,
}

/// What the poller knows.
struct Shared {
    current: Mutex<Current>,
    /// The socket that the poller found dead, as [`Current::number`]; 0 for none.
    found_dead: AtomicU64,
    /// The number of the error that it found. It says whether the descriptor still belongs to the socket.
    found_error: AtomicI32,
}

impl Shared {
    fn note_death(&self, number: u64, error: &io::Error) {
        let found = error.raw_os_error().unwrap_or_default();
        self.found_error.store(found, Ordering::Relaxed);
        self.found_dead.store(number, Ordering::Release);
    }
}

struct Current {
    socket: Option<Arc<UdpSocket>>,
    /// How many sockets there have been.
    number: u64,
}

impl Keeper {
    /// Opens the first socket.
    pub fn open(mut opening: Opening) -> io::Result<Self> {
        let socket = Arc::new(opening.open()?);
        opening.address.set_port(socket.local_addr()?.port());
        let current = Current {
            socket: Some(Arc::clone(&socket)),
            number: 1,
        };
        Ok(Self {
            opening,
            socket: Some(socket),
            revival: Revival::new(Instant::now()),
            death: io::ErrorKind::NotConnected.into(),
            cause: io::ErrorKind::NotConnected.into(),
            is_lost: false,
            mishap: None,
            shared: Arc::new(Shared {
                current: Mutex::new(current),
                found_dead: AtomicU64::new(0),
                found_error: AtomicI32::new(0),
            }),
            alarm: None,
        })
    }

    pub fn is_ipv6(&self) -> bool {
        self.opening.address.is_ipv6()
    }

    /// The socket. Opens a new one in place of one that died, when that is due.
    ///
    /// # Errors
    /// There is none, with the cause.
    #[inline]
    pub fn socket(&mut self) -> io::Result<&UdpSocket> {
        if self.socket.is_none() {
            self.revive();
        }
        match &self.socket {
            Some(socket) => Ok(socket),
            None => Err(copy(&self.cause)),
        }
    }

    /// The socket, if it is there.
    pub fn current(&self) -> Option<&UdpSocket> {
        self.socket.as_deref()
    }

    /// The same, shared.
    #[cfg(all(test, target_os = "linux"))]
    pub fn shared_socket(&self) -> Option<Arc<UdpSocket>> {
        self.socket.clone()
    }

    /// Whether a new socket may be opened now, or there is one.
    pub fn may_open(&self) -> bool {
        self.socket.is_some() || Instant::now() >= self.revival.due()
    }

    /// How long until a new socket may be opened.
    pub fn time_to_open(&self) -> Duration {
        match self.socket {
            Some(_) => Duration::ZERO,
            None => (self.revival.due()).saturating_duration_since(Instant::now()),
        }
    }

    /// The error, if the poller found the socket dead.
    #[inline]
    pub fn found_dead(&self) -> Option<io::Error> {
        let number = self.shared.found_dead.load(Ordering::Acquire);
        if number == 0 || self.socket.is_none() || lock(&self.shared.current).number != number {
            return None;
        }
        Some(match self.shared.found_error.load(Ordering::Relaxed) {
            0 => io::ErrorKind::BrokenPipe.into(),
            found => io::Error::from_raw_os_error(found),
        })
    }

    /// What the poller does when it finds the socket dead.
    #[cfg(all(test, target_os = "linux"))]
    pub fn note_found_dead(&self, error: &io::Error) {
        let number = lock(&self.shared.current).number;
        self.shared.note_death(number, error);
    }

    /// The socket died of an error. True if there is a new one.
    pub fn replace(&mut self, error: &io::Error) -> bool {
        if let Some(socket) = self.socket.take() {
            // Another file may have the descriptor by now.
            if is_foreign(error) {
                mem::forget(socket);
            }
            let mut current = lock(&self.shared.current);
            current.socket = None;
            current.number += 1;
            drop(current);
            self.death = copy(error);
            self.cause = copy(error);
            self.revival.on_death(Instant::now());
            self.note_failure();
            // The poller holds the dead socket, and with it the port.
            if let Some(alarm) = &self.alarm {
                alarm.set();
            }
        }
        self.revive();
        self.socket.is_some()
    }

    fn revive(&mut self) {
        let now = Instant::now();
        if now < self.revival.due() {
            return;
        }
        let opened = self.opening.open();
        self.revival.on_attempt(now, opened.is_ok());
        match opened {
            Ok(socket) => {
                let socket = Arc::new(socket);
                lock(&self.shared.current).socket = Some(Arc::clone(&socket));
                self.socket = Some(socket);
                self.mishap = Some(Mishap::Reopened(copy(&self.death)));
                if let Some(alarm) = &self.alarm {
                    alarm.set();
                }
            }
            Err(error) => {
                self.cause = error;
                self.note_failure();
            }
        }
    }

    fn note_failure(&mut self) {
        let was_lost = mem::replace(&mut self.is_lost, self.revival.has_failed());
        if self.is_lost && !was_lost {
            self.mishap = Some(Mishap::Lost(copy(&self.cause)));
        }
    }

    /// See [`crate::Transport::take_mishap`].
    #[inline]
    pub fn take_mishap(&mut self) -> Option<Mishap> {
        self.mishap.take()
    }

    /// See [`crate::Transport::poller`].
    pub fn poller(&mut self) -> io::Result<(KeptPoller, Arc<poll::Alarm>)> {
        let alarm = Arc::new(poll::Alarm::new()?);
        self.alarm = Some(Arc::clone(&alarm));
        let poller = KeptPoller {
            shared: Arc::clone(&self.shared),
            alarm: Arc::clone(&alarm),
        };
        Ok((poller, alarm))
    }

    /// The address of the socket, also while there is none.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        match &self.socket {
            Some(socket) => socket.local_addr(),
            None => Ok(self.opening.address),
        }
    }
}

/// Waits for the socket of a [`Keeper`].
pub struct KeptPoller {
    shared: Arc<Shared>,
    alarm: Arc<poll::Alarm>,
}

impl Poller for KeptPoller {
    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        let current = lock(&self.shared.current);
        let (socket, number) = (current.socket.clone(), current.number);
        drop(current);
        let Some(socket) = socket else {
            // Whoever serves next looks for a new socket.
            std::thread::sleep(timeout.min(BLIND));
            return Ok(true);
        };
        match poll::wait(&socket, Some(&self.alarm), timeout) {
            Err(error) if is_dead(&error) => {
                // The call may have taken the error from the socket, which then has none for the next one.
                self.shared.note_death(number, &error);
                Ok(true)
            }
            waited => waited,
        }
    }
}

//! The handle that wraps transports and changes their conditions.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use enet_proto::Time;

use super::conditions::Conditions;
use super::link::Verdict;
use super::random::Random;
use super::transport::{EmulatedTransport, NoTransport};
use crate::socket::{Transport, Waker};
use crate::sync::lock;

/// Tells the time of an emulation: on the same clock, and from the same zero, as the calls of the host.
/// The time must pass while the wrapped transport waits.
pub type EmulatorClock = Arc<dyn Fn() -> Time + Send + Sync>;

/// Emulates a network for the transports that it wraps. Clones are handles to the same emulator; any
/// thread may change the conditions while the transports are in use.
#[derive(Clone)]
pub struct Emulator(Arc<Shared>);

/// Parts that the handles and the wrapped transports have in common.
pub(super) struct Shared {
    clock: EmulatorClock,
    settings: Mutex<Settings>,
    /// Counts the changes of the settings, so that transports need no lock to know of none.
    version: AtomicU64,
    /// Wakers of network threads. A thread sleeps until the next delivery, which a change may bring
    /// forward.
    sleepers: Mutex<Vec<Weak<dyn Waker>>>,
    seeds: Mutex<Random>,
    send_errors: AtomicU64,
    drops: AtomicU64,
}

/// Settings of all wrapped transports.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub outgoing: Conditions,
    pub incoming: Conditions,
    /// A seed that takes the place of those that the transports got.
    pub seed: Option<u64>,
    pub remotes: Arc<[RemoteConditions]>,
    pub cut_until: Time,
    pub stalled_until: Time,
}

impl Settings {
    fn is_active(&self, now: Time) -> bool {
        let of_remotes = self.remotes.iter();
        !(self.outgoing.is_clear() && self.incoming.is_clear())
            || now < self.cut_until
            || now < self.stalled_until
            || of_remotes
                .into_iter()
                .any(|remote| !(remote.outgoing.is_clear() && remote.incoming.is_clear()))
    }
}

/// Conditions of the datagrams to and from one address, in the place of those of all datagrams.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RemoteConditions {
    /// The remote's address.
    pub address: SocketAddr,
    /// Decides the fate of the datagrams.
    pub seed: u64,
    /// Conditions of datagrams that are sent to the remote.
    pub outgoing: Conditions,
    /// Conditions of datagrams that come from the remote.
    pub incoming: Conditions,
}

impl Emulator {
    /// An emulator of a perfect network. The same seed gives the datagrams of the first transport, the
    /// second one and so on the same fate.
    pub fn new(seed: u64, clock: EmulatorClock) -> Self {
        Self(Arc::new(Shared {
            clock,
            settings: Mutex::default(),
            version: AtomicU64::new(0),
            sleepers: Mutex::default(),
            seeds: Mutex::new(Random::new(seed)),
            send_errors: AtomicU64::new(0),
            drops: AtomicU64::new(0),
        }))
    }

    /// Puts the emulated network between a transport and its user. Without conditions each call passes
    /// through to the transport.
    ///
    /// Datagrams move during the calls of [`Transport`] only: a host that is polled once a frame rounds
    /// all times up to frames. A host that waits, or has a network thread, does not. Sent datagrams that
    /// the emulated network still holds leave at once when the transport is dropped.
    pub fn wrap(&self, transport: Box<dyn Transport>) -> Box<dyn Transport> {
        let mut random = lock(&self.0.seeds);
        let seeds = [random.number(), random.number()];
        let shared = Arc::clone(&self.0);
        Box::new(EmulatedTransport::new(transport, shared, seeds))
    }

    /// The same for a transport that is in use already. A network thread that waits for it by a poller of its own
    /// does not learn of datagrams that the emulated network holds: see [`Transport::next_due`].
    pub fn wrap_in_place(&self, transport: &mut Box<dyn Transport>) {
        let inner = std::mem::replace(transport, Box::new(NoTransport));
        *transport = self.wrap(inner);
    }

    /// Draws the fates of later datagrams from another seed, the same for all wrapped transports.
    pub fn set_seed(&self, seed: u64) {
        self.change(|settings, _| settings.seed = Some(seed));
    }

    /// Gives single remotes conditions of their own, in the place of those that others had before.
    pub fn set_remotes(&self, remotes: impl IntoIterator<Item = RemoteConditions>) {
        let remotes = remotes.into_iter().collect();
        self.change(|settings, _| settings.remotes = remotes);
    }

    /// Whether the emulated network treats datagrams in any way, or will until the end of a spike or a cut. Datagrams
    /// that it still holds do not count.
    pub fn is_active(&self, now: Time) -> bool {
        self.0.settings().is_active(now)
    }

    /// Sets the conditions of both directions.
    pub fn set_conditions(&self, conditions: Conditions) {
        self.change(|settings, _| {
            settings.outgoing = conditions;
            settings.incoming = conditions;
        });
    }

    /// Sets the conditions of datagrams that are sent.
    pub fn set_outgoing(&self, conditions: Conditions) {
        self.change(|settings, _| settings.outgoing = conditions);
    }

    /// Sets the conditions of datagrams that are received.
    pub fn set_incoming(&self, conditions: Conditions) {
        self.change(|settings, _| settings.incoming = conditions);
    }

    /// The conditions of sent datagrams, and of received ones.
    pub fn conditions(&self) -> (Conditions, Conditions) {
        let settings = self.0.settings();
        (settings.outgoing, settings.incoming)
    }

    /// Stalls both directions for a time from now on: datagrams arrive at its end, all at once, if they
    /// are not due later. Takes the place of an earlier spike; zero ends it.
    pub fn spike(&self, duration: Duration) {
        self.change(|settings, now| settings.stalled_until = now.saturating_add(duration));
    }

    /// Loses all datagrams of both directions that are sent or received within a time from now on. Takes
    /// the place of an earlier cut; zero ends it.
    pub fn cut(&self, duration: Duration) {
        self.change(|settings, now| settings.cut_until = now.saturating_add(duration));
    }

    /// Datagrams so far that the wrapped transports refused to send after their time on the emulated
    /// network. Where a datagram leaves at once its sender is told as well.
    pub fn send_errors(&self) -> u64 {
        self.0.send_errors.load(Ordering::Relaxed)
    }

    /// Datagrams so far that the emulated network lost, of whichever cause.
    pub fn drops(&self) -> u64 {
        self.0.drops.load(Ordering::Relaxed)
    }

    fn change(&self, change: impl FnOnce(&mut Settings, Time)) {
        let now = self.0.now();
        change(&mut self.0.settings(), now);
        self.0.version.fetch_add(1, Ordering::Release);
        let mut sleepers = lock(&self.0.sleepers);
        sleepers.retain(|sleeper| sleeper.strong_count() > 0);
        for sleeper in sleepers.iter().filter_map(Weak::upgrade) {
            sleeper.wake();
        }
    }
}

impl Shared {
    pub fn now(&self) -> Time {
        (self.clock)()
    }

    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    /// Wakes a network thread from now on when the settings change.
    pub fn add_sleeper(&self, waker: &Arc<dyn Waker>) {
        lock(&self.sleepers).push(Arc::downgrade(waker));
    }

    pub fn count_send_error(&self) {
        self.send_errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a datagram that does not pass.
    pub fn count(&self, verdict: Verdict) {
        if verdict != Verdict::Passed {
            self.drops.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator")
            .field("settings", &*self.0.settings())
            .finish_non_exhaustive()
    }
}

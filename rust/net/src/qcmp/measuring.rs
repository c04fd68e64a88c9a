//! A measurement in the background: a thread with a socket of its own.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use super::rounds::Rounds;
use super::{PingPlan, PingResult, answered, key, ping};
use crate::names::{Lookup, Resolution};
use crate::socket::{BindAddress, Network, Transport};
use crate::sync::lock;

/// Measurements that may go on at the same time, in the whole process.
pub const MAX_MEASUREMENTS: usize = 8;
/// The longest wait for a datagram or a name server, so that a measurement that is given up ends soon.
const TURN: Duration = Duration::from_millis(20);
/// Names that are looked up at the same time: others need the lookups too.
const MAX_LOOKUPS: usize = 8;
/// Datagrams that are read before the next look at the clock, at most: a flood must not hold up the pings.
const MAX_READS: usize = 64;

/// A measurement that was begun. Dropping it gives it up.
#[derive(Debug)]
pub struct Measurement(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    results: Mutex<Option<Vec<PingResult>>>,
    is_given_up: AtomicBool,
    /// Whether the thread ended, with results or by a defect.
    has_ended: AtomicBool,
}

/// The threads of all measurements that go on.
static RUNNING: Mutex<Vec<(Arc<Shared>, JoinHandle<()>)>> = Mutex::new(Vec::new());

impl Measurement {
    /// Begins to measure, on a network that `network` makes in the thread.
    ///
    /// # Errors
    /// Too many measurements go on, or the system gave no thread.
    pub fn start<N: Network>(
        plan: PingPlan,
        network: impl FnOnce() -> N + Send + 'static,
    ) -> io::Result<Self> {
        let mut running = lock(&RUNNING);
        running.retain(|(_, thread)| !thread.is_finished());
        if running.len() >= MAX_MEASUREMENTS {
            let cause = "too many measurements go on; wait until one is over";
            return Err(io::Error::new(ErrorKind::ResourceBusy, cause));
        }
        let shared = Arc::new(Shared::default());
        let working = Arc::clone(&shared);
        let thread = thread::Builder::new().name("enet pings".to_owned());
        let thread = thread.spawn(move || {
            let _end = NotesEnd(&working);
            let results = measure(&plan, &network(), &working.is_given_up);
            *lock(&working.results) = Some(results);
        })?;
        running.push((Arc::clone(&shared), thread));
        Ok(Self(shared))
    }

    /// Whether it goes on.
    pub fn is_running(&self) -> bool {
        !self.0.has_ended.load(Ordering::Acquire)
    }

    /// The results in the order of the plan, once, when it is over.
    pub fn take_results(&self) -> Option<Vec<PingResult>> {
        lock(&self.0.results).take()
    }
}

impl Drop for Measurement {
    fn drop(&mut self) {
        self.0.is_given_up.store(true, Ordering::Relaxed);
    }
}

/// Notes the end of a thread, also in a panic.
struct NotesEnd<'a>(&'a Shared);

impl Drop for NotesEnd<'_> {
    fn drop(&mut self) {
        self.0.has_ended.store(true, Ordering::Release);
    }
}

/// Ends all measurements: no thread may go on when the library is unloaded.
pub fn stop_all() {
    let running = std::mem::take(&mut *lock(&RUNNING));
    for (shared, _) in &running {
        shared.is_given_up.store(true, Ordering::Relaxed);
    }
    for (_, thread) in running {
        // A panic was printed.
        let _ = thread.join();
    }
}

fn measure(plan: &PingPlan, network: &dyn Network, is_given_up: &AtomicBool) -> Vec<PingResult> {
    let mut results: Vec<_> = (plan.targets.iter())
        .map(|_| PingResult {
            pings: plan.pings,
            ..PingResult::default()
        })
        .collect();
    let mut addresses = Vec::new();
    for (number, address) in resolve(plan, network, is_given_up).into_iter().enumerate() {
        match address {
            Ok(address) => addresses.push((number, address)),
            Err(error) => results[number].error = Some(error.to_string()),
        }
    }
    let mut socket = match network.bind(BindAddress::Any, 0) {
        Ok(socket) => socket,
        Err(error) => {
            let text = format!("no socket could be opened: {error}");
            for (number, address) in addresses {
                results[number].address = Some(address);
                results[number].error = Some(text.clone());
            }
            return results;
        }
    };
    let clock = Instant::now();
    let addresses = addresses.into_iter();
    let mut rounds = Rounds::new(clock.elapsed(), addresses, plan.pings, plan.timeout);
    while !is_given_up.load(Ordering::Relaxed) && serve(plan, &clock, &mut *socket, &mut rounds) {}
    for (number, result) in rounds.results() {
        results[number] = result;
    }
    results
}

/// Sends what is due, and waits for answers. False when it is over.
fn serve(
    plan: &PingPlan,
    clock: &Instant,
    socket: &mut dyn Transport,
    rounds: &mut Rounds,
) -> bool {
    while rounds.next_due().is_some_and(|due| due <= clock.elapsed()) {
        let key = key(unix_nanos(), (plan.random)());
        if let Some(to) = rounds.send(clock.elapsed(), key) {
            // One that the system does not send is one that is lost.
            let _ = socket.send(to, &ping(key));
        }
    }
    let now = clock.elapsed();
    let end = rounds.end(now);
    if end <= now {
        return false;
    }
    let until = rounds.next_due().map_or(end, |due| due.min(end));
    let timeout = until.saturating_sub(now).min(TURN);
    let Ok(is_ready) = socket.wait(timeout) else {
        // The loop must not spin.
        thread::sleep(timeout);
        return true;
    };
    for _ in 0..if is_ready { MAX_READS } else { 0 } {
        let mut take = |from: SocketAddr, datagram: &[u8]| {
            if let Some(key) = answered(datagram) {
                rounds.take(clock.elapsed(), from, key);
            }
        };
        if !matches!(socket.receive(&mut take), Ok(1..)) {
            break;
        }
    }
    true
}

/// The addresses of all proxies, before the first ping: a look at a name would make answers seem late.
fn resolve(
    plan: &PingPlan,
    network: &dyn Network,
    is_given_up: &AtomicBool,
) -> Vec<io::Result<SocketAddr>> {
    let clock = Instant::now();
    let mut found: Vec<Option<io::Result<SocketAddr>>> = Vec::new();
    found.resize_with(plan.targets.len(), || None);
    let mut pending: Vec<(usize, Lookup)> = Vec::new();
    let mut names = plan.targets.iter().enumerate();
    let mut is_at_end = false;
    while !is_at_end || !pending.is_empty() {
        pending.retain(|(number, lookup)| {
            found[*number] = lookup.answer();
            found[*number].is_none()
        });
        if clock.elapsed() >= plan.timeout || is_given_up.load(Ordering::Relaxed) {
            break;
        }
        if is_at_end || pending.len() >= MAX_LOOKUPS {
            thread::sleep(Duration::from_millis(2));
            continue;
        }
        match names.next() {
            Some((number, (host, port))) => match network.resolve(host, *port) {
                Resolution::Done(address) => found[number] = Some(address),
                Resolution::Pending(lookup) => pending.push((number, lookup)),
            },
            None => is_at_end = true,
        }
    }
    let unanswered = || {
        let cause = "the name servers did not answer in time";
        Err(io::Error::new(ErrorKind::TimedOut, cause))
    };
    let found = found.into_iter();
    found
        .map(|address| address.unwrap_or_else(unanswered))
        .collect()
}

fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}

//! A transport with an emulated network before it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use enet_proto::Time;

use super::emulator::{RemoteConditions, Shared};
use super::link::Link;
use super::random::Random;
use crate::socket::{Mishap, Poller, Taker, Transport, Waker};

#[cfg(test)]
mod tests;

/// Calls of the inner transport, and datagrams handed out, in one [`Transport::receive`] at most: a flood
/// that is lost here must not hold up the caller for ever.
const MAX_READS: usize = 256;
const MAX_TAKEN: usize = 64;

pub struct EmulatedTransport {
    inner: Box<dyn Transport>,
    shared: Arc<Shared>,
    /// The version of the settings that the links have.
    version: Option<u64>,
    /// The seed that took the place of the first ones.
    seed: Option<u64>,
    outgoing: Link<SocketAddr>,
    incoming: Link<SocketAddr>,
}

impl EmulatedTransport {
    /// Links with the given seeds, outgoing first, before a transport.
    pub fn new(inner: Box<dyn Transport>, shared: Arc<Shared>, seeds: [u64; 2]) -> Self {
        Self {
            inner,
            shared,
            version: None,
            seed: None,
            outgoing: Link::new(seeds[0]),
            incoming: Link::new(seeds[1]),
        }
    }

    /// Takes over settings that changed. Says the time if there is something to emulate.
    fn refresh(&mut self) -> Option<Time> {
        self.take_over_settings();
        let is_idle = self.outgoing.is_transparent() && self.incoming.is_transparent();
        (!is_idle).then(|| self.shared.now())
    }

    fn take_over_settings(&mut self) {
        let version = self.shared.version();
        if self.version == Some(version) {
            return;
        }
        self.version = Some(version);
        let settings = self.shared.settings().clone();
        let now = self.shared.now();
        if let Some(seed) = settings.seed
            && self.seed != Some(seed)
        {
            self.seed = Some(seed);
            let [outgoing, incoming] = split(seed);
            self.outgoing.set_seed(outgoing);
            self.incoming.set_seed(incoming);
        }
        self.outgoing.set_conditions(now, settings.outgoing);
        self.incoming.set_conditions(now, settings.incoming);
        let remotes = settings.remotes.iter();
        let lane = |it: &RemoteConditions| (it.address, split(it.seed)[0], it.outgoing);
        self.outgoing.set_lanes(now, remotes.clone().map(lane));
        let lane = |it: &RemoteConditions| (it.address, split(it.seed)[1], it.incoming);
        self.incoming.set_lanes(now, remotes.map(lane));
        for link in [&mut self.outgoing, &mut self.incoming] {
            link.cut_until(now, settings.cut_until);
            link.stall_until(now, settings.stalled_until);
        }
    }

    /// Sends datagrams whose time on the network is over. The error is that of the last one that the
    /// inner transport refused; those are lost.
    fn send_due(&mut self, now: Time) -> io::Result<()> {
        let mut result = Ok(());
        while let Some((to, datagram)) = self.outgoing.pop(now) {
            if let Err(error) = self.inner.send(to, &datagram) {
                self.shared.count_send_error();
                result = Err(error);
            }
        }
        result
    }

    /// Sends datagrams from earlier calls, which cannot return errors any more: those are only counted.
    fn send_late(&mut self, now: Time) {
        let _ = self.send_due(now);
    }

    /// Moves datagrams that arrived at the inner transport into the link. Says whether there may be more.
    fn read(&mut self, now: Time) -> io::Result<bool> {
        for _ in 0..MAX_READS {
            let (incoming, shared) = (&mut self.incoming, &self.shared);
            let count = self.inner.receive(&mut |from, datagram| {
                shared.count(incoming.push(now, from, datagram));
            })?;
            if count == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn has_arrival(&self, now: Time) -> bool {
        self.incoming.next_delivery().is_some_and(|due| due <= now)
    }
}

impl Transport for EmulatedTransport {
    fn send(&mut self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        let Some(now) = self.refresh() else {
            return self.inner.send(to, datagram);
        };
        self.send_late(now);
        // A sender does not learn of losses on the network.
        let verdict = self.outgoing.push(now, to, datagram);
        self.shared.count(verdict);
        self.send_due(now)
    }

    fn send_batch(&mut self, to: SocketAddr, datagrams: &[u8], size: usize) -> usize {
        if self.refresh().is_none() {
            return self.inner.send_batch(to, datagrams, size);
        }
        let sent = datagrams.chunks(size).map(|one| self.send(to, one));
        sent.filter(Result::is_ok).count()
    }

    fn largest_batch(&self) -> usize {
        self.inner.largest_batch()
    }

    fn receive(&mut self, take: Taker<'_>) -> io::Result<usize> {
        let Some(now) = self.refresh() else {
            return self.inner.receive(take);
        };
        self.send_late(now);
        // The next call reads the datagrams beyond the limit.
        self.read(now)?;
        for count in 0..MAX_TAKEN {
            let Some((from, datagram)) = self.incoming.pop(now) else {
                return Ok(count);
            };
            take(from, &datagram);
        }
        Ok(MAX_TAKEN)
    }

    fn receive_batch(&mut self, take: Taker<'_>) -> io::Result<usize> {
        match self.refresh() {
            None => self.inner.receive_batch(take),
            Some(_) => self.receive(take),
        }
    }

    fn is_drained(&self) -> bool {
        // What the inner transport knows is not true of the datagrams that are held.
        self.outgoing.is_transparent() && self.incoming.is_transparent() && self.inner.is_drained()
    }

    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        let Some(mut now) = self.refresh() else {
            return self.inner.wait(timeout);
        };
        let end = now.saturating_add(timeout);
        loop {
            let until = self.next_due().map_or(end, |due| due.min(end));
            let is_readable = self.inner.wait(until.saturating_sub(now))?;
            now = self.shared.now();
            let has_more = is_readable && self.read(now)?;
            self.send_late(now);
            // Datagrams that the limit of reads left may be waiting.
            if has_more || self.has_arrival(now) {
                return Ok(true);
            }
            if now >= end {
                return Ok(false);
            }
            self.take_over_settings();
        }
    }

    fn poller(&mut self) -> io::Result<(Box<dyn Poller>, Arc<dyn Waker>)> {
        let (poller, waker) = self.inner.poller()?;
        self.shared.add_sleeper(&waker);
        Ok((poller, waker))
    }

    fn next_due(&self) -> Option<Time> {
        let inner = self.inner.next_due();
        let links = [self.outgoing.next_delivery(), self.incoming.next_delivery()];
        links.into_iter().chain([inner]).flatten().min()
    }

    fn buffer_sizes(&self) -> (usize, usize) {
        self.inner.buffer_sizes()
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.inner.local_address()
    }

    fn take_mishap(&mut self) -> Option<Mishap> {
        self.inner.take_mishap()
    }
}

impl Drop for EmulatedTransport {
    /// Sends what the emulated network still holds: on a real network it would arrive as well.
    fn drop(&mut self) {
        while let Some((to, datagram)) = self.outgoing.take_first() {
            if self.inner.send(to, &datagram).is_err() {
                self.shared.count_send_error();
            }
        }
    }
}

/// The seeds of the two directions, outgoing first.
fn split(seed: u64) -> [u64; 2] {
    let mut random = Random::new(seed);
    [random.number(), random.number()]
}

/// Stands for a transport that is being wrapped.
pub struct NoTransport;

impl Transport for NoTransport {
    fn send(&mut self, _: SocketAddr, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotConnected.into())
    }

    fn receive(&mut self, _: Taker<'_>) -> io::Result<usize> {
        Err(io::ErrorKind::NotConnected.into())
    }

    fn wait(&mut self, _: Duration) -> io::Result<bool> {
        Err(io::ErrorKind::NotConnected.into())
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::NotConnected.into())
    }
}

//! The owner's calls, of a host that it serves itself (`_inline`), of one that a thread serves (`_threaded`),
//! and of both.

use std::io;
use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::Duration;

use enet_codec::Codec;
use enet_proto::Time;

use super::locks::Guard;
use super::schedule::{Sender, Wake};
use super::socket_side::{Handshakes, Read, Reader};
use super::state::{Encryption, State};
use super::tap::{Form, Sink, SinkId};
use super::{
    BURST, Driver, FAILED_WAIT, MANY_DATAGRAMS, MAX_BYTES, MAX_DATAGRAMS, MAX_ROUND,
    MAX_ROUND_BYTES,
};
use crate::sessions::{Dtls, dtls_limits};

impl Driver {
    /// Takes in what arrived, does what is due, sends what is ready. For an owner that serves its host.
    pub fn receive_inline(&self, now: Time) {
        let socket = &mut *self.socket.lock();
        let (mut datagrams, mut bytes) = (0, 0);
        let mut goes_on = true;
        while goes_on {
            let read = self.read(socket, now, BURST, MAX_BYTES - bytes, Reader::Owner);
            datagrams += read.datagrams;
            bytes += read.bytes;
            goes_on = read.is_full && datagrams < MAX_DATAGRAMS && bytes < MAX_BYTES;
            let mut state = self.receive(socket, now, Handshakes::Process);
            state.service(now);
            if goes_on {
                state.host.flush(now);
            }
            self.transmit_all(socket, state, now);
        }
    }

    /// Sends what is ready; with `flush`, also what waits to become so. For an owner that serves its
    /// host. Returns the number of full datagrams that are worth a system call.
    pub fn send_inline(&self, now: Time, flush: bool) -> usize {
        let socket = &mut *self.socket.lock();
        let mut state = self.state.lock();
        state.latest = state.latest.max(now);
        if flush {
            state.host.flush(now);
        }
        self.transmit_all(socket, state, now);
        socket.transport.largest_batch().min(MANY_DATAGRAMS)
    }

    /// Has the sessions begin what was ordered. For an owner that serves its host.
    pub fn order_sessions_inline(&self, now: Time) {
        let socket = &mut *self.socket.lock();
        self.order_sessions(socket, now);
    }

    /// Waits until a datagram arrives, for a timer or for the limit. For an owner that serves its host.
    pub fn wait_inline(&self, now: Time, limit: Duration) -> bool {
        let socket = &mut *self.socket.lock();
        let timer = self.state.lock().host.next_timer();
        let timer = socket.next_timer().map_or(timer, |other| timer.min(other));
        let timeout = limit.min(timer.saturating_sub(now));
        socket.transport.wait(timeout).unwrap_or_else(|_| {
            self.state.lock().totals.socket_errors += 1;
            // The caller waits in a loop, which must not spin.
            std::thread::sleep(timeout.min(FAILED_WAIT));
            false
        })
    }

    /// Sends what waits, or has the thread do it. What is queued after this does not travel with it if
    /// it `is_apart`. For the owner of a host that a thread serves.
    pub fn flush_threaded(&self, now: Time, is_apart: bool) {
        let mut socket = self.socket.try_lock();
        let mut state = self.state.lock();
        let unsent = state.host.unsent_datagrams();
        match state.schedule.on_flush(now, unsent, socket.is_some()) {
            Sender::Nobody => {}
            Sender::Thread(wake) => {
                if is_apart {
                    state.host.flush(now);
                }
                drop(socket);
                self.wake(state, wake);
            }
            Sender::Owner => {
                state.host.flush(now);
                if let Some(socket) = &mut socket {
                    state = self.transmit_all(socket, state, now);
                }
                // The thread would be woken to wait for it.
                drop(socket);
                let wake = state.schedule.after_owner_sent(now);
                self.wake(state, wake);
            }
        }
    }

    /// Takes in what arrived while the thread rests, which may be told of it too late for this poll. Does
    /// what is due if the thread stands by. For the owner of a host that a thread serves.
    pub fn poll_threaded(&self, now: Time) {
        let Some(mut guard) = self.socket.try_lock() else {
            // The thread reads.
            let mut state = self.state.lock();
            let has_let_in = state.attend(now);
            return self.poll_idle(state, now, has_let_in);
        };
        let socket = &mut *guard;
        let mut state = self.state.lock();
        let has_let_in = state.attend(now);
        if state.schedule.is_thread_alone() {
            drop(guard);
            return self.poll_idle(state, now, has_let_in);
        }
        let is_stalled = state.schedule.is_stalled();
        drop(state);
        let read = match socket.has_deferred() {
            true => Read::default(),
            // Acknowledgements of before the stall come before the timers that miss them.
            false if is_stalled => self.read(socket, now, MAX_DATAGRAMS, MAX_BYTES, Reader::Owner),
            false => self.read(socket, now, MAX_ROUND, MAX_ROUND_BYTES, Reader::Owner),
        };
        let mut state = match read.datagrams {
            0 => self.state.lock(),
            _ => self.receive(socket, now, Handshakes::Defer),
        };
        let moved = state.moved();
        let mut wake = state.schedule.on_poll(now, moved, read.is_full);
        // The thread may have found the owner late since the first look.
        let has_let_in = state.attend(now) || has_let_in;
        let serves = state.schedule.is_standing_by();
        if serves {
            state.service(now);
        }
        if serves || read.datagrams > 0 {
            let has_deferred = socket.has_deferred();
            let has_answers = state.host.unsent_datagrams() > 0;
            drop(guard);
            wake = wake.or(match has_deferred {
                true => state.schedule.on_call(),
                false => state.schedule.after_poll(now, has_answers),
            });
        } else if has_let_in {
            wake = wake.or(state.schedule.on_call());
        }
        self.wake(state, wake);
    }

    /// A poll of the owner that leaves everything to the thread.
    fn poll_idle(&self, mut state: Guard<'_, State>, now: Time, has_let_in: bool) {
        let moved = state.moved();
        let mut wake = state.schedule.on_poll(now, moved, false);
        if has_let_in {
            wake = wake.or(state.schedule.on_call());
        }
        self.wake(state, wake);
    }

    /// Waits for an event or a connector to judge; false when the time is over. For the owner of a host that a thread serves.
    /// A connector that waits to be judged ends the wait for a caller that `judges`.
    pub fn wait_threaded(&self, limit: Duration, judges: bool) -> bool {
        let mut state = self.state.lock();
        state.is_awaited = true;
        if state.schedule.on_wait() == Wake::Pause {
            self.resumed.notify_one();
        }
        let (inner, held) = state.split();
        let nothing = |state: &mut State| match judges {
            true => !state.has_news(),
            false => !state.host.has_events(),
        };
        let waited = self.happened.wait_timeout_while(inner, limit, nothing);
        let (inner, result) = waited.unwrap_or_else(PoisonError::into_inner);
        let mut state = Guard::rejoin(inner, held);
        state.is_awaited = false;
        let now = state.latest;
        state.schedule.after_wait(now);
        !result.timed_out()
    }

    /// Chooses the codec. Datagrams that are ready leave with the old one.
    pub fn set_codec(&self, codec: Option<Box<dyn Codec + Send>>) {
        let mut guard = self.socket.demand();
        let socket = &mut *guard;
        let state = self.state.lock();
        let latest = state.latest;
        drop(self.transmit_all(socket, state, latest));
        socket.set_codec(codec);
        drop(guard);
        self.show_held();
    }

    /// Chooses what follows each datagram that leaves, and the size of those of the protocol.
    pub fn set_suffix(&self, suffix: &[u8], mtu: u32) {
        let mut socket = self.socket.demand();
        socket.set_suffix(suffix);
        self.state.lock().host.set_mtu(mtu);
    }

    /// Adds a sink for copies of the datagrams.
    pub fn add_sink(&self, id: SinkId, form: Form, sink: Box<dyn Sink>) {
        self.socket.demand().add_sink(id, form, sink);
    }

    /// Removes one. It is dropped without a lock.
    pub fn remove_sink(&self, id: SinkId) {
        let mut socket = self.socket.demand();
        let sink = socket.remove_sink(id);
        drop(socket);
        drop(sink);
    }

    /// The local address of the socket.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.demand().transport.local_address()
    }

    /// Encrypts everything from now on. Connections that were begun wait for their sessions.
    pub fn encrypt(&self, now: Time, mut dtls: Dtls, mtu: u32) {
        let socket = &mut *self.socket.demand();
        let is_client = dtls.is_client();
        let mut state = self.state.lock();
        state.host.set_mtu(mtu);
        // By the cookies of the handshakes.
        state.host.set_addresses_proven(true);
        if is_client {
            state.host.pause_connecting();
        }
        let addresses = state.addresses();
        dtls.set_limits(dtls_limits(state.host.limits()));
        state.encryption = Some(Encryption::new(is_client, false));
        drop(state);
        if is_client {
            for (address, _) in addresses {
                dtls.connect(now, address);
            }
        }
        socket.set_dtls(dtls);
    }

    /// Sends a datagram past the protocol. Where everything is encrypted this is too, and without a
    /// session it is lost.
    pub fn send_raw(&self, now: Time, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        let mut guard = self.socket.demand();
        let socket = &mut *guard;
        let sent = match socket.dtls() {
            Some(dtls) => {
                dtls.send(now, to, datagram);
                socket.transmit(now);
                self.apply(&mut self.state.lock(), now, socket);
                Ok(())
            }
            None => {
                let sent = socket.send_raw(to, datagram);
                if let Ok(size) = sent {
                    self.state.lock().count_raw(now, size);
                }
                sent.map(|_| ())
            }
        };
        drop(guard);
        self.show_held();
        sent
    }

    /// Takes leave of those who have an encrypted session.
    pub fn close_sessions(&self) {
        let socket = &mut *self.socket.lock();
        if socket.dtls().is_none() {
            return;
        }
        let state = self.state.lock();
        let (now, connected) = (state.latest, state.untold());
        drop(state);
        if let Some(dtls) = socket.dtls() {
            dtls.close(now, |address| connected.contains(address));
            let state = self.state.lock();
            self.transmit_all(socket, state, now);
        }
    }
}

//! Settings, statistics and queries of a whole host.

use std::io;

use super::{Connection, unsigned};
#[cfg(feature = "dtls")]
use crate::EncryptError;
use crate::suffix::Suffix;
use crate::{Inactive, SettingError, SuffixError};
use enet_codec::{Compression, Recorder};
#[cfg(feature = "dtls")]
use enet_dtls::Dtls;
use enet_net::{Clock, Host};
use enet_proto::{MAX_CHANNELS, Time};

/// Godot's `ENetConnection.HostStatistic`, with its numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostStatistic {
    /// Bytes sent.
    SentData = 0,
    /// Datagrams sent.
    SentPackets = 1,
    /// Bytes received.
    ReceivedData = 2,
    /// Datagrams received.
    ReceivedPackets = 3,
}

impl Connection {
    /// Limits the bandwidth of the whole host, in bytes per second; 0 for unlimited. The host tells its
    /// peers within a second.
    pub fn limit_bandwidth(&mut self, incoming: i64, outgoing: i64) -> Result<(), SettingError> {
        let host = self.host.as_mut().ok_or(Inactive)?;
        let incoming = unsigned("incoming bandwidth", incoming)?;
        let outgoing = unsigned("outgoing bandwidth", outgoing)?;
        host.with_protocol(|protocol| protocol.set_bandwidth(incoming, outgoing));
        Ok(())
    }

    /// Encrypts everything from now on. Connections that were begun wait for their handshakes.
    #[cfg(feature = "dtls")]
    pub fn encrypt(&mut self, dtls: Dtls, now: Time) -> Result<(), EncryptError> {
        self.flush_waiting();
        let host = self.host.as_mut().ok_or(EncryptError::Inactive)?;
        if host.encrypts_as_client().is_some() {
            return Err(EncryptError::AlreadyEncrypted);
        }
        host.encrypt(now, dtls);
        self.update_admission();
        self.describe_in_captures();
        Ok(())
    }

    /// Chooses the codec for both directions, from now on.
    pub fn set_compression(&mut self, mode: Compression) -> Result<(), Inactive> {
        self.flush_waiting();
        self.host.as_mut().ok_or(Inactive)?.set_compression(mode);
        self.describe_in_captures();
        Ok(())
    }

    /// Records up to `count` of the next datagrams that are sent, as a codec sees them; 0 ends the
    /// recording.
    pub fn record(&mut self, count: usize) -> Result<(), Inactive> {
        let host = self.host.as_mut().ok_or(Inactive)?;
        self.recorder = (count > 0).then(|| Recorder::new(count));
        host.record(self.recorder.clone());
        Ok(())
    }

    /// The datagrams recorded since the last call.
    pub fn take_recorded(&mut self) -> Vec<Vec<u8>> {
        self.recorder.as_ref().map_or_else(Vec::new, Recorder::take)
    }

    /// Sends everything that may be sent now.
    pub fn flush(&mut self, now: Time) -> Result<(), Inactive> {
        let host = self.host.as_mut().ok_or(Inactive)?;
        host.flush(now);
        Ok(())
    }

    /// Gives the present host, and those made from now on, a thread that serves them: see
    /// [`Host::start_thread`]. `None` ends the thread. A failed call changes nothing.
    pub fn set_thread(&mut self, clock: Option<Clock>) -> io::Result<()> {
        match (&mut self.host, clock) {
            (Some(host), Some(clock)) => host.start_thread(clock)?,
            (Some(host), None) => host.stop_thread(),
            (None, _) => {}
        }
        self.thread_clock = clock;
        Ok(())
    }

    /// Chooses after how long without a poll or a service the thread stops answering: see
    /// [`Host::set_stall_timeout`]. [`crate::DEFAULT_STALL_TIMEOUT`] by default.
    pub fn set_stall_timeout(&mut self, timeout: Option<Time>) {
        self.stall_timeout = timeout;
        if let Some(host) = &mut self.host {
            host.set_stall_timeout(timeout);
        }
    }

    /// See [`Connection::set_stall_timeout`].
    pub fn stall_timeout(&self) -> Option<Time> {
        self.stall_timeout
    }

    /// Chooses up to 64 bytes that follow each datagram of the hosts made from now on: see [`Host::set_suffix`].
    pub fn set_suffix(&mut self, bytes: &[u8]) -> Result<(), SuffixError> {
        let suffix = Suffix::new(bytes)?;
        if self.is_active() {
            return Err(SuffixError::HostIsOpen);
        }
        self.suffix = suffix;
        Ok(())
    }

    /// The same, checked already.
    pub(crate) fn take_over_suffix(&mut self, suffix: Suffix) {
        self.suffix = suffix;
    }

    /// The bytes of [`Connection::set_suffix`].
    pub fn suffix(&self) -> &[u8] {
        &self.suffix
    }

    /// Whether hosts get a thread: see [`Connection::set_thread`].
    pub fn is_threaded(&self) -> bool {
        self.thread_clock.is_some()
    }

    /// The UDP port of the socket.
    pub fn local_port(&self) -> Result<u16, Inactive> {
        self.host.as_ref().map(Host::local_port).ok_or(Inactive)
    }

    /// Sizes of the socket's buffers in bytes, for receiving and for sending. See [`enet_net::Transport::buffer_sizes`].
    pub fn buffer_sizes(&self) -> Result<(usize, usize), Inactive> {
        self.host.as_ref().map(Host::buffer_sizes).ok_or(Inactive)
    }

    /// Limits the number of ENet channels of connections from now on, 1 to 255; any other number stands
    /// for 255.
    pub fn set_channel_limit(&mut self, limit: i64) -> Result<(), Inactive> {
        let host = self.host.as_mut().ok_or(Inactive)?;
        self.channel_limit = match usize::try_from(limit) {
            Ok(limit @ 1..=MAX_CHANNELS) => limit,
            _ => MAX_CHANNELS,
        };
        let limit = self.channel_limit;
        host.with_protocol(|protocol| protocol.set_channel_limit(limit));
        Ok(())
    }

    /// The limit of [`Connection::set_channel_limit`].
    pub fn channel_limit(&self) -> Result<usize, Inactive> {
        let limit = self.host.as_ref().map(|_| self.channel_limit);
        limit.ok_or(Inactive)
    }

    /// The number of bytes or datagrams since the last call with this statistic.
    pub fn pop_statistic(&mut self, statistic: HostStatistic) -> Result<u64, Inactive> {
        let totals = self.host.as_ref().ok_or(Inactive)?.totals();
        let popped = &mut self.popped;
        let (total, popped) = match statistic {
            HostStatistic::SentData => (totals.sent_bytes, &mut popped.sent_bytes),
            HostStatistic::SentPackets => (totals.sent_datagrams, &mut popped.sent_datagrams),
            HostStatistic::ReceivedData => (totals.received_bytes, &mut popped.received_bytes),
            HostStatistic::ReceivedPackets => {
                (totals.received_datagrams, &mut popped.received_datagrams)
            }
        };
        Ok(total.saturating_sub(std::mem::replace(popped, total)))
    }
}

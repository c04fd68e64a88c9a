//! Loss recovery: which reliable commands are in flight, when the oldest one is due for
//! retransmission, and when to give the connection up.
//!
//! A command's retransmission timeout (RTO) starts as the estimate of [`super::rtt`] and doubles with
//! every loss. One timer per connection follows the command that has been in flight longest. When the
//! timer fires, every command past its RTO counts as lost and leaves the in-flight list; the send
//! queue decides in which order they are retransmitted. The connection is given up after
//! [`Timeout::maximum`] of silence, or after [`Timeout::minimum`] if a command's RTO has grown by the
//! factor [`Timeout::limit`].

use std::collections::VecDeque;

use crate::Timeout;
use crate::send::{KEPT_CAPACITY, Key};

/// The longest timeout in milliseconds of a patient caller: whoever waits for minutes for a server that starts is to
/// notice it.
const PATIENT_RTO: u32 = 8000;

/// The transmissions of one reliable command.
#[derive(Debug, Clone, Copy)]
pub struct Transmission {
    sent_at: u64,
    attempts: u32,
    /// Milliseconds; 0 before the first transmission.
    rto: u32,
    turn: u32,
    /// Payload bytes, which count for the window while in flight.
    length: u16,
    in_flight: bool,
}

impl Transmission {
    /// The state of a command that was not sent yet.
    pub fn new(turn: u32, length: u16) -> Self {
        Self {
            sent_at: 0,
            attempts: 0,
            rto: 0,
            turn,
            length,
            in_flight: false,
        }
    }

    pub fn was_sent(&self) -> bool {
        self.attempts > 0
    }

    /// Whether the command was sent, and neither acknowledged nor considered lost since.
    pub fn is_in_flight(&self) -> bool {
        self.in_flight
    }

    pub fn length(&self) -> u16 {
        self.length
    }

    /// Payload bytes that count for the window.
    pub fn bytes_in_flight(&self) -> u32 {
        if self.in_flight {
            self.length.into()
        } else {
            0
        }
    }

    /// Whether this command was queued before another one of the same peer.
    pub fn is_before(&self, turn: u32) -> bool {
        (self.turn.wrapping_sub(turn) as i32) < 0
    }

    /// Position among all reliable commands that were queued for the peer; wraps.
    pub fn turn(&self) -> u32 {
        self.turn
    }

    fn is_in_flight_since(&self, sent_at: u64) -> bool {
        self.in_flight && self.sent_at == sent_at
    }

    fn expires_at(&self) -> u64 {
        self.sent_at + u64::from(self.rto)
    }

    /// The factor by which the RTO has grown.
    fn growth(&self) -> u64 {
        1 << self.attempts.saturating_sub(1).min(32)
    }
}

/// Finds the transmissions of commands that are not acknowledged yet.
pub trait Transmissions {
    fn find(&mut self, key: Key) -> Option<&mut Transmission>;
}

/// Commands in flight, and the retransmission timer.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Recovery {
    /// Commands and the times of their transmissions, oldest first. An entry of a command that was
    /// acknowledged or sent again meanwhile is skipped.
    in_flight: VecDeque<(Key, u64)>,
    /// When the oldest command in flight expires; meaningless while none is.
    timer: u64,
    bytes_in_flight: u32,
    limits: Timeout,
    /// The earliest transmission that expired since the last acknowledgement.
    silent_since: Option<u64>,
    retransmissions: u64,
}

/// The remote has been silent for too long.
#[derive(Debug, PartialEq, Eq)]
pub struct GiveUp;

impl Recovery {
    pub fn bytes_in_flight(&self) -> u32 {
        self.bytes_in_flight
    }

    /// Transmissions so far that were not a command's first one.
    pub fn retransmissions(&self) -> u64 {
        self.retransmissions
    }

    /// Sets the rule for giving up. A field of 0 stands for its default.
    pub fn set_limits(&mut self, limits: Timeout) {
        let usual = Timeout::default();
        let or_usual = |value, usual| if value == 0 { usual } else { value };
        self.limits = Timeout {
            limit: or_usual(limits.limit, usual.limit),
            minimum: or_usual(limits.minimum, usual.minimum),
            maximum: or_usual(limits.maximum, usual.maximum),
        };
    }

    /// The rule for giving up, if the application chose it.
    pub fn own_limits(&self) -> Option<Timeout> {
        (self.limits != Timeout::default()).then_some(self.limits)
    }

    /// Records a transmission; `rto` counts for a command's first one. False if the command is
    /// acknowledged already.
    pub fn on_transmit(
        &mut self,
        key: Key,
        now: u64,
        rto: u32,
        commands: &mut impl Transmissions,
    ) -> bool {
        let is_oldest = self.oldest(commands).is_none();
        let Some(command) = commands.find(key) else {
            return false;
        };
        // A repetition before the timeout, as with a proof, is no further attempt and moves no timeout: remotes that
        // ask for proofs would put it off for ever.
        if command.in_flight {
            return true;
        }
        command.attempts += 1;
        self.bytes_in_flight += u32::from(command.length);
        if command.rto == 0 {
            command.rto = rto;
        } else {
            self.retransmissions += 1;
        }
        command.sent_at = now;
        command.in_flight = true;
        if is_oldest {
            self.timer = command.expires_at();
        }
        self.in_flight.push_back((key, now));
        true
    }

    /// Records that a command was acknowledged, which `commands` does not find any more. `bytes` are
    /// its [`Transmission::bytes_in_flight`].
    pub fn on_acknowledged(&mut self, bytes: u32, commands: &mut impl Transmissions) {
        self.release_bytes(bytes);
        self.restart_timer(commands);
    }

    /// The remote is alive: the silence is over.
    pub fn on_response(&mut self) {
        self.silent_since = None;
    }

    /// When the next retransmission is due, if a command is in flight.
    pub fn deadline(&mut self, commands: &mut impl Transmissions) -> Option<u64> {
        self.oldest(commands).map(|_| self.timer)
    }

    /// Removes the commands that were not acknowledged within their RTO and doubles it. Their order is
    /// that of the transmissions. A `patient` caller decides itself when to give up.
    pub fn take_expired(
        &mut self,
        now: u64,
        patient: bool,
        commands: &mut impl Transmissions,
    ) -> Result<Vec<Key>, GiveUp> {
        let mut expired = Vec::new();
        let mut gives_up = false;
        let mut in_flight = std::mem::take(&mut self.in_flight);
        in_flight.retain(|&(key, sent_at)| {
            let Some(command) = commands.find(key) else {
                return false;
            };
            if !command.is_in_flight_since(sent_at) {
                return false;
            }
            if now < command.expires_at() {
                return true;
            }
            command.rto = command.rto.saturating_mul(2);
            if patient {
                command.rto = command.rto.min(PATIENT_RTO);
            }
            self.release_bytes(command.bytes_in_flight());
            command.in_flight = false;
            gives_up |= !patient && self.has_waited_enough(now, command);
            expired.push(key);
            false
        });
        self.in_flight = in_flight;
        if gives_up {
            return Err(GiveUp);
        }
        self.restart_timer(commands);
        Ok(expired)
    }

    fn has_waited_enough(&mut self, now: u64, expired: &Transmission) -> bool {
        let since = self.silent_since.unwrap_or(expired.sent_at);
        let since = since.min(expired.sent_at);
        self.silent_since = Some(since);
        let silence = now - since;
        let tried_enough = expired.growth() >= u64::from(self.limits.limit);
        silence >= u64::from(self.limits.maximum)
            || (tried_enough && silence >= u64::from(self.limits.minimum))
    }

    fn release_bytes(&mut self, bytes: u32) {
        self.bytes_in_flight = self.bytes_in_flight.saturating_sub(bytes);
    }

    fn restart_timer(&mut self, commands: &mut impl Transmissions) {
        if let Some(expires_at) = self.oldest(commands) {
            self.timer = expires_at;
        }
    }

    /// When the oldest command in flight expires.
    fn oldest(&mut self, commands: &mut impl Transmissions) -> Option<u64> {
        while let Some(&(key, sent_at)) = self.in_flight.front() {
            if let Some(command) = commands.find(key)
                && command.is_in_flight_since(sent_at)
            {
                return Some(command.expires_at());
            }
            self.in_flight.pop_front();
        }
        None
    }

    /// Forgets all commands in flight.
    pub fn clear(&mut self) {
        self.in_flight.clear();
        self.bytes_in_flight = 0;
    }

    /// Frees the list, when nothing is in flight: always if the peer is idle, otherwise if it is large.
    pub fn release_memory(&mut self, is_idle: bool) {
        if is_idle || self.in_flight.capacity() > KEPT_CAPACITY {
            self.in_flight = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[derive(Default)]
    struct Commands(HashMap<u64, Transmission>);

    impl Transmissions for Commands {
        fn find(&mut self, key: Key) -> Option<&mut Transmission> {
            self.0.get_mut(&key.number)
        }
    }

    impl Commands {
        fn with(lengths: &[u16]) -> Self {
            let commands = lengths
                .iter()
                .zip(1..)
                .map(|(&length, number)| (u64::from(number), Transmission::new(number, length)));
            Self(commands.collect())
        }
    }

    fn key(number: u64) -> Key {
        Key { channel: 0, number }
    }

    #[test]
    fn the_timer_follows_the_oldest_command_in_flight() {
        let mut commands = Commands::with(&[10, 20]);
        let mut recovery = Recovery::default();
        assert_eq!(recovery.deadline(&mut commands), None);
        assert!(recovery.on_transmit(key(1), 1000, 100, &mut commands));
        assert!(recovery.on_transmit(key(2), 1050, 100, &mut commands));
        assert_eq!(recovery.deadline(&mut commands), Some(1100));
        assert_eq!(recovery.bytes_in_flight(), 30);
        let first = commands.0.remove(&1).expect("it is there");
        recovery.on_acknowledged(first.bytes_in_flight(), &mut commands);
        assert_eq!(recovery.deadline(&mut commands), Some(1150));
        assert_eq!(recovery.bytes_in_flight(), 20);
        assert!(!recovery.on_transmit(key(1), 1060, 100, &mut commands));
    }

    #[test]
    fn an_expired_command_doubles_its_timeout() {
        let mut commands = Commands::with(&[10, 20]);
        let mut recovery = Recovery::default();
        recovery.on_transmit(key(1), 0, 100, &mut commands);
        recovery.on_transmit(key(2), 50, 100, &mut commands);
        assert_eq!(recovery.take_expired(99, false, &mut commands), Ok(vec![]));
        assert_eq!(
            recovery.take_expired(100, false, &mut commands),
            Ok(vec![key(1)])
        );
        assert_eq!(recovery.bytes_in_flight(), 20);
        assert_eq!(recovery.deadline(&mut commands), Some(150));
        // The estimate has changed meanwhile; the command keeps its own timeout.
        recovery.on_transmit(key(1), 100, 30, &mut commands);
        assert_eq!(
            recovery.take_expired(150, false, &mut commands),
            Ok(vec![key(2)])
        );
        assert_eq!(recovery.deadline(&mut commands), Some(300));
    }

    #[test]
    fn an_acknowledgement_ends_a_command_that_counts_as_lost() {
        let mut commands = Commands::with(&[10]);
        let mut recovery = Recovery::default();
        recovery.on_transmit(key(1), 0, 100, &mut commands);
        assert_eq!(
            recovery.take_expired(100, false, &mut commands),
            Ok(vec![key(1)])
        );
        let lost = commands.0.remove(&1).expect("it is there");
        recovery.on_acknowledged(lost.bytes_in_flight(), &mut commands);
        assert_eq!(recovery.bytes_in_flight(), 0);
        assert_eq!(recovery.deadline(&mut commands), None);
    }

    /// Retransmits one command whenever it expires; returns when the connection is given up.
    fn gives_up_at(limits: Timeout) -> u64 {
        let mut commands = Commands::with(&[10]);
        let mut recovery = Recovery::default();
        recovery.set_limits(limits);
        let mut now = 0;
        loop {
            recovery.on_transmit(key(1), now, 100, &mut commands);
            now = recovery.deadline(&mut commands).expect("in flight");
            match recovery.take_expired(now, false, &mut commands) {
                Ok(expired) => assert_eq!(expired, [key(1)]),
                Err(GiveUp) => return now,
            }
        }
    }

    #[test]
    fn a_connection_is_given_up_after_enough_doublings_and_the_minimum() {
        // Sent at 0, 100, 300, 700, 1500 and 3100; the sixth transmission makes 32 fold.
        assert_eq!(gives_up_at(Timeout::default()), 6300);
        let patient = Timeout {
            minimum: 7000,
            ..Timeout::default()
        };
        assert_eq!(gives_up_at(patient), 12_700);
    }

    #[test]
    fn a_connection_is_given_up_after_the_maximum_in_any_case() {
        let limits = Timeout {
            limit: u32::MAX,
            maximum: 2000,
            minimum: 0,
        };
        assert_eq!(gives_up_at(limits), 3100);
    }

    #[test]
    fn a_patient_caller_goes_on_and_never_waits_long() {
        let mut commands = Commands::with(&[10]);
        let mut recovery = Recovery::default();
        let mut now = 0;
        let mut longest = 0;
        while now < 200_000 {
            recovery.on_transmit(key(1), now, 500, &mut commands);
            let due = recovery.deadline(&mut commands).expect("in flight");
            longest = longest.max(due - now);
            now = due;
            assert_eq!(
                recovery.take_expired(now, true, &mut commands),
                Ok(vec![key(1)])
            );
        }
        assert_eq!(longest, 8000);
    }

    #[test]
    fn a_response_restarts_the_silence() {
        let mut commands = Commands::with(&[10]);
        let mut recovery = Recovery::default();
        recovery.set_limits(Timeout {
            limit: 1,
            minimum: 1000,
            maximum: 1000,
        });
        recovery.on_transmit(key(1), 0, 900, &mut commands);
        assert!(recovery.take_expired(900, false, &mut commands).is_ok());
        recovery.on_response();
        recovery.on_transmit(key(1), 900, 900, &mut commands);
        assert!(recovery.take_expired(1899, false, &mut commands).is_ok());
        assert_eq!(
            recovery.take_expired(2700, false, &mut commands),
            Err(GiveUp)
        );
    }
}

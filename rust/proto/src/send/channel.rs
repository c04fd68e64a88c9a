//! The sending half of a channel: sequence numbers, and reliable commands until they are
//! acknowledged.

use std::sync::Arc;

use super::queue::KEPT_CAPACITY;
use super::ring::Ring;
use super::send_buffer::SendBuffer;
use crate::Backlog;
use crate::peer::Transmission;
use crate::wire::{Command, FREE_WINDOWS, Fragment, WINDOW_SIZE, WINDOWS};

/// Bytes of a send buffer that stay allocated while the channel is in use.
const KEPT_BYTES: usize = 8192;

/// Where the payload of a reliable command is kept.
#[derive(Debug)]
pub enum Payload {
    /// In the channel's send buffer.
    Buffered,
    /// In bytes that fragments and recipients share, from an offset on.
    Shared(Arc<Vec<u8>>, u32),
}

/// A reliable command that is not acknowledged: a packet, or a fragment of one.
#[derive(Debug)]
struct Unacknowledged {
    payload: Payload,
    /// Where the send buffer ended before this command.
    position: u64,
    fragment: Option<Fragment>,
    transmission: Transmission,
}

/// The sending half of a channel.
#[derive(Debug, Default)]
pub struct SendChannel {
    /// The last reliable number given out.
    reliable: u64,
    /// The last unreliable number given out since then.
    unreliable: u16,
    commands: Ring<Unacknowledged>,
    buffer: SendBuffer,
}

impl SendChannel {
    /// The low bits of the last reliable number given out.
    pub fn last_reliable(&self) -> u16 {
        self.reliable as u16
    }

    /// Number of the next unreliable packet. `None` if the numbers are used up: a receiver tells late
    /// unreliable packets by 16 bits, counted from the last reliable one, and drops them. After a wrap
    /// it would drop everything. The 65,536th packet in a row goes reliably, as in C, and the count
    /// begins anew.
    pub fn next_unreliable(&mut self) -> Option<u16> {
        self.unreliable = self.unreliable.checked_add(1)?;
        Some(self.unreliable)
    }

    /// Whether [`Self::next_unreliable`] has a number to give.
    pub fn has_unreliable_numbers(&self) -> bool {
        self.unreliable < u16::MAX
    }

    /// Numbers a reliable packet or fragment and keeps it. `bytes` are stored if the payload is kept
    /// here.
    pub fn push_reliable(
        &mut self,
        bytes: &[u8],
        payload: Payload,
        fragment: Option<Fragment>,
        transmission: Transmission,
    ) -> u64 {
        self.reliable += 1;
        self.unreliable = 0;
        let position = self.buffer.end();
        if let Payload::Buffered = payload {
            self.buffer.push(bytes);
        }
        self.commands.push(Unacknowledged {
            payload,
            position,
            fragment,
            transmission,
        });
        self.reliable
    }

    /// The transmissions of a command that is not acknowledged.
    pub fn transmission(&mut self, number: u64) -> Option<&mut Transmission> {
        Some(&mut self.commands.get_mut(number)?.transmission)
    }

    /// Packets and fragments that wait to be sent, and those in flight. Walks all of them.
    pub fn backlogs(&self) -> [Backlog; 2] {
        let mut backlogs = [Backlog::default(); 2];
        for command in self.commands.iter() {
            let transmission = &command.transmission;
            backlogs[usize::from(transmission.is_in_flight())].count(transmission.length().into());
        }
        backlogs
    }

    /// A kept command and its payload, to send it.
    pub fn command(&self, number: u64) -> Option<(Command, &[u8])> {
        let kept = self.commands.get(number)?;
        let length = kept.transmission.length();
        let size = usize::from(length);
        let payload = match &kept.payload {
            Payload::Buffered => self.buffer.get(kept.position, size),
            Payload::Shared(bytes, offset) => {
                let start = *offset as usize;
                &bytes[start..start + size]
            }
        };
        Some((reliable_command(kept.fragment, length), payload))
    }

    /// Bytes of the payload of a command that is not acknowledged.
    pub fn length(&self, number: u64) -> Option<u32> {
        let kept = self.commands.get(number)?;
        Some(kept.transmission.length().into())
    }

    /// Removes an acknowledged command. Returns its payload, and its transmissions. `None` if it was
    /// never sent, or acknowledged before.
    pub fn acknowledge(&mut self, number: u16) -> Option<(Payload, Transmission)> {
        let number = self.commands.unwrapped(number);
        let transmission = &self.commands.get(number)?.transmission;
        if !transmission.was_sent() {
            return None;
        }
        let done = self.commands.remove(number)?;
        let oldest = self.commands.front().map(|oldest| oldest.position);
        self.buffer.release_to(oldest.unwrap_or(self.buffer.end()));
        Some((done.payload, done.transmission))
    }

    /// Whether a number would enter a new window while a number that the receiver may take for a later
    /// one is still in use.
    pub fn would_wrap(&self, number: u64) -> bool {
        let window = |number: u64| number / u64::from(WINDOW_SIZE);
        let ahead = window(number) - window(self.commands.base());
        ahead >= u64::from(WINDOWS - FREE_WINDOWS - 1)
    }

    /// Frees what only a burst needed, when nothing is unacknowledged. An idle peer keeps nothing.
    pub fn release_memory(&mut self, is_idle: bool) {
        self.commands.release_memory(KEPT_CAPACITY);
        self.buffer
            .release_memory(if is_idle { 0 } else { KEPT_BYTES });
    }
}

/// The command of a reliable packet, or of a fragment of one.
pub fn reliable_command(fragment: Option<Fragment>, length: u16) -> Command {
    match fragment {
        Some(fragment) => Command::Fragment { fragment, length },
        None => Command::Reliable { length },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(channel: &mut SendChannel, bytes: &[u8]) -> u64 {
        let transmission = Transmission::new(0, bytes.len() as u16);
        channel.push_reliable(bytes, Payload::Buffered, None, transmission)
    }

    #[test]
    fn a_command_is_kept_until_it_is_acknowledged() {
        let mut channel = SendChannel::default();
        assert_eq!(push(&mut channel, b"one"), 1);
        assert_eq!(push(&mut channel, b"three"), 2);
        let shared = Payload::Shared(Arc::new(b"0123456789".to_vec()), 4);
        channel.push_reliable(b"4567", shared, None, Transmission::new(0, 4));
        let payload = |channel: &SendChannel, number| {
            channel.command(number).map(|(_, bytes)| bytes.to_vec())
        };
        assert_eq!(payload(&channel, 2), Some(b"three".to_vec()));
        assert_eq!(payload(&channel, 3), Some(b"4567".to_vec()));
        assert!(channel.acknowledge(1).is_none(), "it was never sent");
    }

    #[test]
    fn unreliable_numbers_begin_anew_behind_each_reliable_packet() {
        let mut channel = SendChannel::default();
        for number in 1..=u16::MAX {
            assert_eq!(channel.next_unreliable(), Some(number));
        }
        assert!(!channel.has_unreliable_numbers() && channel.next_unreliable().is_none());
        push(&mut channel, b"");
        assert_eq!(channel.next_unreliable(), Some(1));
        assert_eq!(channel.last_reliable(), 1);
    }

    #[test]
    fn numbers_stay_seven_windows_behind_the_oldest_in_use() {
        let channel = SendChannel::default();
        assert!(!channel.would_wrap(7 * 4096 - 1));
        assert!(channel.would_wrap(7 * 4096));
    }
}

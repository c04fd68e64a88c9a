//! A datagram in the making: a header that is not filled in yet, and commands.

use super::packer::Route;
use crate::wire::{CHECKSUM_SIZE, Framed, HEADER_SIZE, MAX_COMMANDS, SENT_TIME, SHORT_HEADER_SIZE};

/// A datagram in the making.
#[derive(Debug)]
pub struct DatagramBuilder {
    bytes: Vec<u8>,
    commands: u32,
    /// Whether the header has room for the sending time, which acknowledgements return.
    is_timed: bool,
}

impl DatagramBuilder {
    /// An empty datagram in a buffer, which needs room for `mtu` bytes.
    #[inline]
    pub fn new(mut buffer: Vec<u8>, mtu: u32, is_timed: bool, has_checksum: bool) -> Self {
        let mut start = SHORT_HEADER_SIZE;
        if is_timed {
            start = HEADER_SIZE;
        }
        if has_checksum {
            start += CHECKSUM_SIZE;
        }
        buffer.clear();
        buffer.reserve(mtu as usize);
        buffer.resize(start, 0);
        Self {
            bytes: buffer,
            commands: 0,
            is_timed,
        }
    }

    pub fn has_commands(&self) -> bool {
        self.commands > 0
    }

    /// Whether a command of so many bytes fits into the datagram.
    #[inline]
    pub fn has_room(&self, size: usize, mtu: u32) -> bool {
        // The time counts in any case, as in C: a later command may need it.
        let time = match self.is_timed {
            true => 0,
            false => HEADER_SIZE - SHORT_HEADER_SIZE,
        };
        self.commands < MAX_COMMANDS && self.bytes.len() + time + size <= mtu as usize
    }

    /// Appends a command and its payload.
    #[inline]
    pub fn push(&mut self, framed: &Framed, payload: &[u8]) {
        if framed.wants_ack && !self.is_timed {
            self.is_timed = true;
            let time = [0; HEADER_SIZE - SHORT_HEADER_SIZE];
            self.bytes
                .splice(SHORT_HEADER_SIZE..SHORT_HEADER_SIZE, time);
        }
        framed.write(&mut self.bytes);
        self.bytes.extend_from_slice(payload);
        self.commands += 1;
    }

    /// Fills the header in and returns the datagram.
    #[inline]
    pub fn finish(self, route: &Route, now: u64, has_checksum: bool) -> Vec<u8> {
        let mut bytes = self.bytes;
        let mut header = route.header();
        let mut start = SHORT_HEADER_SIZE;
        if self.is_timed {
            header |= SENT_TIME;
            bytes[start..HEADER_SIZE].copy_from_slice(&(now as u16).to_be_bytes());
            start = HEADER_SIZE;
        }
        bytes[..SHORT_HEADER_SIZE].copy_from_slice(&header.to_be_bytes());
        if has_checksum {
            seal(&mut bytes, start, route.checksum_seed());
        }
        bytes
    }
}

/// Fills the checksum in: a CRC-32 of the whole datagram with the connection's token in its place.
fn seal(bytes: &mut [u8], start: usize, token: u32) {
    let field = start..start + CHECKSUM_SIZE;
    bytes[field.clone()].copy_from_slice(&token.to_be_bytes());
    let checksum = crc32fast::hash(bytes);
    bytes[field].copy_from_slice(&checksum.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{CONTROL_CHANNEL, Command};

    fn ping(wants_ack: bool) -> Framed {
        Framed {
            channel: CONTROL_CHANNEL,
            sequence: 1,
            wants_ack,
            unsequenced: false,
            command: Command::Ping,
        }
    }

    fn route() -> Route {
        let mut route = Route::new(([10, 0, 0, 1], 1).into(), 0xFF);
        route.set_remote(5, 2);
        route.set_token(0xAABB_CCDD);
        route
    }

    #[test]
    fn the_sending_time_is_inserted_when_a_command_needs_it() {
        let mut datagram = DatagramBuilder::new(Vec::new(), 576, false, false);
        datagram.push(&ping(false), &[]);
        datagram.push(&ping(true), b"xy");
        let bytes = datagram.finish(&route(), 0x1_2345, false);
        let header = [0x80 | 0x20, 5, 0x23, 0x45];
        let commands = [5, 0xFF, 0, 1, 0x85, 0xFF, 0, 1, b'x', b'y'];
        assert_eq!(bytes, [&header[..], &commands].concat());
    }

    #[test]
    fn a_datagram_is_full_by_bytes_or_by_commands() {
        let mut datagram = DatagramBuilder::new(Vec::new(), 576, false, false);
        assert!(datagram.has_room(572, 576) && !datagram.has_room(573, 576));
        for _ in 0..32 {
            assert!(datagram.has_room(4, 576));
            datagram.push(&ping(false), &[]);
        }
        assert!(!datagram.has_room(4, 576));
    }

    #[test]
    fn the_checksum_covers_header_token_and_commands() {
        let mut datagram = DatagramBuilder::new(Vec::new(), 576, false, true);
        datagram.push(&ping(false), &[]);
        let bytes = datagram.finish(&route(), 0, true);
        let plain = [0x20, 5, 0xAA, 0xBB, 0xCC, 0xDD, 5, 0xFF, 0, 1];
        assert_eq!(bytes[2..6], crc32fast::hash(&plain).to_be_bytes());
    }
}

//! Datagrams that are to leave, between the protocol and the socket.

use std::net::SocketAddr;
use std::time::Instant;

use super::tap::{Stage, Tap};
use crate::Transport;

/// Most datagrams that are sent before the socket is read again.
pub const CAPACITY: usize = 512;
/// Most bytes of a batch of datagrams: the kernel takes no more as one.
const MAX_BATCH_BYTES: usize = 65_000;

/// Datagrams with their addresses, and buffers of those that left.
#[derive(Debug, Default)]
pub struct Outbox {
    datagrams: Vec<(SocketAddr, Vec<u8>)>,
    spare: Vec<Vec<u8>>,
    batch: Vec<u8>,
}

/// Counts of sent datagrams, and of those that the system refused. Sizes are in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    pub datagrams: u64,
    pub bytes: u64,
    pub errors: u64,
}

impl Outbox {
    /// Fills up with what calls of `next` put into a buffer; says whether it got full. `next` gives its
    /// own buffers in exchange.
    pub fn fill(&mut self, mut next: impl FnMut(&mut Vec<u8>) -> Option<SocketAddr>) -> bool {
        while self.datagrams.len() < CAPACITY {
            let mut buffer = self.spare.pop().unwrap_or_default();
            let Some(to) = next(&mut buffer) else {
                self.spare.push(buffer);
                return false;
            };
            self.datagrams.push((to, buffer));
        }
        true
    }

    pub fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// The datagrams, in the order in which they leave.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (SocketAddr, &mut Vec<u8>)> {
        self.datagrams.iter_mut().map(|(to, bytes)| (*to, bytes))
    }

    /// Forgets the datagrams. Their buffers are used again.
    pub fn clear(&mut self) {
        self.spare
            .extend(self.datagrams.drain(..).map(|(_, buffer)| buffer));
    }

    /// Sends everything, each datagram with the suffix behind it. Datagrams of one size that follow each other to one
    /// address leave as a batch where the transport has them. The tap gets what was sent.
    pub fn send(
        &mut self,
        transport: &mut dyn Transport,
        suffix: &[u8],
        mut tap: Option<(&mut Tap, Stage)>,
    ) -> Sent {
        let mut done = Sent::default();
        if !suffix.is_empty() {
            for (_, datagram) in &mut self.datagrams {
                datagram.extend_from_slice(suffix);
            }
        }
        let largest = transport.largest_batch();
        let mut rest = self.datagrams.as_slice();
        while let Some((to, first)) = rest.first() {
            let count = batch_len(rest, largest);
            let size = first.len();
            let mut bytes = size;
            let time = tap.is_some().then(Instant::now);
            let sent = if count == 1 {
                usize::from(transport.send(*to, first).is_ok())
            } else {
                self.batch.clear();
                for (_, datagram) in &rest[..count] {
                    self.batch.extend_from_slice(datagram);
                }
                bytes = self.batch.len();
                transport.send_batch(*to, &self.batch, size)
            };
            // The network may lose any datagram; one that never left is no different.
            done.errors += (count - sent.min(count)) as u64;
            done.datagrams += sent as u64;
            done.bytes += (sent * size).min(bytes) as u64;
            if let (Some((tap, stage)), Some(time)) = (&mut tap, time) {
                let first = self.datagrams.len() - rest.len();
                let sent = rest[..sent.min(count)].iter().enumerate();
                for (index, (to, bytes)) in sent {
                    tap.pass_from(time, *stage, first + index, *to, bytes, suffix.len());
                }
            }
            rest = &rest[count..];
        }
        self.clear();
        done
    }
}

/// How many datagrams at the front may leave as one batch: all to the same address, all of the same
/// size but the last, which may be smaller.
fn batch_len(datagrams: &[(SocketAddr, Vec<u8>)], largest: usize) -> usize {
    let Some((to, first)) = datagrams.first() else {
        return 0;
    };
    let size = first.len();
    let mut bytes = size;
    let mut count = 1;
    for (address, datagram) in &datagrams[1..] {
        if address != to
            || count >= largest
            || bytes != count * size
            || datagram.len() > size
            || bytes + datagram.len() > MAX_BATCH_BYTES
        {
            break;
        }
        bytes += datagram.len();
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(port: u16, size: usize) -> (SocketAddr, Vec<u8>) {
        (([10, 0, 0, 1], port).into(), vec![0; size])
    }

    #[test]
    fn batches_hold_equal_sizes_to_one_address_and_a_smaller_last_one() {
        for (datagrams, largest, count) in [
            (vec![], 64, 0),
            (vec![to(1, 100)], 64, 1),
            (vec![to(1, 100), to(1, 100), to(1, 100)], 64, 3),
            (vec![to(1, 100), to(1, 100), to(1, 100)], 2, 2),
            (vec![to(1, 100), to(2, 100)], 64, 1),
            (vec![to(1, 100), to(1, 50), to(1, 50)], 64, 2),
            (vec![to(1, 50), to(1, 100)], 64, 1),
            (vec![to(1, 40_000), to(1, 40_000)], 64, 1),
        ] {
            assert_eq!(batch_len(&datagrams, largest), count, "{datagrams:?}");
        }
    }

    #[test]
    fn it_fills_up_and_keeps_the_buffers() {
        let mut outbox = Outbox::default();
        let address = ([10, 0, 0, 1], 1).into();
        assert!(outbox.fill(|buffer| {
            buffer.resize(100, 7);
            Some(address)
        }));
        assert_eq!(outbox.iter_mut().count(), CAPACITY);
        outbox.clear();
        assert!(outbox.is_empty());
        let mut left = 2;
        let is_full = outbox.fill(|buffer| {
            assert_eq!(buffer.len(), 100, "a buffer of before");
            left -= 1;
            (left > 0).then_some(address)
        });
        assert!(!is_full);
        assert_eq!(outbox.iter_mut().count(), 1);
    }
}

//! Datagrams that arrived, between the socket and the protocol.

use std::net::SocketAddr;

/// Datagrams back to back, in the order of their arrival.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    from: SocketAddr,
    /// Where its bytes end.
    end: usize,
    wire_size: u32,
    sealed_size: u32,
}

/// A datagram that arrived.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    pub from: SocketAddr,
    /// Empty if it was dropped on the way through the inboxes, and only counts.
    pub bytes: &'a [u8],
    /// Its size before it was decompressed.
    pub wire_size: usize,
    /// The same before it was decrypted, too. 0 for all but the first of those that came in one.
    pub sealed_size: usize,
}

impl Inbox {
    pub fn push(&mut self, from: SocketAddr, bytes: &[u8], wire_size: usize) {
        self.push_opened(from, bytes, wire_size, wire_size);
    }

    /// Adds one that was encrypted.
    pub fn push_opened(
        &mut self,
        from: SocketAddr,
        bytes: &[u8],
        wire_size: usize,
        sealed_size: usize,
    ) {
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len();
        self.entries.push(Entry {
            from,
            end,
            // Less than 64 KiB.
            wire_size: wire_size as u32,
            sealed_size: sealed_size as u32,
        });
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Arrival<'_>> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let bytes = &self.bytes[start..entry.end];
            start = entry.end;
            Arrival {
                from: entry.from,
                bytes,
                wire_size: entry.wire_size as usize,
                sealed_size: entry.sealed_size as usize,
            }
        })
    }

    /// Forgets the datagrams. The memory stays for the next ones.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_come_out_as_they_went_in() {
        let mut inbox = Inbox::default();
        let sizes = [3, 0, 1392];
        for _ in 0..2 {
            for (index, &size) in sizes.iter().enumerate() {
                let from = ([10, 0, 0, 1], index as u16).into();
                inbox.push(from, &vec![index as u8; size], size + 1);
            }
            assert!(!inbox.is_empty());
            let mut arrivals = inbox.iter();
            for (index, &size) in sizes.iter().enumerate() {
                let arrival = arrivals.next().expect("one for each");
                assert_eq!(usize::from(arrival.from.port()), index);
                assert_eq!(arrival.bytes, vec![index as u8; size]);
                assert_eq!(arrival.wire_size, size + 1);
            }
            assert!(arrivals.next().is_none());
            drop(arrivals);
            inbox.clear();
            assert!(inbox.is_empty() && inbox.iter().next().is_none());
        }
    }
}

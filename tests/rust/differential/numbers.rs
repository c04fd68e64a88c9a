//! Unreliable ordered packets have 16-bit sequence numbers that restart with each reliable packet of
//! the channel and cannot wrap. The 65,536th in a row is sent reliably, in every pairing.

use std::ops::RangeInclusive;

use enet_proto::PacketFlags;

use super::arena::{Arena, SERVER, What, all_pairings};
use super::script::{IN_PARTS, RELIABLE, UNRELIABLE, UNSEQUENCED};

const IN_A_ROW: usize = 65_535;

/// The packets that arrived on a channel, as runs of equal flags with their lengths.
fn runs(arena: &Arena, wanted: u8) -> Vec<(PacketFlags, usize)> {
    let mut runs: Vec<(PacketFlags, usize)> = Vec::new();
    for entry in &arena.log[&(SERVER, 1, 1)] {
        let What::Packet { channel, flags, .. } = entry.what else {
            continue;
        };
        match runs.last_mut() {
            _ if channel != wanted => {}
            Some((last, count)) if *last == flags => *count += 1,
            _ => runs.push((flags, 1)),
        }
    }
    runs
}

fn send(arena: &mut Arena, channel: u8, flags: PacketFlags, numbers: RangeInclusive<usize>) {
    for number in numbers {
        arena.send(1, SERVER, channel, flags, b"");
        // C walks its whole queue for every packet.
        if number % 100 == 0 {
            arena.flush(1);
        }
    }
    arena.flush(1);
    arena.pass(50, 10);
}

#[test]
fn the_65536th_unreliable_packet_in_a_row_is_sent_reliably() {
    for pairing in all_pairings() {
        let mut arena = Arena::new(pairing, 1, 1);
        arena.join(1, 3);
        send(&mut arena, 0, UNRELIABLE, 1..=2 * IN_A_ROW + 3);
        let row = (UNRELIABLE, IN_A_ROW);
        let wrap = (RELIABLE, 1);
        let expected = [row, wrap, row, wrap, (UNRELIABLE, 1)];
        assert_eq!(runs(&arena, 0), expected, "{}", pairing.name);

        // A large packet needs a sequence number too.
        send(&mut arena, 1, UNRELIABLE, 1..=IN_A_ROW);
        for _ in 0..2 {
            arena.send(1, SERVER, 1, IN_PARTS, &[1; 3000]);
            arena.flush(1);
            arena.pass(50, 10);
        }
        let expected = [row, wrap, (IN_PARTS, 1)];
        assert_eq!(runs(&arena, 1), expected, "{}", pairing.name);

        // Unsequenced packets have no such number.
        send(&mut arena, 2, UNSEQUENCED, 1..=IN_A_ROW + 2);
        let expected = [(UNSEQUENCED, IN_A_ROW + 2)];
        assert_eq!(runs(&arena, 2), expected, "{}", pairing.name);
    }
}

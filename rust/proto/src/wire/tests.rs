//! Commands and headers survive the wire, and bytes that are none do not.

use super::*;

const TERMS: Terms = Terms {
    slot: 7,
    incoming_session: 1,
    outgoing_session: 2,
    mtu: 1392,
    window: 65536,
    channels: 3,
    in_bandwidth: 10,
    out_bandwidth: 20,
    throttle: Throttle {
        interval: 5000,
        acceleration: 2,
        deceleration: 3,
    },
    token: 0x1234_5678,
};
const FRAGMENT: Fragment = Fragment {
    start: 9,
    count: 4,
    number: 3,
    total: 4000,
    offset: 3000,
};

fn commands() -> [Command; 12] {
    [
        Command::Acknowledge {
            sequence: 1,
            sent_time: 2,
        },
        Command::Connect {
            terms: TERMS,
            data: 5,
        },
        Command::VerifyConnect(TERMS),
        Command::Disconnect { data: 6 },
        Command::Ping,
        Command::Reliable { length: 0 },
        Command::Unreliable {
            sequence: 8,
            length: 0,
        },
        Command::Fragment {
            fragment: FRAGMENT,
            length: 0,
        },
        Command::Unsequenced {
            group: 4,
            length: 0,
        },
        Command::BandwidthLimit {
            incoming: 1,
            outgoing: 2,
        },
        Command::ThrottleConfigure(TERMS.throttle),
        Command::UnreliableFragment {
            fragment: FRAGMENT,
            length: 0,
        },
    ]
}

fn framed(command: Command) -> Framed {
    Framed {
        channel: 5,
        sequence: 0x0102,
        wants_ack: true,
        unsequenced: false,
        command,
    }
}

#[test]
fn every_command_is_read_as_it_was_written() {
    for (command, number) in commands().into_iter().zip(1..) {
        let mut bytes = Vec::new();
        framed(command).write(&mut bytes);
        assert_eq!(bytes.len(), command.size(), "{command:?}");
        assert_eq!(bytes[..4], [0x80 | number, 5, 1, 2]);
        let mut rest = &bytes[..];
        assert_eq!(Framed::read(&mut rest), Some(framed(command)));
        assert!(rest.is_empty());
    }
}

#[test]
fn a_command_that_is_cut_short_is_none() {
    for command in commands() {
        let mut bytes = Vec::new();
        framed(command).write(&mut bytes);
        for length in 0..bytes.len() {
            assert_eq!(Framed::read(&mut &bytes[..length]), None, "{command:?}");
        }
    }
    assert_eq!(Framed::read(&mut &[0x0D; 50][..]), None, "no such command");
}

/// Only in this version, and not with flags.
#[test]
fn a_proof_is_read_as_it_was_written_and_is_no_other_command() {
    let proof = Framed::proof([9; PROOF_SIZE]);
    let mut bytes = Vec::new();
    proof.write(&mut bytes);
    assert_eq!(bytes.len(), proof.command.size());
    assert_eq!(bytes[..5], [0, b'P', 0, 1, 9]);
    assert_eq!(Framed::read(&mut &bytes[..]), Some(proof));
    for length in 0..bytes.len() {
        assert_eq!(Framed::read(&mut &bytes[..length]), None);
    }
    for (at, byte) in [(0, 0x80), (0, 0x40), (0, 0x10), (1, 0), (3, 2)] {
        let mut other = bytes.clone();
        other[at] = byte;
        assert_eq!(Framed::read(&mut &other[..]), None);
    }
}

#[test]
fn a_header_has_slot_session_flags_and_perhaps_a_time() {
    let mut bytes = &[0xE0, 5, 0x12, 0x34, 9][..];
    let header = Header {
        slot: 5,
        session: 2,
        is_compressed: true,
        sent_time: Some(0x1234),
    };
    assert_eq!(Header::read(&mut bytes), Some(header));
    assert_eq!(bytes, [9]);
    assert_eq!(Header::read(&mut &[0x80, 5, 0x12][..]), None);
    let short = Header::read(&mut &[0x0F, 0xFF][..]).expect("a header");
    assert_eq!((short.slot, short.sent_time), (NO_SLOT, None));
}

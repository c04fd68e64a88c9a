//! Every way to end a connection, from either side.

use super::in_each_role;
use super::node::{How, Kind, RELIABLE, Seen, Sending, Settings};
use super::world::World;

const LAST_WORDS: Sending = Sending {
    channel: 1,
    flags: RELIABLE,
    size: 100_000,
    seed: 77,
};
const DATA: u32 = 0x8765_4321;

/// Runs a check for every role and for either side that ends the connection. The check gets the
/// ending host with its slot, then the other host with its slot.
fn for_each_side(seed: u32, check: impl Fn(World, (usize, u16), (usize, u16)) + Sync) {
    in_each_role(|server, client| {
        for side in [0, 1] {
            let mut world = World::new(seed);
            let pair = world.pair(server, client, Settings::default());
            println!("server {server:?}, client {client:?}, side {side}");
            let (ender, left) = pair.directions()[side];
            check(world, ender, left);
        }
    });
}

#[test]
fn an_acknowledged_disconnect_is_reported_on_both_sides() {
    for_each_side(40, |mut world, (ender, at), (left, slot)| {
        world.disconnect(ender, at, DATA, How::Acked);
        world.until(20_000, "end", |world| {
            !world.seen(ender).is_empty() && !world.seen(left).is_empty()
        });
        let data = 0;
        assert_eq!(world.take(ender), [Seen::Disconnected { slot: at, data }]);
        let data = DATA;
        assert_eq!(world.take(left), [Seen::Disconnected { slot, data }]);
    });
}

#[test]
fn a_later_disconnect_delivers_everything_first() {
    for_each_side(41, |mut world, (ender, at), (left, slot)| {
        assert!(world.send(ender, at, LAST_WORDS));
        world.disconnect(ender, at, DATA, How::Later);
        assert!(!world.send(ender, at, LAST_WORDS), "too late");
        world.until(20_000, "end", |world| {
            !world.seen(ender).is_empty() && world.seen(left).len() == 2
        });
        let data = 0;
        assert_eq!(world.take(ender), [Seen::Disconnected { slot: at, data }]);
        let data = DATA;
        let arrived = Seen::Received(LAST_WORDS.arrival(slot));
        let ended = Seen::Disconnected { slot, data };
        assert_eq!(world.take(left), [arrived, ended]);
    });
}

#[test]
fn an_immediate_disconnect_is_reported_only_by_the_remote() {
    for_each_side(42, |mut world, (ender, at), (left, slot)| {
        // The disconnect drops this packet before it is sent.
        assert!(world.send(ender, at, LAST_WORDS));
        world.disconnect(ender, at, DATA, How::Now);
        world.until(20_000, "end", |world| !world.seen(left).is_empty());
        world.run(200);
        let data = DATA;
        assert_eq!(world.take(left), [Seen::Disconnected { slot, data }]);
        assert_eq!(world.take(ender), []);
    });
}

/// The remote is not told, so its pings have to detect the end, after at least five seconds.
#[test]
fn the_c_library_detects_a_silent_end() {
    silent_end(43, Kind::Ours);
}

#[test]
fn our_engine_detects_a_silent_end() {
    silent_end(44, Kind::C);
}

fn silent_end(seed: u32, ender: Kind) {
    in_each_role(|server, client| {
        let mut world = World::new(seed);
        let pair = world.pair(server, client, Settings::default());
        let direction = usize::from(server == ender);
        let ((ender, at), (left, slot)) = pair.directions()[direction];
        // Traffic to measure the round-trip time.
        for seed in 1..=20 {
            for ((from, at), _) in pair.directions() {
                let size = 10;
                assert!(world.send(
                    from,
                    at,
                    Sending {
                        size,
                        seed,
                        ..LAST_WORDS
                    }
                ));
            }
            world.run(5);
        }
        world.run(100);
        world.take(ender);
        world.take(left);
        world.disconnect(ender, at, DATA, How::Reset);
        world.run(3000);
        assert_eq!(world.seen(left), [], "not yet");
        world.until(40_000, "timeout", |world| !world.seen(left).is_empty());
        let data = 0;
        assert_eq!(world.take(left), [Seen::Disconnected { slot, data }]);
        assert_eq!(world.take(ender), []);
    });
}

/// Each side disconnects before it hears of the other's disconnect.
#[test]
fn both_sides_may_disconnect_at_once() {
    for_each_side(45, |mut world, (one, at), (other, slot)| {
        world.disconnect(one, at, 1, How::Acked);
        world.disconnect(other, slot, 2, How::Acked);
        world.until(20_000, "ends", |world| {
            !world.seen(one).is_empty() && !world.seen(other).is_empty()
        });
        world.run(100);
        for (host, slot) in [(one, at), (other, slot)] {
            match world.take(host)[..] {
                [Seen::Disconnected { slot: ended, .. }] if ended == slot => {}
                ref seen => panic!("{seen:?}"),
            }
        }
    });
}

#[test]
fn a_connection_attempt_can_be_cancelled() {
    in_each_role(|server, client| {
        for how in [How::Now, How::Later, How::Acked, How::Reset] {
            let mut world = World::new(46);
            let server = world.host(server, Settings::default());
            let client = world.host(client, Settings::default());
            let slot = world.connect(client, server, 2, 0).expect("a slot");
            world.disconnect(client, slot, DATA, how);
            world.run(300);
            assert_eq!(world.take(client), [], "{how:?}");
            assert_eq!(world.take(server), [], "{how:?}");
            // The cancelled attempt does not affect the next one.
            let slot = world.connect(client, server, 2, 5).expect("a slot");
            world.until(20_000, "connection", |world| {
                world.seen(server).len() + world.seen(client).len() == 2
            });
            assert_eq!(world.take(client), [Seen::Connected { slot, data: 0 }]);
        }
    });
}

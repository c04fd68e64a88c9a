//! Random scripts of calls, and their playback.

use std::collections::BTreeMap;

use enet_proto::Disconnect;
use enet_proto::{PacketFlags, PeerId, PeerState, Throttle, Timeout};
use proptest::prelude::*;
use proptest::sample::select;

use super::arena::{Arena, SERVER, Weather};

pub const CLIENTS: usize = 4;

pub const RELIABLE: PacketFlags = flags(true, false, false);
pub const UNRELIABLE: PacketFlags = flags(false, false, false);
pub const UNSEQUENCED: PacketFlags = flags(false, true, false);
pub const IN_PARTS: PacketFlags = flags(false, false, true);

const fn flags(reliable: bool, unsequenced: bool, unreliable_fragment: bool) -> PacketFlags {
    PacketFlags {
        reliable,
        unsequenced,
        unreliable_fragment,
    }
}

/// One end of a client's connection.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub client: usize,
    pub is_server: bool,
}

#[derive(Debug, Clone)]
pub enum Step {
    Connect {
        client: usize,
        channels: usize,
        data: u32,
    },
    Send {
        end: End,
        channel: u8,
        flags: PacketFlags,
        size: usize,
    },
    /// Several reliable packets, then one flush.
    Burst {
        end: End,
        channel: u8,
        sizes: Vec<usize>,
    },
    Disconnect {
        end: End,
        how: Disconnect,
        data: u32,
    },
    Ping(End),
    PingInterval(End, u32),
    Timeout(End, Timeout),
    Throttle(End, Throttle),
    Bandwidth {
        node: usize,
        incoming: u32,
        outgoing: u32,
    },
    CutOff {
        client: usize,
        cut: bool,
    },
    Weather(Weather),
    /// Milliseconds that pass in one step.
    Wait(u64),
    /// Milliseconds that pass in steps of 10.
    Run(u64),
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        8 => 0..200usize,
        3 => 1300..1420usize,
        3 => 0..6000usize,
        1 => 0..65_537usize,
    ]
}

fn end() -> impl Strategy<Value = End> {
    // Mostly the first client: a script with many steps on one connection finds more.
    let client = prop_oneof![4 => Just(1usize), 1 => 1..=CLIENTS];
    (client, any::<bool>()).prop_map(|(client, is_server)| End { client, is_server })
}

fn bandwidth() -> impl Strategy<Value = u32> {
    select(vec![0, 0, 2000, 20_000, 57_600, 70_000, 400_000, 3_000_000])
}

pub fn step() -> impl Strategy<Value = Step> {
    let kinds = vec![
        RELIABLE,
        UNRELIABLE,
        UNSEQUENCED,
        IN_PARTS,
        flags(false, true, true),
        flags(true, true, true),
    ];
    let ways = vec![
        Disconnect::Acknowledged,
        Disconnect::Later,
        Disconnect::Now,
        Disconnect::Silent,
    ];
    let client = prop_oneof![3 => Just(1usize), 1 => 1..=CLIENTS];
    let cut = client.clone();
    prop_oneof![
        3 => (client, 1..6usize, any::<u32>())
            .prop_map(|(client, channels, data)| Step::Connect { client, channels, data }),
        24 => (end(), 0..6u8, select(kinds), size())
            .prop_map(|(end, channel, flags, size)| Step::Send { end, channel, flags, size }),
        6 => (end(), 0..3u8, proptest::collection::vec(size(), 1..8))
            .prop_map(|(end, channel, sizes)| Step::Burst { end, channel, sizes }),
        2 => (end(), select(ways), any::<u32>())
            .prop_map(|(end, how, data)| Step::Disconnect { end, how, data }),
        2 => end().prop_map(Step::Ping),
        1 => (end(), select(vec![0, 50, 700, 2000]))
            .prop_map(|(end, interval)| Step::PingInterval(end, interval)),
        1 => (end(), 0..70u32, 0..8000u32, 0..20_000u32).prop_map(|(end, limit, minimum, maximum)| {
            Step::Timeout(end, Timeout { limit, minimum, maximum })
        }),
        2 => (end(), select(vec![1, 300, 1000, 5000]), 0..40u32, 0..40u32).prop_map(
            |(end, interval, acceleration, deceleration)| {
                Step::Throttle(end, Throttle { interval, acceleration, deceleration })
            }
        ),
        2 => (0..=CLIENTS, bandwidth(), bandwidth())
            .prop_map(|(node, incoming, outgoing)| Step::Bandwidth { node, incoming, outgoing }),
        2 => (cut, any::<bool>()).prop_map(|(client, cut)| Step::CutOff { client, cut }),
        1 => weather().prop_map(Step::Weather),
        16 => (1..200u64).prop_map(Step::Wait),
        4 => (100..3000u64).prop_map(Step::Run),
    ]
}

fn weather() -> impl Strategy<Value = Weather> {
    let share = || select(vec![0, 0, 50, 200]);
    (1..100u64, select(vec![0, 0, 30, 120]), share(), share()).prop_map(
        |(latency, jitter, loss, duplication)| Weather {
            latency,
            jitter,
            loss,
            duplication,
            each: false,
        },
    )
}

/// A script that begins with a connection, so that neither chance nor shrinking leaves it idle.
pub fn script() -> impl Strategy<Value = Vec<Step>> {
    let first = Step::Connect {
        client: 1,
        channels: 4,
        data: 7,
    };
    proptest::collection::vec(step(), 1..60).prop_map(move |mut steps| {
        steps.insert(0, first.clone());
        steps
    })
}

/// Plays a script and lets the network settle.
pub fn play(arena: &mut Arena, steps: &[Step]) {
    let mut contents = Contents::default();
    for step in steps {
        play_step(arena, step, &mut contents);
    }
    arena.weather = Weather {
        each: arena.weather.each,
        ..Weather::default()
    };
    for client in 1..=CLIENTS {
        arena.cut_off(client, false);
    }
    arena.pass(3000, 20);
    arena.take_statistics();
}

fn play_step(arena: &mut Arena, step: &Step, contents: &mut Contents) {
    let now = arena.time();
    match *step {
        Step::Connect {
            client,
            channels,
            data,
        } => connect(arena, client, channels, data),
        Step::Send {
            end,
            channel,
            flags,
            size,
        } => {
            let (node, remote) = end.nodes();
            let data = contents.next(size);
            arena.send(node, remote, channel, flags, &data);
            arena.flush(node);
        }
        Step::Burst {
            end,
            channel,
            ref sizes,
        } => {
            let (node, remote) = end.nodes();
            for &size in sizes {
                let data = contents.next(size);
                arena.send(node, remote, channel, RELIABLE, &data);
            }
            arena.flush(node);
        }
        Step::Disconnect { end, how, data } => {
            let both_later = how == Disconnect::Later && end.other().is_leaving(arena);
            if let Some(peer) = end.peer(arena).filter(|_| !both_later) {
                if how == Disconnect::Later {
                    let now = arena.now;
                    arena.strays.entry(end.client).or_insert(now);
                }
                let engine = &mut arena.nodes[end.nodes().0].engine;
                engine.disconnect(now, peer, data, how);
                arena.flush(end.nodes().0);
            }
        }
        Step::Ping(end) => {
            if let Some(peer) = end.up(arena) {
                arena.nodes[end.nodes().0].engine.ping(now, peer);
                arena.flush(end.nodes().0);
            }
        }
        Step::PingInterval(end, interval) => {
            if let Some(peer) = end.up(arena) {
                let engine = &mut arena.nodes[end.nodes().0].engine;
                engine.set_ping_interval(now, peer, interval);
                // Otherwise a ping may be due at once, which C sends in the flush, we with the next
                // service.
                engine.ping(now, peer);
                arena.flush(end.nodes().0);
            }
        }
        Step::Timeout(end, timeout) => {
            if let Some(peer) = end.peer(arena) {
                arena.nodes[end.nodes().0].engine.set_timeout(peer, timeout);
            }
        }
        Step::Throttle(end, throttle) => {
            if let Some(peer) = end.up(arena) {
                let engine = &mut arena.nodes[end.nodes().0].engine;
                engine.configure_throttle(now, peer, throttle);
                arena.flush(end.nodes().0);
            }
        }
        Step::Bandwidth {
            node,
            incoming,
            outgoing,
        } => arena.nodes[node].set_bandwidth(incoming, outgoing),
        Step::CutOff { client, cut } => arena.cut_off(client, cut),
        Step::Weather(weather) => {
            let each = arena.weather.each;
            arena.weather = Weather { each, ..weather };
        }
        Step::Wait(time) => {
            arena.step(time);
            arena.take_statistics();
        }
        Step::Run(time) => {
            arena.pass(time, 10);
            arena.take_statistics();
        }
    }
}

fn connect(arena: &mut Arena, client: usize, channels: usize, data: u32) {
    let is_natural = arena.weather.each;
    if !is_natural {
        // Lets acknowledgements for the client's last connection pass: engines may serve two
        // connections in either order.
        arena.pass(500, 50);
        arena.spared = Some(client);
        arena.cut_off(client, false);
    }
    if arena.connect(client, channels, data).is_some() && !is_natural {
        let is_up = arena.run(400, 10, |arena| arena.is_up(client));
        if !is_up {
            // The last connection's disconnect may end an attempt. C then keeps retransmitting its
            // VERIFY_CONNECT and takes acknowledgements of the next connection for those of this one.
            let now = arena.now;
            arena.strays.entry(client).or_insert(now);
        }
    }
    arena.spared = None;
}

impl End {
    /// The node at this end, and the node at the other.
    fn nodes(self) -> (usize, usize) {
        match self.is_server {
            true => (SERVER, self.client),
            false => (self.client, SERVER),
        }
    }

    fn peer(self, arena: &Arena) -> Option<PeerId> {
        let (node, remote) = self.nodes();
        arena.nodes[node].peers.get(&remote).copied()
    }

    fn other(self) -> Self {
        Self {
            is_server: !self.is_server,
            ..self
        }
    }

    fn is_leaving(self, arena: &Arena) -> bool {
        let engine = &arena.nodes[self.nodes().0].engine;
        self.peer(arena)
            .is_some_and(|peer| engine.state(peer) == PeerState::DisconnectLater)
    }

    fn up(self, arena: &Arena) -> Option<PeerId> {
        let engine = &arena.nodes[self.nodes().0].engine;
        self.peer(arena)
            .filter(|&peer| engine.state(peer) == PeerState::Connected)
    }
}

/// Packet contents that differ from each other: each begins with its number.
#[derive(Default)]
pub struct Contents {
    number: u32,
    pub sizes: BTreeMap<u32, usize>,
}

impl Contents {
    pub fn next(&mut self, size: usize) -> Vec<u8> {
        self.number += 1;
        self.sizes.insert(self.number, size);
        let number = self.number.to_be_bytes();
        let mut data: Vec<u8> = (0..size)
            .map(|at| (at as u32).wrapping_mul(self.number) as u8)
            .collect();
        let head = size.min(number.len());
        data[..head].copy_from_slice(&number[4 - head..]);
        data
    }
}

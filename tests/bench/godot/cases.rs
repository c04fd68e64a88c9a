//! What is measured, and how much of stock's cost may be left.

use super::Way;

/// What the clients of a case do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// All come at once.
    Join,
    /// They only listen.
    Listen,
    /// Each says something [`PACKETS_PER_SECOND`] times a second.
    Talk,
    /// As often, each tells every other one something, by way of the server.
    Relay,
}

/// What a client says.
pub const PACKETS_PER_SECOND: u32 = 20;

/// Something of a run that is looked at.
pub struct Figure {
    /// Its name in what the server or the clients print.
    pub name: &'static str,
    /// For people.
    pub unit: &'static str,
    goal: Option<f64>,
    threaded_goal: Option<f64>,
}

impl Figure {
    /// The ratio to reach.
    pub fn goal(&self, way: Way) -> Option<f64> {
        match way {
            Way::Plain => self.goal,
            Way::Threaded => self.threaded_goal,
        }
    }
}

/// Something a server does.
pub struct Case {
    /// Its name, for people.
    pub name: &'static str,
    /// Its name in bench.gd.
    pub kind: &'static str,
    pub clients: usize,
    pub doing: Clients,
    /// Bytes of a packet.
    pub size: usize,
    /// How many the server sends each client a tick.
    pub packets: usize,
    pub ticks_per_second: usize,
    /// How long a server is looked at.
    pub seconds: f64,
    pub rounds: usize,
    /// Whether ours is put beside bare sockets, not beside Godot's class.
    pub is_floor: bool,
    pub figures: &'static [Figure],
}

const fn figure(name: &'static str, unit: &'static str) -> Figure {
    goal(name, unit, None, None)
}

const fn goal(
    name: &'static str,
    unit: &'static str,
    goal: Option<f64>,
    threaded_goal: Option<f64>,
) -> Figure {
    Figure {
        name,
        unit,
        goal,
        threaded_goal,
    }
}

const MAIN: &str = "us of the main thread";
const PROCESS: &str = "us CPU of the process";
const BYTES: &str = "bytes on the wire";

/// A tick's.
const TICK: &[Figure] = &[
    goal("tick_usec", MAIN, Some(0.33), Some(0.10)),
    goal("cpu_usec", PROCESS, Some(0.35), Some(0.35)),
    figure("wire_bytes", BYTES),
];
/// The same where the goals do not speak of it.
const FREE_TICK: &[Figure] = &[
    figure("tick_usec", MAIN),
    figure("cpu_usec", PROCESS),
    figure("wire_bytes", BYTES),
];
const SCENE: &[Figure] = &[
    goal("tick_usec", "us in the peer", Some(0.20), Some(0.20)),
    figure("poll_usec", "us of the whole poll"),
    goal("wire_bytes", BYTES, Some(0.60), Some(0.60)),
];
const RAW: &[Figure] = &[
    goal(
        "packet_nsec",
        "ns a packet, main thread",
        Some(1.0 / 3.0),
        Some(1.0 / 3.0),
    ),
    figure("packet_cpu_nsec", "ns CPU a packet, process"),
];
const LARGE_RAW: &[Figure] = &[
    figure("packet_nsec", "ns a packet, main thread"),
    figure("packet_cpu_nsec", "ns CPU a packet, process"),
];
/// A client's, with the waiting for the frame that takes the packet in.
const ECHO: &[Figure] = &[
    goal("rtt_p50", "us round trip, median", Some(1.0), Some(1.0)),
    goal("rtt_p99", "us round trip, 99 %", Some(1.0), Some(1.0)),
];
const JOINS: &[Figure] = &[goal("join_usec", "us a join", Some(0.1), Some(0.1))];
const MEMORY: &[Figure] = &[
    goal("allocated", "bytes a slot", Some(1.0), Some(1.0)),
    goal("connected", "bytes a connected peer", Some(1.0), Some(1.0)),
];
const FLOOR: &[Figure] = &[goal(
    "net_cpu_usec",
    "us CPU of the network",
    Some(2.0),
    Some(2.0),
)];

/// Three messages for each client, who all talk.
const TARGETED: Case = Case {
    name: "",
    kind: "tick",
    clients: 256,
    doing: Clients::Talk,
    size: 100,
    packets: 3,
    ticks_per_second: 60,
    seconds: 2.0,
    rounds: 3,
    is_floor: false,
    figures: TICK,
};

/// All of them.
pub const CASES: [Case; 21] = [
    Case {
        name: "tick, 8 clients",
        clients: 8,
        figures: FREE_TICK,
        ..TARGETED
    },
    Case {
        name: "tick, 64 clients",
        clients: 64,
        figures: FREE_TICK,
        ..TARGETED
    },
    Case {
        name: "tick, 256 clients",
        rounds: 5,
        ..TARGETED
    },
    Case {
        name: "tick, 256 clients, reliable",
        kind: "tick_reliable",
        ..TARGETED
    },
    // At 60 ticks a second stock would fall behind, and each of its ticks would have more to do.
    Case {
        name: "tick, 1,000 clients, 30 Hz",
        clients: 1000,
        ticks_per_second: 30,
        ..TARGETED
    },
    Case {
        name: "broadcast, 64 clients",
        kind: "broadcast",
        clients: 64,
        figures: FREE_TICK,
        ..TARGETED
    },
    Case {
        name: "synchronizers, 100 x 32 clients",
        kind: "scene",
        clients: 32,
        rounds: 5,
        figures: SCENE,
        ..TARGETED
    },
    Case {
        name: "relay, 32 clients to 31 others",
        kind: "relay",
        clients: 32,
        doing: Clients::Relay,
        figures: FREE_TICK,
        ..TARGETED
    },
    raw("raw, 32 bytes", "raw", 32, 200),
    raw("raw, 200 bytes", "raw", 200, 200),
    raw("raw, 1,200 bytes", "raw", 1200, 200),
    large("raw, 20,000 bytes", "raw", 20),
    // ENet has no more than 64 KiB of reliable packets on the way to a peer.
    raw("raw, 32 bytes, reliable", "raw_reliable", 32, 200),
    raw("raw, 200 bytes, reliable", "raw_reliable", 200, 200),
    raw("raw, 1,200 bytes, reliable", "raw_reliable", 1200, 40),
    large("raw, 20,000 bytes, reliable", "raw_reliable", 2),
    echo("echo, 16 clients, 60 Hz", "echo"),
    echo("echo, 5 ms of work a frame", "echo_late"),
    Case {
        name: "joins, 1,000 at once, 60 Hz",
        kind: "joins",
        clients: 1000,
        doing: Clients::Join,
        rounds: 2,
        figures: JOINS,
        ..TARGETED
    },
    Case {
        name: "memory, 4,095 slots, 1,000 clients",
        kind: "memory",
        clients: 1000,
        doing: Clients::Listen,
        figures: MEMORY,
        ..TARGETED
    },
    Case {
        name: "floor, tick, 256 clients",
        kind: "floor",
        is_floor: true,
        figures: FLOOR,
        ..TARGETED
    },
];

const fn raw(name: &'static str, kind: &'static str, size: usize, packets: usize) -> Case {
    Case {
        name,
        kind,
        clients: 1,
        doing: Clients::Listen,
        size,
        packets,
        seconds: 1.0,
        figures: RAW,
        ..TARGETED
    }
}

const fn large(name: &'static str, kind: &'static str, packets: usize) -> Case {
    Case {
        figures: LARGE_RAW,
        ..raw(name, kind, 20_000, packets)
    }
}

const fn echo(name: &'static str, kind: &'static str) -> Case {
    Case {
        name,
        kind,
        clients: 16,
        figures: ECHO,
        ..TARGETED
    }
}

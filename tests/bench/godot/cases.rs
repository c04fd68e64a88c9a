//! The cases, their figures, and the goals.

use super::run::{self, Figures, Subject};
use super::{Way, fleet, games, slots, small};

/// The activity of a case's clients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// All clients connect at once.
    Join,
    /// The clients only receive.
    Listen,
    /// Each client sends a packet [`PACKETS_PER_SECOND`] times a second.
    Talk,
    /// Each remote is a game, and sends a packet each frame.
    Play,
    /// Each client sends a packet to every other client through the server, as often.
    Relay,
}

/// The rate at which a client sends.
pub const PACKETS_PER_SECOND: u32 = 20;

/// A figure of a run.
#[derive(Clone, Copy)]
pub struct Figure {
    /// The name in the output of the server or the clients.
    pub name: &'static str,
    /// The unit, for the tables.
    pub unit: &'static str,
    /// Whether the figure is compared with the reference's. Counts that are about zero are not.
    pub has_ratio: bool,
    /// Whether a run may lack it.
    pub is_optional: bool,
    goal: Option<f64>,
    threaded_goal: Option<f64>,
}

impl Figure {
    /// The largest ratio that reaches the goal.
    pub fn goal(&self, way: Way) -> Option<f64> {
        match way {
            Way::Plain => self.goal,
            Way::Threaded => self.threaded_goal,
        }
    }
}

/// What is measured, and the goals.
#[derive(Clone, Copy)]
pub struct Case {
    /// The name in the tables.
    pub name: &'static str,
    /// What the script does, in its words.
    pub kind: &'static str,
    pub clients: usize,
    pub doing: Clients,
    /// The size of a packet, in bytes.
    pub size: usize,
    /// The number of packets that the server sends to each client in a tick.
    pub packets: usize,
    pub ticks_per_second: usize,
    /// The duration of the measurement.
    pub seconds: f64,
    pub rounds: usize,
    /// Whether our class is compared with bare sockets instead of Godot's class.
    pub is_floor: bool,
    /// Whether the classes run at the same time. Where they do little, what the machine does otherwise changes
    /// more from one run to the next than the classes differ.
    pub is_at_once: bool,
    /// Runs the case once.
    pub run: fn(&Case, &Subject<'_>) -> Figures,
    pub figures: &'static [Figure],
}

impl Case {
    /// The number of packets a second that all remotes send to the measured process.
    pub fn packets_to_it(&self) -> f64 {
        let each = match self.doing {
            Clients::Join | Clients::Listen => 0.0,
            Clients::Talk => f64::from(PACKETS_PER_SECOND),
            Clients::Play => self.ticks_per_second as f64,
            Clients::Relay => (self.clients as f64 - 1.0) * f64::from(PACKETS_PER_SECOND),
        };
        each * self.clients as f64
    }
}

pub const fn figure(name: &'static str, unit: &'static str) -> Figure {
    goal(name, unit, None, None)
}

pub const fn goal(
    name: &'static str,
    unit: &'static str,
    goal: Option<f64>,
    threaded_goal: Option<f64>,
) -> Figure {
    Figure {
        name,
        unit,
        has_ratio: true,
        is_optional: false,
        goal,
        threaded_goal,
    }
}

/// A figure that is shown without a ratio.
pub const fn count(name: &'static str, unit: &'static str) -> Figure {
    Figure {
        has_ratio: false,
        ..figure(name, unit)
    }
}

/// A figure that a run may lack.
pub const fn optional(name: &'static str, unit: &'static str) -> Figure {
    Figure {
        is_optional: true,
        ..figure(name, unit)
    }
}

const MAIN: &str = "us of the main thread";
const PROCESS: &str = "us CPU of the process";
const BYTES: &str = "bytes on the wire";

/// The figures of a tick.
const TICK: &[Figure] = &[
    goal("tick_usec", MAIN, Some(0.33), Some(0.10)),
    goal("cpu_usec", PROCESS, Some(0.35), Some(0.35)),
    figure("wire_bytes", BYTES),
];
/// The figures of a tick without a goal.
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
/// The round trip of a client's packet, including the wait for the frame that receives it.
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

/// The template of the cases: three messages for each client, all of which send.
pub const TARGETED: Case = Case {
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
    is_at_once: false,
    run: run::server,
    figures: TICK,
};

/// All cases, those of most games first.
pub fn all() -> impl Iterator<Item = &'static Case> {
    (small::CASES.iter())
        .chain([&fleet::MATCHES, &slots::PUBLISHED, &games::PUBLISHED])
        .chain(&small::BROADCASTS)
        .chain(&games::CALLS)
        .chain(&games::CODECS)
        .chain(&CASES)
}

/// The cases of a server with many clients.
const CASES: [Case; 21] = [
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
    // At 60 ticks a second stock would fall behind, and each of its ticks would do more work.
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
    // ENet keeps no more than 64 KiB of reliable packets in flight to a peer.
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

//! The faults, each with the traffic that it disturbs and what has to come of it.

use std::num::NonZeroU64;
use std::time::Duration;

use enet_net::netem::{Conditions, Rate};

/// An end of the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Host,
    Join,
}

/// What lies between the two ends.
#[derive(Clone, Copy)]
pub enum Path {
    /// The loopback interface.
    Direct,
    /// A relay that treats the datagrams of both directions like this.
    Relay(Conditions),
    /// A pair of interfaces of this MTU, each in a network namespace. This needs root.
    Wire { mtu: u32 },
    /// The same, where the host's interface sends this many kbit/s and queues a megabyte, so that the socket's
    /// send buffer is full.
    SlowWire { kilobits: u32 },
}

/// What happens while the two ends talk.
#[derive(Clone, Copy)]
pub enum Event {
    Nothing,
    /// The relay loses everything.
    Cut(Duration),
    /// The interface of this end is down.
    Down(End, Duration),
    /// A route of this type makes the system refuse what this end sends.
    Refuse(End, &'static str, Duration),
    /// The system ends the socket of this end.
    Destroy(End),
    /// The process gets SIGSTOP, and SIGCONT after this time.
    Stop(End, Duration),
    /// The process gets SIGKILL.
    Kill(End),
}

/// What has to come of it. In each case no reliable message may be missing, doubled or out of place among those
/// that arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything arrives.
    Whole,
    /// Everything arrives, or each end that is still there is told that the connection ended.
    WholeOrTold,
}

/// A fault.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    /// Whether it is one of those that `cargo xtask test` runs.
    pub is_brief: bool,
    pub path: Path,
    pub event: Event,
    pub outcome: Outcome,
    /// For how long, how often and how much the ends send.
    pub seconds: u32,
    pub per_second: u32,
    pub size: u32,
}

impl Case {
    const fn new(name: &'static str, path: Path, event: Event, outcome: Outcome) -> Self {
        Self {
            name,
            is_brief: false,
            path,
            event,
            outcome,
            seconds: 8,
            per_second: 30,
            size: 300,
        }
    }

    const fn brief(self) -> Self {
        Self {
            is_brief: true,
            ..self
        }
    }

    const fn sends(self, seconds: u32, per_second: u32, size: u32) -> Self {
        Self {
            seconds,
            per_second,
            size,
            ..self
        }
    }
}

const CLEAR: Conditions = Conditions {
    latency: Duration::ZERO,
    jitter: Duration::ZERO,
    loss: 0.0,
    bursts: None,
    duplication: 0.0,
    reordering: 0.0,
    reordering_delay: Duration::ZERO,
    rate: None,
    mtu: None,
};
/// A datagram of 576 bytes without the headers of IPv4 and UDP.
const SMALL_DATAGRAM: usize = 576 - 28;

/// All faults.
pub fn all() -> Vec<Case> {
    use Event::{Cut, Destroy, Down, Kill, Nothing, Refuse, Stop};
    use Outcome::{Whole, WholeOrTold};
    use Path::{Direct, Relay, SlowWire, Wire};

    let seconds = Duration::from_secs;
    let millis = Duration::from_millis;
    let loss = |loss| Relay(Conditions { loss, ..CLEAR });
    let latency = |latency| Relay(Conditions { latency, ..CLEAR });
    let rate = Rate {
        bytes_per_second: NonZeroU64::new(64_000 / 8).expect("not zero"),
        queue: 16 * 1024,
    };
    let slow = Relay(Conditions {
        rate: Some(rate),
        latency: millis(50),
        ..CLEAR
    });
    let reordering = Conditions {
        latency: millis(20),
        jitter: millis(40),
        reordering: 0.25,
        reordering_delay: millis(150),
        ..CLEAR
    };
    let duplication = Conditions {
        latency: millis(20),
        jitter: millis(20),
        duplication: 0.5,
        ..CLEAR
    };
    let narrow = Conditions {
        mtu: Some(SMALL_DATAGRAM),
        ..CLEAR
    };
    let wire = Wire { mtu: 1500 };
    let (host, join) = (End::Host, End::Join);
    vec![
        Case::new("no fault", Direct, Nothing, Whole),
        Case::new("loss of 10 %", loss(0.1), Nothing, Whole),
        Case::new("loss of 30 %", loss(0.3), Nothing, WholeOrTold).brief(),
        Case::new("delay of 500 ms", latency(millis(500)), Nothing, Whole),
        Case::new("delay of 2 s", latency(seconds(2)), Nothing, WholeOrTold).brief(),
        Case::new("reordering", Relay(reordering), Nothing, Whole)
            .brief()
            .sends(8, 30, 2000),
        Case::new("duplication", Relay(duplication), Nothing, Whole).sends(8, 30, 2000),
        Case::new("64 kbit/s", slow, Nothing, WholeOrTold)
            .brief()
            .sends(8, 20, 400),
        Case::new(
            "path loses what exceeds 576",
            Relay(narrow),
            Nothing,
            WholeOrTold,
        )
        .sends(8, 30, 4000),
        Case::new("path cut for 4 s", loss(0.0), Cut(seconds(4)), WholeOrTold).brief(),
        Case::new(
            "path cut for 20 s",
            loss(0.0),
            Cut(seconds(20)),
            WholeOrTold,
        ),
        Case::new(
            "path cut for ever",
            loss(0.0),
            Cut(seconds(600)),
            WholeOrTold,
        ),
        Case::new(
            "interface down for 20 s",
            wire,
            Down(join, seconds(20)),
            WholeOrTold,
        ),
        Case::new(
            "server's down for 20 s",
            wire,
            Down(host, seconds(20)),
            WholeOrTold,
        ),
        Case::new(
            "interface down for 4 s",
            wire,
            Down(join, seconds(4)),
            WholeOrTold,
        )
        .brief(),
        Case::new("MTU 576", Wire { mtu: 576 }, Nothing, Whole)
            .brief()
            .sends(8, 30, 4000),
        Case::new("MTU 9000", Wire { mtu: 9000 }, Nothing, Whole).sends(8, 30, 20_000),
        Case::new(
            "full socket buffer",
            SlowWire { kilobits: 512 },
            Nothing,
            WholeOrTold,
        )
        .brief()
        .sends(8, 100, 2000),
        Case::new(
            "EACCES from send for 4 s",
            wire,
            Refuse(host, "prohibit", seconds(4)),
            WholeOrTold,
        )
        .brief(),
        Case::new(
            "EHOSTUNREACH from send for 4 s",
            wire,
            Refuse(join, "unreachable", seconds(4)),
            WholeOrTold,
        ),
        Case::new(
            "EINVAL from send for 20 s",
            wire,
            Refuse(host, "blackhole", seconds(20)),
            WholeOrTold,
        ),
        Case::new("server's socket destroyed", wire, Destroy(host), Whole),
        Case::new("client's socket destroyed", wire, Destroy(join), Whole).brief(),
        Case::new(
            "server stopped for 3 s",
            Direct,
            Stop(host, seconds(3)),
            Whole,
        ),
        Case::new(
            "client stopped for 3 s",
            Direct,
            Stop(join, seconds(3)),
            Whole,
        )
        .brief(),
        Case::new(
            "server stopped for 40 s",
            Direct,
            Stop(host, seconds(40)),
            WholeOrTold,
        ),
        Case::new(
            "client stopped for 40 s",
            Direct,
            Stop(join, seconds(40)),
            WholeOrTold,
        ),
        Case::new("server killed", Direct, Kill(host), WholeOrTold),
        Case::new("client killed", Direct, Kill(join), WholeOrTold).brief(),
        Case::new(
            "server killed behind a relay",
            loss(0.0),
            Kill(host),
            WholeOrTold,
        ),
    ]
}

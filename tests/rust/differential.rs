//! Our engine against the reference, ENet 1.3.18 transpiled (crate rusty_enet): the same calls on the
//! same network must give the same events, statistics and datagrams, whichever engine is at which end.
//!
//! Every script runs four times, once per pairing of engines. The run with the reference at both
//! ends defines the expected result. `ENET_DIFF_CASES` sets the number of scripts per property.
//!
//! The network's decisions depend on the direction and the millisecond (`arena.rs`), not on how an
//! engine splits its data into datagrams. Two runs therefore see the same loss, jitter and duplication,
//! and `exact.rs` compares everything, to the millisecond. Differences that the comparison allows for:
//!
//! - A packet that arrives together with the DISCONNECT behind it: C discards it with its queues, we
//!   have delivered it. Packets received in the millisecond a connection ends are not compared.
//! - Our acknowledgements share datagrams with our answers; C mostly sends them in datagrams of their
//!   own. All datagrams of a direction in one millisecond therefore share one fate.
//! - A half-open connection: C retransmits VERIFY_CONNECT by its clock, we only for a repeated CONNECT.
//!   We also accept what the connector sends before its acknowledgement arrives. Handshakes of the
//!   exact scripts are undisturbed; `rough.rs` disturbs them and compares by rule.
//! - When C throttles a packet, it also drops the following ones with the same two sequence numbers:
//!   all unsequenced ones up to the next other command. Scripts therefore flush unreliable packets one
//!   by one (`shares.rs` pins the behaviour of several).
//! - Packets of different channels, and unsequenced ones, may change places when some had to wait for
//!   the window: we write a packet when it is queued if it may go then, C writes it at the flush. Order
//!   is compared per channel and kind.
//! - We inform every peer of its bandwidth share when a connection begins or ends. C does not when it
//!   ends one without an event. The arena requests the update in every case.
//! - Scripts request no ping while a later disconnect is due, and configure no throttle before the
//!   connection is up, which in C ends the attempt.
//! - C computes bandwidths in 32 bits, which wrap beyond 4 MB a second. Scripts stay below.
//! - A fragment that reaches a peer waiting to disconnect is dropped by both engines, but only we
//!   acknowledge it. A client is no longer compared once one end was told to disconnect later, or once
//!   one of its attempts failed; `commands.rs`, `borders.rs` and `rough.rs` cover those cases.
//! - Bytes of waiting packets: we count at least 64 for a packet, and C keeps counting the unreliable
//!   ones that it dropped.

mod arena;
mod borders;
mod clocks;
mod commands;
mod exact;
mod numbers;
mod rough;
mod script;
mod shares;
mod wire;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// `usual` cases from a fixed seed, or as many as `ENET_DIFF_CASES` requests, from a random seed.
fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("ENET_DIFF_CASES").ok();
    let asked = asked.and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(usual),
        rng_seed: match asked {
            Some(_) => RngSeed::Random,
            None => RngSeed::Fixed(0x0E7),
        },
        failure_persistence: None,
        max_shrink_iters: 4000,
        ..ProptestConfig::default()
    }
}

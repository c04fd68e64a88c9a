//! Our engine beside the reference, ENet 1.3.18 transpiled (crate rusty_enet): the same calls on the
//! same network must give the same events, statistics and datagrams, whoever sits at which end.
//!
//! Every script runs four times, once per pairing of engines; the run with the reference at both
//! ends says what is right. `ENET_DIFF_CASES` sets the number of scripts per property.
//!
//! The network's decisions hang on the direction and the millisecond (`arena.rs`), not on how an
//! engine splits what it sends. So even with loss, jitter and duplication two runs see the same, and
//! `exact.rs` compares everything, to the millisecond. What it must leave room for:
//!
//! - A packet that arrives together with the DISCONNECT behind it: C throws it away with its queues,
//!   we have delivered it. Packets of the very moment a connection ends are not compared.
//! - Acknowledgements ride with our answers; C sends them mostly in datagrams of their own. The fate
//!   of a direction's datagrams in one millisecond is therefore one.
//! - A half-open connection: C repeats VERIFY_CONNECT by its clock, we only when asked again, and
//!   take what the connector sends before its acknowledgement came. Handshakes of the exact scripts
//!   are undisturbed; `rough.rs` disturbs them and compares by rule.
//! - A throttled packet of C takes those behind it along that have the same two sequence numbers: all
//!   unsequenced ones up to the next other command. So unreliable packets are flushed one by one
//!   (`shares.rs` pins what several do).
//! - Packets of different channels, and unsequenced ones, may change places when some had to wait for
//!   the window: we write what may go when it is queued, C at the flush. Order is compared per
//!   channel and kind.
//! - We tell everybody his share of the bandwidth when a connection comes or goes, C not when it ends
//!   one without an event. The arena asks for it in every case.
//! - A ping asked for while a later disconnect is due, and a throttle configured before the connection
//!   is up, which in C ends the attempt: scripts do neither.
//! - C computes bandwidths in 32 bits, which wrap beyond 4 MB a second. Scripts stay below.
//! - A fragment that reaches somebody who waits to disconnect is dropped by both, but acknowledged by
//!   us only. A client is not compared any more once one end was told to disconnect later, or once an
//!   attempt of its failed; `commands.rs`, `borders.rs` and `rough.rs` go on.
//! - Bytes waiting for their turn: we count 64 at least for a packet, and C goes on counting the
//!   unreliable ones that it dropped.

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

/// So many cases, always the same; or as many as the environment asks for, others each time.
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

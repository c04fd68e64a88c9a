//! Counts of what was dropped, as a Dictionary.

use enet_proto::Drops;
use godot::prelude::*;

/// The counts by the name of their cause.
pub fn dictionary(drops: &Drops) -> VarDictionary {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    vdict! {
        "malformed" => number(drops.malformed),
        "undecodable" => number(drops.undecodable),
        "strangers" => number(drops.strangers),
        "over_limit" => number(drops.over_limit),
        "banned" => number(drops.banned),
        "full" => number(drops.full),
        "refused" => number(drops.refused),
        "handshakes" => number(drops.handshakes),
    }
}

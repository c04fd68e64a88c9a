//! Accessors of the properties of ENetLimitsRs. The fields of the class document the properties.

use std::ops::RangeInclusive;

use enet_multiplayer::{LimitSettings, bans};
use godot::prelude::*;

use super::ENetLimitsRs;
use crate::report::Reports;

/// Numbers that have 32 bits in the core.
const COUNT: RangeInclusive<i64> = 0..=u32::MAX as i64;
const HALF_OPEN: RangeInclusive<i64> = 1..=65_536;
const PACKETS: RangeInclusive<i64> = 16..=u32::MAX as i64;
const BYTES: RangeInclusive<i64> = 65_536..=1 << 40;
/// -1 stands for the default.
const PEERS: RangeInclusive<i64> = -1..=enet_proto::MAX_PEERS as i64;

/// Defines getter and setter of numbers that are fields of the core's limits.
macro_rules! accessors {
    ($($field:ident $get:ident $set:ident $range:ident)* => {$($more:tt)*}) => {
        // The bindings find the items generated beside the class by this path.
        #[godot_api]
        impl super::ENetLimitsRs {
            $(
                #[func]
                pub(super) fn $get(&self) -> i64 {
                    i64::try_from(self.shared.get().limits.$field).unwrap_or(i64::MAX)
                }

                #[func]
                pub(super) fn $set(&mut self, value: i64) {
                    if self.is_within(stringify!($set), stringify!($field), value, &$range) {
                        // The range is within the field's type, except that of bytes where pointers have 32 bits.
                        self.change(|it| {
                            it.limits.$field = value.try_into().unwrap_or(it.limits.$field);
                        });
                    }
                }
            )*

            $($more)*
        }
    };
}

accessors! {
    connects_per_second get_connects_per_second set_connects_per_second COUNT
    connects_per_second_per_address get_connects_per_second_per_address set_connects_per_second_per_address COUNT
    half_open get_half_open set_half_open HALF_OPEN
    half_open_per_address get_half_open_per_address set_half_open_per_address HALF_OPEN
    unread_bytes get_unread_bytes set_unread_bytes BYTES
    unread_packets get_unread_packets set_unread_packets PACKETS
    bytes_per_second get_bytes_per_second set_bytes_per_second COUNT
    packets_per_second get_packets_per_second set_packets_per_second COUNT
    waiting_bytes get_waiting_bytes set_waiting_bytes BYTES
    waiting_bytes_in_all get_waiting_bytes_in_all set_waiting_bytes_in_all BYTES
    unsent_bytes get_unsent_bytes set_unsent_bytes BYTES
    undecodable get_undecodable set_undecodable COUNT
    => {
    /// See [member peers_per_address].
    #[func]
    pub(super) fn get_peers_per_address(&self) -> i64 {
        let peers = self.shared.get().peers_per_address;
        peers.map_or(-1, |peers| peers as i64)
    }

    /// See [member peers_per_address].
    #[func]
    pub(super) fn set_peers_per_address(&mut self, value: i64) {
        if self.is_within("set_peers_per_address", "peers_per_address", value, &PEERS) {
            // A negative number stands for the default.
            self.change(|it| it.peers_per_address = usize::try_from(value).ok());
        }
    }

    /// See [member trusted_proxies].
    #[func]
    pub(super) fn get_trusted_proxies(&self) -> PackedStringArray {
        let settings = self.shared.get();
        let trusted = settings.limits.trusted.iter();
        trusted
            .map(|&network| GString::from(&bans::text_of(network)))
            .collect()
    }

    /// See [member trusted_proxies].
    #[func]
    pub(super) fn set_trusted_proxies(&mut self, proxies: PackedStringArray) {
        let proxies = proxies.as_slice().iter();
        let networks: Result<Vec<_>, _> = proxies
            .map(|text| bans::network(&text.to_string()))
            .collect();
        match networks {
            Ok(networks) => self.change(|it| it.limits.trusted = networks),
            Err(error) => self.report(
                "set_trusted_proxies",
                &format!("trusted_proxies must name addresses and networks: {error}"),
            ),
        }
    }
    }
}

impl ENetLimitsRs {
    fn is_within(
        &mut self,
        method: &str,
        name: &str,
        value: i64,
        range: &RangeInclusive<i64>,
    ) -> bool {
        let is_within = range.contains(&value);
        if !is_within {
            let (start, end) = (range.start(), range.end());
            let cause = format!("{name} must be {start} to {end}, not {value}");
            self.report(method, &cause);
        }
        is_within
    }

    /// Changes the limits, and tells the scripts.
    fn change(&mut self, change: impl FnOnce(&mut LimitSettings)) {
        let shared = self.shared();
        shared.change(change);
        self.lend(|this| {
            this.emit_signal("changed", &[]);
        });
    }
}

//! Accessors of the properties of ENetLimitsRs. The fields of the class document the properties.

use std::ops::RangeInclusive;

use enet_multiplayer::{LimitSettings, bans};
use godot::classes::Resource;
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
    ($($name:ident $get:ident $set:ident $field:ident $range:ident)* => {$($more:tt)*}) => {
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
                    if self.is_within(stringify!($set), stringify!($name), value, &$range) {
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
    max_connects_per_second get_max_connects_per_second set_max_connects_per_second connects_per_second COUNT
    max_connects_per_second_per_address get_max_connects_per_second_per_address set_max_connects_per_second_per_address connects_per_second_per_address COUNT
    max_half_open get_max_half_open set_max_half_open half_open HALF_OPEN
    max_half_open_per_address get_max_half_open_per_address set_max_half_open_per_address half_open_per_address HALF_OPEN
    max_unread_bytes get_max_unread_bytes set_max_unread_bytes unread_bytes BYTES
    max_unread_packets get_max_unread_packets set_max_unread_packets unread_packets PACKETS
    max_bytes_per_second get_max_bytes_per_second set_max_bytes_per_second bytes_per_second COUNT
    max_packets_per_second get_max_packets_per_second set_max_packets_per_second packets_per_second COUNT
    max_waiting_bytes get_max_waiting_bytes set_max_waiting_bytes waiting_bytes BYTES
    max_waiting_bytes_total get_max_waiting_bytes_total set_max_waiting_bytes_total waiting_bytes_in_all BYTES
    max_unsent_bytes get_max_unsent_bytes set_max_unsent_bytes unsent_bytes BYTES
    max_undecodable_datagrams get_max_undecodable_datagrams set_max_undecodable_datagrams undecodable COUNT
    => {
    /// See [member max_peers_per_address].
    #[func]
    pub(super) fn get_max_peers_per_address(&self) -> i64 {
        let peers = self.shared.get().peers_per_address;
        peers.map_or(-1, |peers| peers as i64)
    }

    /// See [member max_peers_per_address].
    #[func]
    pub(super) fn set_max_peers_per_address(&mut self, value: i64) {
        const NAME: &str = "max_peers_per_address";
        if self.is_within("set_max_peers_per_address", NAME, value, &PEERS) {
            // A negative number stands for the default.
            self.change(|it| it.peers_per_address = usize::try_from(value).ok());
        }
    }

    /// See [member trusted_proxies].
    #[func]
    pub(super) fn get_trusted_proxies(&self) -> PackedStringArray {
        self.proxies.clone()
    }

    /// See [member trusted_proxies].
    #[func]
    pub(super) fn set_trusted_proxies(&mut self, proxies: PackedStringArray) {
        if self.proxies == proxies {
            return;
        }
        let mut trusted = Vec::new();
        let mut wrong = Vec::new();
        // The inspector adds an empty text before the user writes it.
        let texts = proxies.as_slice().iter().map(GString::to_string);
        for text in texts.filter(|text| !text.trim().is_empty()) {
            match bans::network(&text) {
                Ok(network) => trusted.push(network),
                Err(error) => wrong.push(error.to_string()),
            }
        }
        self.proxies = proxies;
        self.shared.change(|it| it.limits.trusted = trusted);
        if !wrong.is_empty() {
            let cause = format!(
                "trusted_proxies must name addresses and networks: {}",
                wrong.join("; ")
            );
            self.report("set_trusted_proxies", &cause);
        }
        self.tell();
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

    /// Changes the limits, and tells the scripts if they differ from before.
    fn change(&mut self, change: impl FnOnce(&mut LimitSettings)) {
        if self.shared.change(change) {
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.lend(|this| this.clone().cast::<Resource>().emit_changed());
    }
}

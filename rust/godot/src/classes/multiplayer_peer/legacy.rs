//! Methods of Godot 3's NetworkedMultiplayerENet that Godot 4's class lacks, or has under other names.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use godot::classes::IMultiplayerPeerExtension;
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::clock;
use crate::release::release;
use crate::report::Reports;

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Tells every connected peer that this one leaves, and closes. If there was any connected peer, the method
    /// waits `wait_usec` microseconds before closing, and the game stands still meanwhile.
    /// [method MultiplayerPeer.close] does the same without waiting. The method comes from Godot 3.
    ///
    /// A negative number prints an error, and the method closes without waiting.
    #[func]
    fn close_connection(&mut self, #[opt(default = 100)] wait_usec: i64) {
        // A script that listens to errors can drop every other reference.
        let this = self.to_gd();
        let wait = u64::try_from(wait_usec);
        if self.session.core.say_goodbye(clock::now()) {
            thread::sleep(Duration::from_micros(wait.unwrap_or(0)));
        }
        self.close();
        if wait.is_err() {
            let cause = format!("the time to wait must not be negative: {wait_usec}");
            self.report("close_connection", &cause);
        }
        release(this);
    }

    /// Returns the transfer channel of the last packet read since the last poll. Returns -1 and prints an error
    /// if no packet was read. For the channel of the next packet see
    /// [method MultiplayerPeer.get_packet_channel].
    ///
    /// The method comes from Godot 3, but counts as Godot 4 does: 0 stands for the default channels of the
    /// transfer modes.
    #[func]
    fn get_last_packet_channel(&self) -> i64 {
        match self.session.core.last_packet_channel() {
            Some(channel) => channel.into(),
            None => {
                let cause = "no packet was read since the last poll";
                self.report_looking("get_last_packet_channel", &cause);
                -1
            }
        }
    }

    /// Returns the IP address of the peer `id` as text, like
    /// [code]get_peer(id).get_remote_address()[/code]. Returns an empty text and prints an error if there is no
    /// connection to such a peer. A client has a connection to the server alone.
    #[func]
    fn get_peer_address(&self, id: i64) -> GString {
        let address = self.address_of(id, "get_peer_address");
        address.map_or_else(GString::new, |address| {
            GString::from(&enet_multiplayer::address::text(address.ip()))
        })
    }

    /// Returns the UDP port of the peer `id`, like [code]get_peer(id).get_remote_port()[/code]. Returns 0 and
    /// prints an error if there is no connection to such a peer. A client has a connection to the server alone.
    #[func]
    fn get_peer_port(&self, id: i64) -> i64 {
        let address = self.address_of(id, "get_peer_port");
        address.map_or(0, |address| address.port().into())
    }

    /// Sets the timeouts after which the peer `id` is disconnected because it does not answer: `timeout_limit`,
    /// `timeout_min` and `timeout_max` are the three numbers of [method ENetPacketPeerRs.set_timeout]. If there is no
    /// connection to such a peer, or if a number is larger than the one after it, the method prints an error and changes
    /// nothing.
    #[func]
    fn set_peer_timeout(
        &mut self,
        id: i64,
        timeout_limit: i64,
        timeout_min: i64,
        timeout_max: i64,
    ) {
        let core = &mut self.session.core;
        let set = match i32::try_from(id) {
            Ok(id) => core.set_peer_timeout(id, timeout_limit, timeout_min, timeout_max),
            Err(_) => return self.report("set_peer_timeout", &no_id(id)),
        };
        self.report_failure("set_peer_timeout", set);
    }
}

impl ENetMultiplayerPeerRs {
    fn address_of(&self, id: i64, method: &str) -> Option<SocketAddr> {
        let Ok(id) = i32::try_from(id) else {
            self.report_looking(method, &no_id(id));
            return None;
        };
        let address = self.session.core.peer_address(id);
        if let Err(error) = &address {
            self.report_looking(method, error);
        }
        address.ok()
    }
}

fn no_id(number: i64) -> String {
    format!("the id {number} does not fit into 32 bits")
}

//! Methods of Godot 3's NetworkedMultiplayerENet that Godot 4's class has under other names, or not.

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
    /// Tells every connected peer that this one leaves, waits `wait_usec` microseconds if there was
    /// any, and closes. The game stands still meanwhile. As in Godot 3;
    /// [method MultiplayerPeer.close] is the same without waiting.
    ///
    /// A negative number prints an error, and there is no waiting.
    #[func]
    fn close_connection(&mut self, #[opt(default = 100)] wait_usec: i64) {
        // An error's listener may drop every other reference.
        let this = self.to_gd();
        let wait = u64::try_from(wait_usec);
        if self.session.core.say_goodbye(clock::now()) {
            thread::sleep(Duration::from_micros(wait.unwrap_or(0)));
        }
        self.close();
        if wait.is_err() {
            let cause = format!("the time to wait must not be negative, as {wait_usec} is");
            self.report("close_connection", &cause);
        }
        release(this);
    }

    /// The transfer channel of the packet that was read last, since the last poll. -1, with an error
    /// printed, if there is none. [method MultiplayerPeer.get_packet_channel] tells that of the next
    /// one.
    ///
    /// As in Godot 3, but with the numbers of Godot 4: 0 for the channels that belong to the transfer
    /// modes.
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

    /// The IP address of the peer `id` as text. Empty, with an error printed, if there is no connection
    /// to such a peer; a client has one to the server alone. The same as
    /// [code]get_peer(id).get_remote_address()[/code].
    #[func]
    fn get_peer_address(&self, id: i64) -> GString {
        let address = self.address_of(id, "get_peer_address");
        address.map_or_else(GString::new, |address| {
            GString::from(&address.ip().to_string())
        })
    }

    /// The UDP port of the peer `id`. 0, with an error printed, if there is no connection to such a
    /// peer; a client has one to the server alone. The same as
    /// [code]get_peer(id).get_remote_port()[/code].
    #[func]
    fn get_peer_port(&self, id: i64) -> i64 {
        let address = self.address_of(id, "get_peer_port");
        address.map_or(0, |address| address.port().into())
    }

    /// Sets when to give up the peer `id`, which does not answer: see
    /// [method ENetPacketPeerRs.set_timeout] for the three numbers. Prints an error and changes nothing
    /// if there is no connection to such a peer, or if the numbers descend.
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
    format!("an id has 32 bits, which {number} has not")
}

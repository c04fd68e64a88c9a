//! Class ENetMultiplayerPeerRs: what a script calls by name. The engine's own calls are in
//! `virtuals.rs`.

use enet_core::{BindAddress, ClientOptions, CreateError, Multiplayer, ServerOptions, Udp};
use godot::classes::MultiplayerPeerExtension;
use godot::global::Error;
use godot::prelude::*;

use crate::lent::Lent;
use crate::{clock, convert};

/// A [MultiplayerPeer] that speaks ENet, in place of [ENetMultiplayerPeer].
///
/// Same methods, same wire format: it talks to Godot's own class in both directions. To use it,
/// change the class name, create a server or client and assign the object:
///
/// ```gdscript
/// var peer := ENetMultiplayerPeerRs.new()
/// var error := peer.create_server(24565)
/// if error == OK:
///     multiplayer.multiplayer_peer = peer
/// ```
///
/// Unlike the built-in class it reaches IPv6 in every build, `max_channels` of
/// [method create_server] limits channels, a refused client is told so at once, any number of
/// players can join in one frame, and a packet that cannot be sent (a channel the connection lacks,
/// more than 32 MiB) makes [method PacketPeer.put_packet] return an error.
#[derive(GodotClass)]
#[class(tool, base = MultiplayerPeerExtension)]
pub struct ENetMultiplayerPeerRs {
    base: Base<MultiplayerPeerExtension>,
    session: Multiplayer,
    lent: Lent,
}

// After the class: the derive leaves a macro that the engine's calls need.
mod virtuals;

#[godot_api]
impl ENetMultiplayerPeerRs {
    /// Starts a server on UDP port `port` (0 to 65535, 0 lets the system choose) for up to
    /// `max_clients` clients (1 to 4095).
    ///
    /// `max_channels` limits the transfer channels a client may use besides channel 0; 0 allows all
    /// 253. `in_bandwidth` and `out_bandwidth` limit the bytes per second, 0 does not.
    ///
    /// Listens on all interfaces, IPv4 and IPv6, unless [method set_bind_ip] was called. Clears
    /// [member MultiplayerPeer.refuse_new_connections].
    ///
    /// Returns [constant OK], [constant ERR_ALREADY_IN_USE] if this peer is active,
    /// [constant ERR_INVALID_PARAMETER] for a number out of range, or [constant ERR_CANT_CREATE] if
    /// the port cannot be opened, for example because it is in use. Errors are printed with their
    /// cause.
    #[func]
    fn create_server(
        &mut self,
        port: i64,
        #[opt(default = 32)] max_clients: i64,
        #[opt(default = 0)] max_channels: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) -> Error {
        let options = ServerOptions {
            port: convert::int(port),
            max_clients: convert::int(max_clients),
            max_channels: convert::int(max_channels),
            in_bandwidth: convert::int(in_bandwidth),
            out_bandwidth: convert::int(out_bandwidth),
        };
        let created = self.session.create_server(&options, clock::now());
        self.report_creation(created, "create_server")
    }

    /// Connects to the server at `address` (a name, an IPv4 or an IPv6 address) and UDP port `port`.
    ///
    /// `channel_count` asks for transfer channels besides channel 0; 0 asks for all 253.
    /// `in_bandwidth` and `out_bandwidth` limit the bytes per second, 0 does not. `local_port` fixes
    /// the own UDP port (with the address of [method set_bind_ip]), 0 lets the system choose.
    ///
    /// Returns at once, though a name may take the system a while to resolve: the status is
    /// [constant MultiplayerPeer.CONNECTION_CONNECTING] until a poll finds the answer. An attempt
    /// that gets none ends after some 30 seconds.
    ///
    /// Returns [constant OK], [constant ERR_ALREADY_IN_USE] if this peer is active,
    /// [constant ERR_INVALID_PARAMETER] for a number out of range, or [constant ERR_CANT_CREATE] if
    /// the name cannot be resolved, the remote port is not 1 to 65535, or the local port cannot be
    /// opened. Errors are printed with their cause.
    #[func]
    fn create_client(
        &mut self,
        address: GString,
        port: i64,
        #[opt(default = 0)] channel_count: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
        #[opt(default = 0)] local_port: i64,
    ) -> Error {
        let unique_id = self.base().generate_unique_id() as i32;
        let options = ClientOptions {
            address: address.to_string(),
            port: convert::int(port),
            channels: convert::int(channel_count),
            in_bandwidth: convert::int(in_bandwidth),
            out_bandwidth: convert::int(out_bandwidth),
            local_port: convert::int(local_port),
            unique_id,
        };
        let created = self.session.create_client(&options, clock::now());
        self.report_creation(created, "create_client")
    }

    /// Sets the address that [method create_server], and [method create_client] with a local port,
    /// listen on: an IPv4 or IPv6 address, or `"*"` for all interfaces (the default).
    ///
    /// Anything else prints an error and changes nothing.
    #[func]
    fn set_bind_ip(&mut self, ip: GString) {
        match BindAddress::parse(&ip.to_string()) {
            Some(address) => self.session.set_bind_address(address),
            None => self.report(
                "set_bind_ip",
                &format!("\"{ip}\" is neither an IP address nor \"*\""),
            ),
        }
    }
}

impl ENetMultiplayerPeerRs {
    fn report_creation(&mut self, created: Result<(), CreateError>, method: &str) -> Error {
        match created {
            Ok(()) => Error::OK,
            Err(error) => {
                self.report(method, &error);
                convert::create_error(&error)
            }
        }
    }

    /// Prints an error. A script may listen to errors and call this object: the borrow is lent to it.
    fn report(&mut self, method: &str, cause: &dyn std::fmt::Display) {
        let _lent = self.base_mut();
        godot_error!("ENetMultiplayerPeerRs.{method}: {cause}.");
    }
}

fn new_session() -> Multiplayer {
    #[cfg(feature = "rusty_enet")]
    let engine = enet_core::engine::rusty::RustyEngine::boxed;
    #[cfg(not(feature = "rusty_enet"))]
    let engine = enet_core::host::DEFAULT_ENGINE;
    Multiplayer::with_engine(Box::new(Udp), clock::seed(), engine)
}

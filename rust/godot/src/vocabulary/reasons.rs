//! The enum of the reasons why connections end.

use enet_multiplayer::Reason;

use super::DisconnectReason;
use crate::bindings::enums::Value;

impl From<Reason> for DisconnectReason {
    fn from(reason: Reason) -> Self {
        Self(reason.code().into())
    }
}

/// Why a connection ended, or an attempt to connect failed.
pub fn disconnect_reasons() -> Vec<Value> {
    Reason::ALL.iter().copied().map(value).collect()
}

fn value(reason: Reason) -> Value {
    let (name, text) = match reason {
        Reason::None => (
            "REASON_NONE",
            "No reason is known. The connection has not ended, or it ended so long ago that the reason was forgotten. Clients of a server with [constant WIRE_GODOT3] also get this constant for each other, as Godot 3's protocol has no reasons.",
        ),
        Reason::Remote => (
            "REASON_CLOSED_BY_REMOTE",
            "The remote closed the connection. A server always gets this constant when a client leaves, whatever number the client sent: [method get_disconnect_data] returns that number.",
        ),
        Reason::Kicked => (
            "REASON_KICKED",
            "The server disconnected this client and sent a number of the game's own with [method disconnect_peer_with_reason]. [method get_disconnect_data] returns the number. In a mesh, the side that accepted the connection can do the same.",
        ),
        Reason::Local => (
            "REASON_CLOSED_LOCALLY",
            "This side closed the connection. [method get_disconnect_data] returns the number that this side sent to the remote.",
        ),
        Reason::Timeout => (
            "REASON_TIMEOUT",
            "The remote does not answer. Its process or its machine has stopped or hangs, or the network in between is cut. A client that was not connected yet gets this constant if no server answers at the address.",
        ),
        Reason::Stalled => (
            "REASON_STALLED",
            "This peer was not polled for more than four seconds, for example because the game was loading or suspended, and the remote has given up the connection meanwhile. With [member threaded], this happens only after [member stall_timeout].",
        ),
        Reason::Protocol => (
            "REASON_PROTOCOL_ERROR",
            "The server's answer to the request to connect was not valid.",
        ),
        Reason::Handshake => (
            "REASON_HANDSHAKE_FAILED",
            "The encrypted session with the server was not established: this client refused the certificate, the server refused the handshake, or no DTLS server answers at the address.",
        ),
        Reason::Unresolved => (
            "REASON_NOT_RESOLVED",
            "The host name of the server could not be resolved: the name is wrong, or no name server answers.",
        ),
        Reason::PortClosed => (
            "REASON_PORT_CLOSED",
            "No server answered this client, and the machine at the address reported that no program listens at the port (an ICMP message). The attempt takes its whole time all the same, as the server may be about to start. Many machines and firewalls report nothing. The reason is [constant REASON_TIMEOUT] then.",
        ),
        Reason::Socket => (
            "REASON_SOCKET_LOST",
            "The UDP socket of this side stopped working, and for some seconds no other could be opened at its port. Systems close the sockets of apps that they suspend. Usually another one is opened at once, and the connection lives on.",
        ),
        Reason::Flood => (
            "REASON_FLOOD",
            "The host disconnected the peer because the peer sent far too much for too long. That is the case when, within ten seconds, more than 250000 of its packets were refused for [member ENetLimitsRs.max_packets_per_second] or [member ENetLimitsRs.max_bytes_per_second], and more than 40 times the former limit. If only the bytes are limited, 1024 bytes stand for a packet.",
        ),
        Reason::Unread => (
            "REASON_UNREAD",
            "The host disconnected the peer because the peer went on sending although too many of its packets waited. Packets wait until the host's script reads them. See [member ENetLimitsRs.max_unread_bytes] and [member ENetLimitsRs.max_unread_packets].",
        ),
        Reason::Unsent => (
            "REASON_UNSENT",
            "The host disconnected the peer because too much waited to be sent to it: its network was too slow for what the game sends. See [member ENetLimitsRs.max_unsent_bytes].",
        ),
        Reason::Undecodable => (
            "REASON_UNDECODABLE",
            "The host disconnected the peer because the peer's datagrams (UDP packets) could not be decompressed. Both ends must have the same [member compression_mode]. See [member ENetLimitsRs.max_undecodable_datagrams].",
        ),
        Reason::Banned => (
            "REASON_BANNED",
            "The host banned the address of the peer with [method ban_address].",
        ),
        Reason::Refused => (
            "REASON_REFUSED",
            "The server refused the client's request to connect: its [member join_filter] did not let the client in, or [member MultiplayerPeer.refuse_new_connections] is [code]true[/code] there. [method get_disconnect_data] returns the number that the filter returned, or this constant.",
        ),
        Reason::Full => (
            "REASON_FULL",
            "The server refused the client's request to connect because all places were taken: see [code]max_clients[/code] of [method create_server].",
        ),
        Reason::IdInUse => (
            "REASON_ID_IN_USE",
            "The server refused the client's request to connect because another client has the same id. Ids are random by default, see [member connect_id].",
        ),
        Reason::TooManyOfAddress => (
            "REASON_TOO_MANY_OF_ADDRESS",
            "The server refused the client's request to connect because too many clients with the same address are connected. See [member ENetLimitsRs.max_peers_per_address].",
        ),
        Reason::NotEncrypted => (
            "REASON_NOT_ENCRYPTED",
            "The server refused the client's request to connect because the server encrypts, and the client does not. Set [member use_dtls] on the client before [method create_client], or call [method ENetConnectionRs.dtls_client_setup] of [member host] right after it. The client's attempt fails after half a second.",
        ),
        Reason::Credential => (
            "REASON_CREDENTIAL_REFUSED",
            "The server did not accept what the client identified itself with, for example its token. The extension never gives this reason itself. A server's script gives it: return this constant from [member join_filter], or pass it to [method disconnect_peer_with_reason].",
        ),
    };
    Value(name, reason.code().into(), text.into())
}

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
            "The connection has not ended, or the reason is not known: it was forgotten, or a server with [constant WIRE_GODOT3] told that another client left.",
        ),
        Reason::Remote => (
            "REASON_CLOSED_BY_REMOTE",
            "The remote closed the connection. On a server, this is the reason whatever the client said: see [method get_disconnect_data].",
        ),
        Reason::Kicked => (
            "REASON_KICKED",
            "The server ended the connection of this client with a number of the game's, see [method disconnect_peer_with_reason] and [method get_disconnect_data]. In a mesh, the side that was connected to did.",
        ),
        Reason::Local => (
            "REASON_CLOSED_LOCALLY",
            "This side closed the connection. The data is the number that the remote was told.",
        ),
        Reason::Timeout => (
            "REASON_TIMEOUT",
            "The remote does not answer: its process or its machine is gone, it hangs, or the network between the two is cut. For a client that was not connected yet, no server answers at the address.",
        ),
        Reason::Stalled => (
            "REASON_STALLED",
            "The remote does not answer any more after this peer was not polled for more than four seconds, for example because the game was loading or suspended. The remote has given up meanwhile. With [member threaded], this takes the [member stall_timeout].",
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
            "The host name of the server could not be resolved.",
        ),
        Reason::PortClosed => (
            "REASON_PORT_CLOSED",
            "No server answered this client, and the machine at the address said that nobody listens at the port (ICMP). The attempt takes its whole time all the same, as the server may be about to start. Many machines and firewalls say nothing: then the reason is [constant REASON_TIMEOUT].",
        ),
        Reason::Socket => (
            "REASON_SOCKET_LOST",
            "The UDP socket of this side stopped working, and for some seconds no other could be opened at its port. Systems close the sockets of apps that they suspend. Usually another one is opened at once, and the connection lives on.",
        ),
        Reason::Flood => (
            "REASON_FLOOD",
            "The host dropped the peer because the peer sent too much for long: within ten seconds, more than 250000 of its packets, and more than 40 times [member ENetLimitsRs.max_packets_per_second], were refused for that limit or for [member ENetLimitsRs.max_bytes_per_second]. If only the bytes are limited, 1024 of them stand for a packet.",
        ),
        Reason::Unread => (
            "REASON_UNREAD",
            "The host dropped the peer because the peer went on sending while too many of its packets waited to be read by the host's script, see [member ENetLimitsRs.max_unread_bytes] and [member ENetLimitsRs.max_unread_packets].",
        ),
        Reason::Unsent => (
            "REASON_UNSENT",
            "The host dropped the peer because too much waited to be sent to the peer, see [member ENetLimitsRs.max_unsent_bytes].",
        ),
        Reason::Undecodable => (
            "REASON_UNDECODABLE",
            "The host dropped the peer because the datagrams of the peer could not be decompressed, see [member ENetLimitsRs.max_undecodable_datagrams].",
        ),
        Reason::Banned => (
            "REASON_BANNED",
            "The host banned the address of the peer, see [method ban_address].",
        ),
        Reason::Refused => (
            "REASON_REFUSED",
            "The server refused the client's request to connect: by its [member join_filter], or because of [member MultiplayerPeer.refuse_new_connections]. The data is the number that the filter returned, or this constant.",
        ),
        Reason::Full => (
            "REASON_FULL",
            "The server refused the client's request to connect because no place for a client was free.",
        ),
        Reason::IdInUse => (
            "REASON_ID_IN_USE",
            "The server refused the client's request to connect because another client has the same id.",
        ),
        Reason::TooManyOfAddress => (
            "REASON_TOO_MANY_OF_ADDRESS",
            "The server refused the client's request to connect because too many clients of the same address are connected, see [member ENetLimitsRs.max_peers_per_address].",
        ),
        Reason::NotEncrypted => (
            "REASON_NOT_ENCRYPTED",
            "The server refused the client's request to connect because the server is encrypted, and the client is not. On the client, set [member use_dtls] before [method create_client], or call [method ENetConnectionRs.dtls_client_setup] of [member host] right after it. The client fails after half a second.",
        ),
        Reason::Credential => (
            "REASON_CREDENTIAL_REFUSED",
            "The server did not accept the credential of the client, for example its token. Return this constant from the server's [member join_filter] in that case, or pass it to [method disconnect_peer_with_reason].",
        ),
    };
    Value(name, reason.code().into(), text.into())
}

//! Conversions between Godot's types and those of `enet_multiplayer` and `enet_codec`.

use enet_codec::{Compression, Dictionary, ModeError};
use enet_multiplayer::{CreateError, MeshError, PacketError, SendError, Status, TransferMode};
use enet_multiplayer::{FlushMode as Flush, HostStatistic as Statistic, WireProtocol as Wire};
use enet_proto::PeerState as State;
use godot::classes::multiplayer_peer::{ConnectionStatus, TransferMode as GodotTransferMode};
use godot::global::Error;

use crate::vocabulary::{FlushMode, HostStatistic, PeerState, WireProtocol};

/// What the engine returned, if anything. From one level of its API to another, results that are never null have become so by
/// their types: `T` or `Option<T>`.
pub fn maybe<T>(returned: impl Into<Option<T>>) -> Option<T> {
    returned.into()
}

pub fn create_error(error: &CreateError) -> Error {
    match error {
        CreateError::AlreadyActive => Error::ERR_ALREADY_IN_USE,
        CreateError::LocalPort(_)
        | CreateError::BindAddress(_)
        | CreateError::MaxPeers(_)
        | CreateError::MaxChannels(_)
        | CreateError::InBandwidth(_)
        | CreateError::OutBandwidth(_)
        | CreateError::SuffixOfServer
        | CreateError::SuffixOfMesh
        | CreateError::UniqueId { .. } => Error::ERR_INVALID_PARAMETER,
        CreateError::MeshOfGodot3 => Error::ERR_UNAVAILABLE,
        // The host could not be made, or could not start to connect.
        _ => Error::ERR_CANT_CREATE,
    }
}

pub fn send_error(error: SendError) -> Error {
    match error {
        SendError::Inactive | SendError::NotConnected => Error::ERR_UNCONFIGURED,
        SendError::QueueFull(_) => Error::ERR_OUT_OF_MEMORY,
        _ => Error::ERR_INVALID_PARAMETER,
    }
}

pub fn packet_error(error: PacketError) -> Error {
    match error {
        PacketError::Inactive => Error::ERR_UNCONFIGURED,
        PacketError::QueueFull => Error::ERR_OUT_OF_MEMORY,
        PacketError::Channel { .. } | PacketError::Flags(_) => Error::ERR_INVALID_PARAMETER,
        _ => Error::FAILED,
    }
}

/// The compression with a mode's number; `None` for a number that is no mode, which changes nothing.
pub fn compression(
    mode: i64,
    dictionary: Option<&Dictionary>,
) -> Result<Option<Compression>, String> {
    match Compression::by_number(mode, dictionary) {
        Ok(compression) => Ok(Some(compression)),
        Err(ModeError::Unknown(_)) => Ok(None),
        Err(ModeError::NoDictionary { name }) => {
            Err(format!("{name} needs set_compression_dictionary first"))
        }
        Err(error) => Err(error.to_string()),
    }
}

pub fn mesh_error(error: MeshError) -> Error {
    match error {
        MeshError::NotAMesh => Error::ERR_UNCONFIGURED,
        MeshError::InUse => Error::ERR_ALREADY_IN_USE,
        _ => Error::ERR_INVALID_PARAMETER,
    }
}

pub fn status(status: Status) -> ConnectionStatus {
    match status {
        Status::Disconnected => ConnectionStatus::DISCONNECTED,
        Status::Connecting => ConnectionStatus::CONNECTING,
        Status::Connected => ConnectionStatus::CONNECTED,
    }
}

pub fn transfer_mode(mode: TransferMode) -> GodotTransferMode {
    match mode {
        TransferMode::Unreliable => GodotTransferMode::UNRELIABLE,
        TransferMode::UnreliableOrdered => GodotTransferMode::UNRELIABLE_ORDERED,
        TransferMode::Reliable => GodotTransferMode::RELIABLE,
    }
}

pub fn from_transfer_mode(mode: GodotTransferMode) -> TransferMode {
    match mode {
        GodotTransferMode::UNRELIABLE => TransferMode::Unreliable,
        GodotTransferMode::UNRELIABLE_ORDERED => TransferMode::UnreliableOrdered,
        _ => TransferMode::Reliable,
    }
}

pub fn flush_mode(mode: Flush) -> FlushMode {
    match mode {
        Flush::OnFlush => FlushMode::FLUSH_FRAME,
        Flush::Immediate => FlushMode::FLUSH_IMMEDIATE,
    }
}

/// `None` for a number of no mode.
pub fn from_flush_mode(mode: FlushMode) -> Option<Flush> {
    match mode {
        FlushMode::FLUSH_FRAME => Some(Flush::OnFlush),
        FlushMode::FLUSH_IMMEDIATE => Some(Flush::Immediate),
        _ => None,
    }
}

pub fn wire_protocol(protocol: Wire) -> WireProtocol {
    match protocol {
        Wire::Godot4 => WireProtocol::WIRE_GODOT4,
        Wire::Godot3 => WireProtocol::WIRE_GODOT3,
    }
}

/// `None` for a number of no protocol.
pub fn from_wire_protocol(protocol: WireProtocol) -> Option<Wire> {
    match protocol {
        WireProtocol::WIRE_GODOT4 => Some(Wire::Godot4),
        WireProtocol::WIRE_GODOT3 => Some(Wire::Godot3),
        _ => None,
    }
}

/// `None` for a number of no statistic.
pub fn from_host_statistic(statistic: HostStatistic) -> Option<Statistic> {
    match statistic {
        HostStatistic::HOST_TOTAL_SENT_DATA => Some(Statistic::SentData),
        HostStatistic::HOST_TOTAL_SENT_PACKETS => Some(Statistic::SentPackets),
        HostStatistic::HOST_TOTAL_RECEIVED_DATA => Some(Statistic::ReceivedData),
        HostStatistic::HOST_TOTAL_RECEIVED_PACKETS => Some(Statistic::ReceivedPackets),
        _ => None,
    }
}

pub fn peer_state(state: State) -> PeerState {
    match state {
        State::Disconnected => PeerState::STATE_DISCONNECTED,
        State::Connecting => PeerState::STATE_CONNECTING,
        State::AcknowledgingConnect => PeerState::STATE_ACKNOWLEDGING_CONNECT,
        State::ConnectionPending => PeerState::STATE_CONNECTION_PENDING,
        State::ConnectionSucceeded => PeerState::STATE_CONNECTION_SUCCEEDED,
        State::Connected => PeerState::STATE_CONNECTED,
        State::DisconnectLater => PeerState::STATE_DISCONNECT_LATER,
        State::Disconnecting => PeerState::STATE_DISCONNECTING,
        State::AcknowledgingDisconnect => PeerState::STATE_ACKNOWLEDGING_DISCONNECT,
        State::Zombie => PeerState::STATE_ZOMBIE,
    }
}

/// A script's number in 32 bits, clamped. A number that does not fit remains out of range for every port and
/// count. Ids need a checked conversion instead, as every clamped value is a possible id.
pub fn int(value: i64) -> i32 {
    value.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// The value of the property `stall_timeout`, in seconds: `None` stands for never.
pub fn stall_timeout(seconds: f64) -> Result<Option<enet_proto::Time>, String> {
    timeout(seconds, "never")
}

/// The value of the property `connect_timeout`, in seconds: `None` stands for ENet's own limits.
pub fn connect_timeout(seconds: f64) -> Result<Option<enet_proto::Time>, String> {
    timeout(seconds, "ENet's own limits")
}

fn timeout(seconds: f64, zero: &str) -> Result<Option<enet_proto::Time>, String> {
    match enet_proto::Time::try_from_secs_f64(seconds) {
        Ok(timeout) => Ok(Some(timeout).filter(|timeout| !timeout.is_zero())),
        Err(_) => Err(format!(
            "{seconds} is not a number of seconds: 0 for {zero}, or more"
        )),
    }
}
